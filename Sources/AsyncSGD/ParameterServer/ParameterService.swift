public import Kernels

/// The parameter server as its workers see it: pull, push, wait.
///
/// Workers know nothing else of the other side, so it may be an actor of this process or, one day, another process.
public protocol ParameterService: Sendable {
  /// Replaces a worker's snapshot by the latest parameters.
  func pull(worker: Int, into snapshot: inout ParameterSnapshot)

  /// Takes a gradient buffer with undefined contents; blocks while too many gradients are in flight.
  func takeGradientBuffer() -> GradientBuffer

  /// Hands over a gradient that was computed at `snapshot`; the service recycles its buffer.
  ///
  /// If the answer is ``PushReply/proceed``, `snapshot` is the latest parameters: the pull that follows a push happens
  /// in one step with it, so that no other update falls between the two.
  func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply

  /// Blocks a worker whose push was answered ``PushReply/wait`` until it may go on, and replaces its snapshot.
  func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply
}

/// A gradient on its way to the server.
public struct GradientPush: Sendable {
  /// The worker that computed it, in `0..<workers`.
  public var worker: Int
  /// The gradient of the minibatch **mean** loss.
  public var gradient: GradientBuffer
  /// The number of examples that the mean runs over.
  public var examples: Int
  /// Loss and hits over those examples.
  public var sums: ClassificationSums

  /// Creates a push.
  public init(worker: Int, gradient: GradientBuffer, examples: Int, sums: ClassificationSums) {
    self.worker = worker
    self.gradient = gradient
    self.examples = examples
    self.sums = sums
  }
}

/// The server's answer to a push.
public enum PushReply: Hashable, Sendable {
  /// The snapshot was replaced: compute the next gradient.
  case proceed
  /// The gradient is held until other workers arrive: call ``ParameterService/wait(worker:snapshot:)``.
  case wait
  /// Training has stopped: push no more.
  case stopped
}
