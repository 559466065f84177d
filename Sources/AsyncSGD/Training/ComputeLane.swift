internal import DataPipeline
internal import Dispatch
internal import Kernels
internal import NeuralNet
internal import Randomness

/// A thread that computes: a serial queue with a replica of the model.
///
/// Everything but its queue is used on the queue, or while nothing runs there.
final class ComputeLane: @unchecked Sendable {  // see above
  let queue: DispatchQueue
  private let replica: Replica<Float>
  private let training: Dataset

  // The minibatch at hand.
  private var examples = 0
  private var random = RandomStream(seed: 0, purpose: .dropout)

  /// Creates a lane.
  ///
  /// - Parameters:
  ///   - label: What its queue is called.
  ///   - model: The model.
  ///   - capacity: The most examples of a minibatch.
  ///   - backend: The kernels.
  ///   - training: Where the examples are.
  init(label: String, model: ShapedModel, capacity: Int, backend: any KernelBackend<Float>, training: Dataset) {
    queue = DispatchQueue(label: label, qos: .userInitiated)
    replica = Replica(model, minibatchCapacity: capacity, backend: backend)
    self.training = training
  }

  /// Brings the images of a minibatch into the replica.
  ///
  /// - Parameters:
  ///   - examples: The examples by their index in the training set.
  ///   - random: The minibatch's random numbers.
  func load(_ examples: UnsafeBufferPointer<Int32>, random: RandomStream) {
    training.write(examples, images: replica.inputs, labels: replica.labels)
    self.examples = examples.count
    self.random = random
  }

  /// Adds up the loss and the hits of some examples at `parameters`, and notes which units respond to them.
  func evaluate(
    _ examples: UnsafeBufferPointer<Int32>, of dataset: Dataset, at parameters: UnsafePointer<Float>,
    noting activity: inout ActivityCensus
  ) -> ClassificationSums {
    dataset.write(examples, images: replica.inputs, labels: replica.labels)
    let sums = replica.evaluate(at: parameters, examples: examples.count)
    replica.noteActivity(at: parameters, examples: examples.count, in: &activity)
    return sums
  }
}

extension ComputeLane: GradientSource {
  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
  ) -> ClassificationSums {
    replica.gradient(at: parameters, examples: examples, random: random, into: gradient)
  }

  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, isWanted: () -> Bool
  ) -> ClassificationSums? {
    replica.gradient(at: parameters, examples: examples, random: random, into: gradient, isWanted: isWanted)
  }
}
