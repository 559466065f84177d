import DataPipeline
import Foundation

/// A linear classifier trained by minibatch SGD on the cross-entropy: what a data set offers without any features.
struct SoftmaxRegression {
  private let inputs: Int
  private let classes: Int
  /// One row a class, its bias last.
  private var weights: [Float]

  /// Trains on `dataset`; the learning rate falls linearly to 0.
  init(training dataset: Dataset, epochs: Int, batchSize: Int, learningRate: Float, weightDecay: Float) {
    inputs = dataset.shape.count
    classes = dataset.classes
    weights = [Float](repeating: 0, count: classes * (inputs + 1))
    var order = [Int32](repeating: 0, count: dataset.count)
    let steps = dataset.count / batchSize
    for epoch in 0..<epochs {
      order.withUnsafeMutableBufferPointer { EpochOrder(count: dataset.count, seed: 1).write(epoch: epoch, into: $0) }
      for step in 0..<steps {
        let progress = Float(epoch * steps + step) / Float(epochs * steps)
        let examples = Array(order[step * batchSize..<(step + 1) * batchSize])
        update(dataset, examples, learningRate: learningRate * (1 - progress), weightDecay: weightDecay)
      }
    }
  }

  /// The share of `dataset` that is classified correctly.
  func accuracy(on dataset: Dataset) -> Double {
    var correct = 0
    for example in 0..<dataset.count {
      let (images, labels) = dataset.minibatch([Int32(example)])
      let logits = logits(images, at: 0)
      if logits.indices.max(by: { logits[$0] < logits[$1] }) == Int(labels[0]) { correct += 1 }
    }
    return Double(correct) / Double(dataset.count)
  }

  private mutating func update(_ dataset: Dataset, _ examples: [Int32], learningRate: Float, weightDecay: Float) {
    let (images, labels) = dataset.minibatch(examples)
    var gradients: [[Float]] = []
    for position in examples.indices {
      let logits = logits(images, at: position * inputs)
      let largest = logits.max() ?? 0
      let exponentials = logits.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      var gradient = exponentials.map { $0 / sum }
      gradient[Int(labels[position])] -= 1
      gradients.append(gradient)
    }
    let rate = learningRate / Float(examples.count)
    weights.withUnsafeMutableBufferPointer { weights in
      images.withUnsafeBufferPointer { images in
        for label in 0..<classes {
          let row = label * (inputs + 1)
          for index in row..<row + inputs { weights[index] *= 1 - learningRate * weightDecay }
          for position in examples.indices {
            let step = rate * gradients[position][label]
            for input in 0..<inputs { weights[row + input] -= step * images[position * inputs + input] }
            weights[row + inputs] -= step
          }
        }
      }
    }
  }

  private func logits(_ images: [Float], at start: Int) -> [Float] {
    weights.withUnsafeBufferPointer { weights in
      images.withUnsafeBufferPointer { images in
        (0..<classes).map { label in
          let row = label * (inputs + 1)
          var sum = weights[row + inputs]
          for input in 0..<inputs { sum += weights[row + input] * images[start + input] }
          return sum
        }
      }
    }
  }
}

extension Dataset {
  /// A minibatch in new arrays, its images one after another.
  fileprivate func minibatch(_ examples: [Int32]) -> (images: [Float], labels: [Int32]) {
    var images = [Float](repeating: 0, count: examples.count * shape.count)
    var labels = [Int32](repeating: 0, count: examples.count)
    examples.withUnsafeBufferPointer { examples in
      images.withUnsafeMutableBufferPointer { images in
        labels.withUnsafeMutableBufferPointer { labels in
          guard let images = images.baseAddress, let labels = labels.baseAddress else { return }
          write(examples, images: images, labels: labels)
        }
      }
    }
    let inputs = shape.count
    let ordered = (0..<examples.count * inputs).map { index in
      images[index % inputs * examples.count + index / inputs]
    }
    return (ordered, labels)
  }
}
