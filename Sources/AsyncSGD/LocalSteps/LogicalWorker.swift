internal import Kernels

/// A worker without a thread and a replica: what it holds of the server's parameters, what it keeps to itself, and what it has
/// not told the server yet.
///
/// ``train(_:)`` and ``finish()`` compute, and return what the worker wants of the server. Whoever drives the worker carries
/// it out, at once or when its time has come: ``push()``, ``wait()``, ``pull()``, ``restart()``. So the same worker serves
/// the live driver, where each has a thread, and those that emulate thousands on a few.
///
/// Used by one thread at a time.
final class LogicalWorker: @unchecked Sendable {  // handed from thread to thread by whoever drives it
  /// The number of the worker.
  let index: Int
  private let service: any ParameterService
  private let steps: any LocalSteps
  private let treatment: GradientTreatment
  private let compressor: (any GradientCompressor)?
  /// Notes where pushes come from; `nil` if nobody asks.
  private let clock: RunClock?
  private var snapshot: ParameterSnapshot

  // Of the minibatches since the last push.
  private var minibatches = 0
  private var examples = 0
  private var sums = ClassificationSums()
  /// Where the last minibatch stands in the run.
  private var position = 0
  private var origin = PushOrigin()
  /// What waits for the server.
  private var outgoing: GradientPush?
  /// A buffer that was taken for a gradient which was then given up.
  private var spare: GradientBuffer?

  /// Creates a worker that holds `snapshot`.
  ///
  /// - Parameters:
  ///   - index: Its number.
  ///   - service: The server.
  ///   - snapshot: The first parameters.
  ///   - steps: What it does with its gradients.
  ///   - treatment: What it does to each gradient.
  ///   - compressor: How gradients become smaller on their way.
  ///   - clock: Tells when pushes were computed, for recordings.
  init(
    index: Int, service: any ParameterService, snapshot: consuming ParameterSnapshot, steps: any LocalSteps,
    treatment: GradientTreatment = GradientTreatment(), compressor: (any GradientCompressor)? = nil,
    clock: RunClock? = nil
  ) {
    self.index = index
    self.service = service
    self.snapshot = snapshot
    self.steps = steps
    self.treatment = treatment
    self.compressor = compressor
    self.clock = clock
    steps.begin(at: self.snapshot.values)
  }

  // MARK: Computing

  /// Trains on one minibatch.
  ///
  /// - Returns: What the worker wants now.
  func train(_ step: LocalStep) -> Errand {
    if let clock, origin.minibatches.isEmpty { origin.startedAt = clock.microseconds() }
    return errand(steps.step(step, of: self))
  }

  /// Returns what the server does not know yet, because no minibatch is left.
  func finish() -> Errand {
    errand(steps.finish(self))
  }

  private func errand(_ dealing: Dealing) -> Errand {
    switch dealing {
    case .nothing: return .nothing
    case .pull: return .pull
    case .restart: return .restart
    case .push(let buffer, let learningRate, let pulls):
      let bytes = compressor?.compress(buffer.values, worker: index, position: position)
      var push = GradientPush(
        worker: index, gradient: buffer, examples: examples, sums: sums, minibatches: minibatches, pulls: pulls,
        bytes: bytes, learningRate: learningRate)
      if clock != nil {
        push.origin = origin
        origin = PushOrigin()
      }
      clearSums()
      outgoing = push
      return .push
    }
  }

  private func clearSums() {
    minibatches = 0
    examples = 0
    sums = ClassificationSums()
  }

  // MARK: What steps ask of their worker

  /// What was pulled last; valid until the next pull, push or restart.
  var parameters: UnsafePointer<Float> { snapshot.values }

  /// Takes a buffer to push; blocks while too many are in flight.
  func takeBuffer() -> GradientBuffer {
    spare.take() ?? service.takeGradientBuffer()
  }

  /// Keeps a buffer that was taken in vain.
  func keep(_ buffer: GradientBuffer) { spare = buffer }

  /// Computes and treats a gradient, of which the server will hear with the next push.
  func gradient(of step: LocalStep, at parameters: UnsafePointer<Float>, into buffer: GradientBuffer) {
    note(step.source.gradient(at: parameters, into: buffer.values), of: step, buffer)
  }

  /// Computes and treats a gradient at ``parameters``, unless the server says in between that it does not want it.
  ///
  /// - Returns: Whether it was computed to the end; what is given up leaves no trace in the worker's momentum.
  func wantedGradient(of step: LocalStep, into buffer: GradientBuffer) -> Bool {
    let sums = step.source.gradient(
      at: parameters, into: buffer.values, isWanted: { service.isWanted(version: version) })
    guard let sums, service.isWanted(version: version) else { return false }
    note(sums, of: step, buffer)
    return true
  }

  private func note(_ new: ClassificationSums, of step: LocalStep, _ buffer: GradientBuffer) {
    treatment.apply(to: buffer.values, count: buffer.count)
    minibatches += 1
    examples += step.examples
    sums.loss += new.loss
    sums.correct += new.correct
    position = step.position
    if clock != nil { origin.minibatches.append(step.number) }
  }

  // MARK: Carrying out

  /// The version of what the worker pulled last.
  var version: Int { snapshot.version }

  /// The version of the server now, about; what faults go by.
  var latestVersion: Int { service.latestVersion }

  /// The minibatches of which the server has not heard, by their number in the run; empty where nobody records.
  var unsettledMinibatches: [Int] { (outgoing?.origin?.minibatches ?? []) + origin.minibatches }

  /// What waits for the server, if anything does.
  var pending: GradientPush? { outgoing }

  /// Hands over what waits for the server.
  func push() -> PushReply {
    noteHandOver()
    return push { service.push($0, snapshot: &$1) }
  }

  /// Hands over what waits for the server by other means, which give the worker its snapshot in the end.
  func push(by means: (GradientPush, inout ParameterSnapshot) -> PushReply) -> PushReply {
    guard let push = outgoing.take() else { preconditionFailure("worker \(index) has nothing to push") }
    pulls = push.pulls
    return means(push, &snapshot)
  }

  /// Notes that what waits for the server is handed over now, unless somebody has said when.
  ///
  /// Not when it is computed: what makes a worker slow, and its pauses, come after that.
  private func noteHandOver() {
    guard let clock, let origin = outgoing?.origin, origin.pushedAt == nil else { return }
    outgoing?.origin?.pushedAt = clock.microseconds()
  }

  /// Takes the latest parameters by other means.
  func pull(by means: (inout ParameterSnapshot) -> Void) {
    means(&snapshot)
    steps.begin(at: snapshot.values)
  }

  /// Whether the push under way arrives for the second time, and was not dropped at the first.
  private var firstArrivalCounts = false
  /// Whether the last push asked for new parameters.
  private var pulls = false

  /// Blocks until a worker may go on whose push was answered with ``PushReply/wait``.
  func wait() -> PushReply {
    service.wait(worker: index, snapshot: &snapshot)
  }

  /// Takes note of the answer to a push.
  ///
  /// If the server refused it as not finite, the worker pulls in any case: whatever it has grown from that is spoiled.
  ///
  /// - Parameter reply: Neither to wait nor to stop.
  /// - Returns: What the worker wants now.
  func answered(_ reply: PushReply) -> Errand {
    if reply == .dropped(.late) || reply == .dropped(.tooStale), !firstArrivalCounts { compressor?.undo() }
    firstArrivalCounts = false
    steps.answered(reply, at: snapshot.values)
    if pulls {
      steps.begin(at: snapshot.values)
      return .nothing
    }
    return reply == .dropped(.notFinite) ? .pull : .nothing
  }

  /// Takes the latest parameters.
  func pull() {
    pull { service.pull(worker: index, into: &$0) }
  }

  /// Takes the latest parameters, because a calculation was in vain.
  func restart() {
    service.restart(worker: index, snapshot: &snapshot)
  }

  /// Tells the server that the worker pushes no more in this epoch.
  func leave() {
    service.leave(worker: index, snapshot: &snapshot)
  }

  /// Takes part again, or for the first time, with the latest parameters.
  func join() {
    service.join(worker: index, snapshot: &snapshot)
    steps.begin(at: snapshot.values)
  }

  // MARK: Faults

  /// Hands over a copy of what waits for the server, and keeps it, because the same message arrives once more.
  func pushFirstOfTwo() {
    noteHandOver()
    guard let push = outgoing else { preconditionFailure("worker \(index) has nothing to push") }
    var copy = push
    // All of the pool may be in flight, and nobody gives one back before this worker goes on.
    copy.gradient = GradientBuffer(count: push.gradient.count)
    copy.gradient.copy(UnsafePointer(push.gradient.values))
    copy.pulls = false
    firstArrivalCounts = service.push(copy, snapshot: &snapshot) == .proceed
    outgoing?.origin?.minibatches = []
  }

  /// Forgets a push that the server never hears of, though the worker believes that it does.
  func losePush() {
    forgetPush()
    steps.answered(.proceed, at: snapshot.values)
  }

  /// Forgets a gradient that was computed in vain, of a worker that keeps nothing to itself.
  func discard() {
    forgetPush()
    firstArrivalCounts = false
    clearSums()
    origin = PushOrigin()
  }

  /// Forgets all that the worker keeps to itself, and all that the server does not know.
  func crash() {
    discard()
    steps.reset()
    treatment.momentum?.reset()
    compressor?.reset()
  }

  private func forgetPush() {
    guard let push = outgoing.take(), push.gradient !== steps.ownBuffer else { return }
    service.giveBack(push.gradient)
  }

  /// Says when what waits for the server was computed, where that is not the time at which the program did so.
  func date(startedAt: Int, pushedAt: Int) {
    outgoing?.origin?.startedAt = startedAt
    outgoing?.origin?.pushedAt = pushedAt
  }
}

/// What a driver is to do for a worker.
enum Errand {
  /// Nothing: give it its next minibatch.
  case nothing
  /// ``LogicalWorker/push()``.
  case push
  /// ``LogicalWorker/pull()``.
  case pull
  /// ``LogicalWorker/restart()``, and then the same minibatch anew.
  case restart
}

/// Where a push comes from, for recordings.
public struct PushOrigin: Sendable {
  /// Its minibatches by their number in the run.
  var minibatches: [Int] = []
  /// When the computation of the first of them began, in microseconds since the run began.
  var startedAt = 0
  /// When its worker handed it over; `nil` until then.
  var pushedAt: Int?
}

// MARK: What a run carries over

extension LogicalWorker {
  /// A copy of what the worker keeps to itself, while it pauses: parameters, velocities, residuals, by names under
  /// `worker.` and its number.
  var state: CarriedState {
    var state = steps.state(prefix: prefix)
    if let momentum = treatment.momentum { state.merge(momentum.state(prefix: prefix + "momentum.")) }
    if let compressor { state.merge(compressor.state(prefix: prefix + "compression.")) }
    return state
  }

  /// Takes over what ``state`` copied, before the first step.
  func restore(_ state: CarriedState) {
    var steps = steps
    steps.restore(state, prefix: prefix)
    if var momentum = treatment.momentum { momentum.restore(state, prefix: prefix + "momentum.") }
    if var compressor { compressor.restore(state, prefix: prefix + "compression.") }
  }

  private var prefix: String { "worker.\(index)." }
}

extension CarriedState {
  /// Adds another state of other names.
  mutating func merge(_ other: CarriedState) {
    vectors.merge(other.vectors) { first, _ in first }
    scalars.merge(other.scalars) { first, _ in first }
  }

  /// Whether what workers keep to themselves is that of so many of them.
  func isOf(workers: Int) -> Bool {
    let numbers = vectors.keys.compactMap { name -> Int? in
      let parts = name.split(separator: ".")
      return parts.count > 2 && parts[0] == "worker" ? Int(parts[1]) : nil
    }
    return Set(numbers) == Set(0..<workers)
  }
}
