internal import Kernels

/// What a worker does with its gradients between its dealings with the server.
///
/// One object a worker, confined to the worker's thread. A worker calls ``begin(on:)`` when it starts from the parameters
/// that its link holds, ``step(_:on:)`` for each minibatch, and ``finish(on:)`` when there are no more for now. Nothing
/// allocates after creation.
protocol LocalSteps: AnyObject, Carried {
  /// Starts from the parameters that the link holds.
  func begin(on link: ServerLink)

  /// Trains on one minibatch: gradient, local step, and whatever the server is told or asked now.
  ///
  /// - Returns: Whether to go on; if not, training has stopped.
  func step(_ step: LocalStep, on link: ServerLink) -> Bool

  /// Tells the server what it does not know yet, because no minibatch is left.
  func finish(on link: ServerLink)
}

/// One minibatch, ready to be trained on.
struct LocalStep {
  /// η at this place of the run.
  var learningRate: Float
  /// The minibatches of the run before this one; where minibatches are dealt in rounds, before its round.
  var position: Int
  /// The number of examples.
  var examples: Int
  /// Computes the gradient of their mean loss.
  var source: any GradientSource
}

/// Computes gradients of the minibatch at hand.
protocol GradientSource: AnyObject {
  /// Computes the gradient of the minibatch **mean** loss.
  ///
  /// - Parameters:
  ///   - parameters: Where to compute it.
  ///   - gradient: The gradient, overwritten.
  /// - Returns: The loss and the number of correct examples.
  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
  ) -> ClassificationSums

  /// Computes the gradient of the minibatch **mean** loss, unless `isWanted` says in between that it is in vain.
  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, isWanted: () -> Bool
  ) -> ClassificationSums?
}
