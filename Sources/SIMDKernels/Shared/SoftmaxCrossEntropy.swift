// The loss and its gradient, a register of examples at a time.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.

internal import KernelInterface
internal import VectorIntrinsics

/// The cross-entropy of the softmax of logits `[classes, N]`, as
/// ``KernelBackend/softmaxCrossEntropy(examples:classes:logits:labels:gradientScale:gradient:)`` says.
struct SoftmaxCrossEntropy {
  /// N, the number of examples.
  var examples: Int
  /// The number of logits of an example.
  var classes: Int
  /// `[classes, N]`.
  var logits: UnsafePointer<Float>
  /// `[N]`.
  var labels: UnsafePointer<Int32>
  /// The factor of the gradient.
  var gradientScale: Float
  /// `[classes, N]`, overwritten; may be `logits`; `nil` for the loss alone.
  var gradient: UnsafeMutablePointer<Float>?

  /// Adds the losses of `lanes` neighbouring examples to `sums`, and writes their gradients.
  @inline(always)
  func addRegister(at first: Int, lanes: Int, to sums: inout ClassificationSums) {
    // No class has the label −1 of the lanes beyond the last example.
    var label = LaneIntegers(repeating: -1)
    for lane in 0..<lanes {
      let value = labels[first + lane]
      precondition(value >= 0 && Int(value) < classes, "a label is not one of the classes")
      label[lane] = value
    }

    var maximum = lanes_load_partial(logits + first, lanes)
    var largest = LaneIntegers.zero
    for j in 1..<classes {
      let logit = lanes_load_partial(logits + (j * examples + first), lanes)
      // A larger logit wins, and so does a NaN, which then makes everything of its example NaN.
      let wins = .!(logit .<= maximum) .& (maximum .== maximum)
      maximum.replace(with: logit, where: wins)
      largest.replace(with: Int32(truncatingIfNeeded: j), where: wins)
    }

    var total = Lanes.zero
    var labelled = Lanes.zero
    for j in 0..<classes {
      let element = j * examples + first
      let shifted = lanes_load_partial(logits + element, lanes) - maximum
      let weight = exponential(shifted)
      total += weight
      labelled += lanes_where_equal(shifted, label, Int32(truncatingIfNeeded: j))
      if let gradient { lanes_store_partial(gradient + element, weight, lanes) }
    }

    for lane in 0..<lanes {
      sums.loss += Double.logarithm(Double(total[lane])) - Double(labelled[lane])
      if largest[lane] == label[lane], !maximum[lane].isNaN { sums.correct += 1 }
    }

    guard let gradient else { return }
    let normalizer = 1 / total
    let scale = lanes_broadcast(gradientScale)
    for j in 0..<classes {
      let element = gradient + (j * examples + first)
      let minusOneHot = lanes_where_equal(lanes_broadcast(-1), label, Int32(truncatingIfNeeded: j))
      let difference = lanes_multiply_add(minusOneHot, lanes_load_partial(element, lanes), normalizer)
      lanes_store_partial(element, difference * scale, lanes)
    }
  }
}
