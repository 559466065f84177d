public import Kernels

/// The parameter server as its workers see it: pull, push, wait, leave.
///
/// Workers know nothing else of the other side, so it may be an actor of this process or, one day, another process.
public protocol ParameterService: Sendable {
  /// Replaces a worker's snapshot by the latest parameters.
  func pull(worker: Int, into snapshot: inout ParameterSnapshot)

  /// Takes a gradient buffer with undefined contents; blocks while too many gradients are in flight.
  func takeGradientBuffer() -> GradientBuffer

  /// Gives back a buffer that was not pushed.
  func giveBack(_ buffer: GradientBuffer)

  /// Hands over a gradient that was computed at `snapshot`; the service recycles its buffer.
  ///
  /// If the answer is ``PushReply/proceed`` or ``PushReply/dropped(_:)`` and the push asked for it, `snapshot` is the
  /// latest parameters: the pull that follows a push happens in one step with it, so that no other update falls between
  /// the two.
  func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply

  /// Blocks a worker whose push was answered ``PushReply/wait`` until it may go on, and replaces its snapshot by the
  /// parameters of the moment when it was let go.
  func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply

  /// Returns whether a gradient computed at `version` may still be applied; if not, its worker may stop and
  /// ``restart(worker:snapshot:)``.
  func isWanted(version: Int) -> Bool

  /// The number of updates applied so far; never blocks.
  var latestVersion: Int { get }

  /// Replaces the snapshot of a worker that gave up a calculation.
  func restart(worker: Int, snapshot: inout ParameterSnapshot)

  /// Notes that a worker pushes no more in this epoch; nobody waits for it any longer.
  func leave(worker: Int, snapshot: inout ParameterSnapshot)

  /// Notes that a worker takes part that did not until now, and replaces its snapshot by the latest parameters.
  func join(worker: Int, snapshot: inout ParameterSnapshot)
}

/// A gradient on its way to the server.
public struct GradientPush: Sendable {
  /// The worker that computed it, in `0..<workers`.
  public var worker: Int
  /// The gradient of the minibatch **mean** loss, or the sum of several, or, in elastic modes, the worker's parameters.
  public var gradient: GradientBuffer
  /// The number of examples that the gradient comes from.
  public var examples: Int
  /// Loss and hits over those examples.
  public var sums: ClassificationSums
  /// The number of minibatches that the gradient comes from.
  public var minibatches: Int
  /// Whether the worker takes a new snapshot with the answer.
  public var pulls: Bool
  /// What the gradient would weigh on a wire, in bytes; `nil` for four a parameter.
  public var bytes: Int?
  /// η of the update that takes it, where the worker has taken steps of that size already; `nil` for the schedule's.
  ///
  /// All that is pushed for one update has the same.
  public var learningRate: Float?
  /// Where it comes from; `nil` where nobody records it.
  public var origin: PushOrigin?

  /// Creates a push.
  public init(
    worker: Int, gradient: GradientBuffer, examples: Int, sums: ClassificationSums, minibatches: Int = 1,
    pulls: Bool = true, bytes: Int? = nil, learningRate: Float? = nil, origin: PushOrigin? = nil
  ) {
    self.worker = worker
    self.gradient = gradient
    self.examples = examples
    self.sums = sums
    self.minibatches = minibatches
    self.pulls = pulls
    self.bytes = bytes
    self.learningRate = learningRate
    self.origin = origin
  }
}

/// The server's answer to a push.
public enum PushReply: Hashable, Sendable {
  /// The gradient was applied, or will be, and the snapshot replaced: compute the next gradient.
  case proceed
  /// The gradient was not applied, and the snapshot replaced: compute the next gradient.
  case dropped(DropReason)
  /// The worker has to wait for others: call ``ParameterService/wait(worker:snapshot:)``.
  case wait
  /// Training has stopped: push no more.
  case stopped
}
