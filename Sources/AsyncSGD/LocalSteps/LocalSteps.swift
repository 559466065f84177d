internal import Kernels

/// What a worker does with its gradients between its dealings with the server.
///
/// One object a worker, used by one thread at a time. It computes, and says what it wants of the server; whoever drives the
/// worker carries that out, now or when its time has come, and says how it went. So the same steps serve threads that race and
/// workers that are emulated. Nothing allocates after creation.
protocol LocalSteps: AnyObject, Carried {
  /// Starts from parameters that were just pulled.
  func begin(at parameters: UnsafePointer<Float>)

  /// Trains on one minibatch: gradient and local step.
  ///
  /// - Returns: What the worker wants of the server now.
  func step(_ step: LocalStep, of worker: LogicalWorker) -> Dealing

  /// Returns what the server does not know yet, because no minibatch is left.
  func finish(_ worker: LogicalWorker) -> Dealing

  /// Notes the answer to a push, before ``begin(at:)`` where the worker pulled with it.
  ///
  /// - Parameters:
  ///   - reply: Neither to wait nor to stop.
  ///   - parameters: What the worker holds now.
  func answered(_ reply: PushReply, at parameters: UnsafePointer<Float>)

  /// Forgets everything, as a worker that crashed.
  func reset()

  /// What it pushes that is not the server's to keep; `nil` where it pushes buffers that it took.
  var ownBuffer: GradientBuffer? { get }
}

extension LocalSteps {
  var ownBuffer: GradientBuffer? { nil }
  func answered(_ reply: PushReply, at parameters: UnsafePointer<Float>) {}
}

/// What a worker wants of the server.
enum Dealing {
  /// Nothing: it goes on with its next minibatch.
  case nothing
  /// To hand over a gradient, or in elastic modes its parameters.
  ///
  /// `learningRate` is η of the update, if it is not the server's own; `pulls`, whether the latest parameters come with the
  /// answer.
  case push(GradientBuffer, learningRate: Float? = nil, pulls: Bool = true)
  /// The latest parameters.
  case pull
  /// The latest parameters, to compute the same minibatch anew: the gradient would have been in vain.
  case restart
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
  /// The minibatch by its number in the run.
  var number = 0
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
