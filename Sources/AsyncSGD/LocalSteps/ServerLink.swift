internal import Kernels

/// A worker's line to the server: the parameters that it holds, and what it has not told the server yet.
///
/// Confined to its worker's thread.
final class ServerLink {
  /// The number of the worker.
  let worker: Int
  private let service: any ParameterService
  private let compressor: (any GradientCompressor)?
  private var snapshot: ParameterSnapshot
  /// Whether the parameters were pulled after the last gradient was computed.
  private(set) var isFresh = true

  // Of the minibatches since the last push.
  private var minibatches = 0
  private var examples = 0
  private var sums = ClassificationSums()
  /// Where the last minibatch stands in the run.
  private var position = 0

  /// Creates a link that holds `snapshot`, and through which gradients go as `compressor` leaves them.
  init(
    worker: Int, service: any ParameterService, snapshot: consuming ParameterSnapshot,
    compressor: (any GradientCompressor)? = nil
  ) {
    self.worker = worker
    self.service = service
    self.snapshot = snapshot
    self.compressor = compressor
  }

  /// What was pulled last; valid until the next pull, push or restart.
  var parameters: UnsafePointer<Float> { snapshot.values }

  /// The version of ``parameters``.
  var version: Int { snapshot.version }

  /// Whether a gradient computed at ``parameters`` may still be applied.
  var isWanted: Bool { service.isWanted(version: snapshot.version) }

  /// Takes a buffer to push; blocks while too many are in flight.
  func takeBuffer() -> GradientBuffer { service.takeGradientBuffer() }

  /// Notes that a gradient was computed, of which the server will hear with the next push.
  func note(_ new: ClassificationSums, of step: LocalStep) {
    minibatches += 1
    examples += step.examples
    sums.loss += new.loss
    sums.correct += new.correct
    position = step.position
    isFresh = false
  }

  /// Hands over what was computed since the last push, and waits until the worker may go on.
  ///
  /// If the server refuses it as not finite, the worker pulls in any case: whatever it has grown from that is spoiled.
  ///
  /// - Parameters:
  ///   - buffer: The gradient, or the worker's parameters in elastic modes.
  ///   - learningRate: η of the update, if it is not the server's own.
  ///   - pulls: Whether to take the latest parameters with the answer.
  /// - Returns: The answer; never ``PushReply/wait``.
  func push(_ buffer: GradientBuffer, learningRate: Float? = nil, pulls: Bool = true) -> PushReply {
    let bytes = compressor?.compress(buffer.values, worker: worker, position: position)
    let push = GradientPush(
      worker: worker, gradient: buffer, examples: examples, sums: sums, minibatches: minibatches, pulls: pulls,
      bytes: bytes, learningRate: learningRate)
    minibatches = 0
    examples = 0
    sums = ClassificationSums()
    var reply = service.push(push, snapshot: &snapshot)
    if reply == .wait { reply = service.wait(worker: worker, snapshot: &snapshot) }
    if reply == .stopped { return reply }
    if reply == .dropped(.late) || reply == .dropped(.tooStale) { compressor?.undo() }
    isFresh = pulls
    if reply == .dropped(.notFinite), !pulls { pull() }
    return reply
  }

  /// Takes the latest parameters.
  func pull() {
    service.pull(worker: worker, into: &snapshot)
    isFresh = true
  }

  /// Takes the latest parameters, because a calculation was in vain.
  func restart() {
    service.restart(worker: worker, snapshot: &snapshot)
  }

  /// Tells the server that the worker pushes no more in this epoch.
  func leave() {
    service.leave(worker: worker, snapshot: &snapshot)
  }
}
