internal import Kernels
internal import NeuralNet

/// What a virtual cluster trains for real: logical workers whose gradients a crew computes, and the server of a live run.
///
/// A gradient is begun as soon as its worker has its parameters, and is computed on any thread until the virtual moment when it
/// is due. So the result does not depend on the threads.
final class GradientTrainee: VirtualTrainee {
  private let workers: ScheduledWorkers
  private let crew: ComputeCrew
  private let server: any TrainingServer
  private let clock: ManualClock
  private let recorder: (any EventRecorder)?
  private let recognizesDuplicates: Bool
  let stopsCalculations: Bool
  let pullBytes: Int
  /// Whether a gradient may be computed before it is certain to be wanted.
  ///
  /// One that is given up has no effect where workers keep nothing to themselves.
  private let computesAhead: Bool
  private var deal: MinibatchDeal
  private let probe: FreshGradientProbe?
  /// Where gradients are computed for the probe; made when it is needed.
  private lazy var probeLane = makeLane()
  private let makeLane: () -> ComputeLane

  /// The minibatch that each worker computes, by its number in the run; `nil` for none.
  private var current: [Int?]
  private var isComputing: [Bool]
  /// The minibatches that each worker has begun since its last push.
  private var begun: [[Int]]
  /// What each worker wants when the answer is back.
  private var next: [Errand]
  private(set) var released: [Int] = []
  private(set) var version: Int
  private(set) var oldestWanted = 0
  private(set) var hasStopped = false
  /// Minibatches that the server has heard of, or never will.
  private(set) var settled = 0

  /// Creates a trainee before the first event.
  ///
  /// - Parameters:
  ///   - setup: The run.
  ///   - workers: Its workers.
  ///   - clock: The virtual time, which the server looks at.
  ///   - recorder: Who is told what the server does not know; `nil` for nobody.
  init(_ setup: RunSetup, workers: ScheduledWorkers, clock: ManualClock, recorder: (any EventRecorder)?) {
    let configuration = setup.configuration
    self.workers = workers
    self.clock = clock
    self.recorder = recorder
    crew = workers.crew
    server = setup.server
    recognizesDuplicates = configuration.recognizesDuplicates
    stopsCalculations = configuration.stopsCalculations
    computesAhead = !(stopsCalculations && configuration.keepsStateInWorkers)
    probe = FreshGradientProbe(configuration, server: setup.server, count: setup.model.layout.count)
    makeLane = { setup.makeLane("asgd.probe") }
    pullBytes = MemoryLayout<Float>.stride * setup.model.layout.count
    deal = MinibatchDeal(workers: configuration.workers, inRounds: configuration.dealsInRounds)
    version = setup.server.latest().version
    current = Array(repeating: nil, count: configuration.workers)
    isComputing = Array(repeating: false, count: configuration.workers)
    begun = Array(repeating: [], count: configuration.workers)
    next = Array(repeating: .nothing, count: configuration.workers)
  }

  /// Begins a stretch of minibatches, by their number in the run, before the cluster does.
  func begin(_ minibatches: Range<Int>) { deal.begin(minibatches) }

  /// The minibatches dealt, by their number in the run.
  var position: Int { deal.position }

  /// Forgets what is being computed, because there will be no more events.
  func stop() {
    for worker in isComputing.indices { stopComputing(worker) }
  }

  // MARK: The life of a worker

  func begin(worker: Int) -> Bool {
    current[worker] = deal.next(for: worker)
    if let minibatch = current[worker] { begun[worker].append(minibatch) }
    return current[worker] != nil
  }

  func willFinish(worker: Int, at seconds: Double, sequence: Int) {
    // The moment may change; what is computed does not.
    guard computesAhead, !isComputing[worker] else { return }
    compute(worker, due: Int(bitPattern: UInt(seconds.bitPattern)))
  }

  private func compute(_ worker: Int, due moment: Int) {
    guard let minibatch = current[worker] else { preconditionFailure("worker \(worker) has no minibatch") }
    isComputing[worker] = true
    workers.compute(worker, minibatches: [minibatch], finishes: false, due: moment)
  }

  func finish(worker: Int) -> VirtualDealing {
    if !isComputing[worker] { compute(worker, due: 0) }
    isComputing[worker] = false
    current[worker] = nil
    return dealing(workers.collect(worker).errand, of: worker)
  }

  func conclude(worker: Int) -> VirtualDealing {
    dealing(workers[worker].finish(), of: worker)
  }

  func resume(worker: Int) -> VirtualDealing {
    defer { next[worker] = .nothing }
    return dealing(next[worker], of: worker)
  }

  private func dealing(_ errand: Errand, of worker: Int) -> VirtualDealing {
    switch errand {
    case .nothing: return .nothing
    case .pull: return .pull
    case .push:
      guard let push = workers[worker].pending else { preconditionFailure("worker \(worker) has nothing to push") }
      return .push(bytes: push.bytes ?? pullBytes, pulls: push.pulls)
    case .restart: preconditionFailure("worker \(worker) gave up a calculation by itself")
    }
  }

  // MARK: At the server

  func willPush(worker: Int, times: VirtualPushTimes) {
    guard recorder != nil else { return }
    workers[worker].date(startedAt: microseconds(times.startedAt), pushedAt: microseconds(times.pushedAt))
  }

  func push(worker: Int, at seconds: Double) -> VirtualAnswer {
    set(seconds)
    if let probe, let minibatch = begun[worker].last, probe.isSampled(minibatch), let push = workers[worker].pending {
      workers.load(minibatch, of: worker, on: probeLane)
      probe.observe(push.gradient, of: probeLane)
    }
    settle(worker)
    switch workers.push(worker) {
    case .proceed(let errand):
      next[worker] = errand
      goOnWithReleased()
      return .proceed
    case .wait:
      goOnWithReleased()
      return .wait
    case .stopped:
      hasStopped = true
      goOnWithReleased()
      return .stopped
    }
  }

  func pushFirstOfTwo(worker: Int, at seconds: Double) -> Bool {
    set(seconds)
    recorder?.record(.fault(RecordedFault(kind: .duplicatedPush, worker: worker, microseconds: clock.microseconds)))
    if recognizesDuplicates {
      // The second arrival changes nothing, so the first one is all there is; its worker may be let go by it.
      if push(worker: worker, at: seconds) == .proceed { released.append(worker) }
      return false
    }
    workers[worker].pushFirstOfTwo()
    goOnWithReleased()
    return true
  }

  func pull(worker: Int, at seconds: Double) {
    set(seconds)
    workers[worker].pull()
  }

  func restart(worker: Int, at seconds: Double) {
    set(seconds)
    stopComputing(worker)
    workers[worker].discard()
    workers[worker].restart()
  }

  func leave(worker: Int, at seconds: Double) {
    set(seconds)
    workers.leave(worker)
    goOnWithReleased()
  }

  func join(worker: Int, at seconds: Double) {
    set(seconds)
    next[worker] = .nothing
    workers[worker].join()
    note()
  }

  // MARK: Faults

  func crash(worker: Int, at seconds: Double) {
    set(seconds)
    stopComputing(worker)
    workers[worker].crash()
    current[worker] = nil
    next[worker] = .nothing
    lose(worker, .crash)
  }

  func losePush(worker: Int, at seconds: Double) {
    set(seconds)
    workers[worker].losePush()
    lose(worker, .lostPush)
  }

  func pause(worker: Int, at seconds: Double, duration: Double) {
    set(seconds)
    recorder?.record(
      .fault(
        RecordedFault(
          kind: .pause, worker: worker, microseconds: clock.microseconds, duration: microseconds(duration))))
  }

  private func lose(_ worker: Int, _ kind: RecordedFault.Kind) {
    recorder?.record(
      .fault(
        RecordedFault(kind: kind, worker: worker, minibatches: begun[worker], microseconds: clock.microseconds)))
    settle(worker)
  }

  private func stopComputing(_ worker: Int) {
    guard isComputing[worker] else { return }
    isComputing[worker] = false
    _ = crew.cancel(worker)
  }

  // MARK: Books

  func pulledVersion(of worker: Int) -> Int { workers[worker].version }

  func isAwaited(worker: Int) -> Bool { deal.keepsMinibatches(for: worker) }

  private func settle(_ worker: Int) {
    settled += begun[worker].count
    begun[worker].removeAll(keepingCapacity: true)
  }

  private func goOnWithReleased() {
    released.removeAll(keepingCapacity: true)
    for (worker, answer) in workers.takeReleased() {
      released.append(worker)
      if case .proceed(let errand) = answer { next[worker] = errand }
    }
    note()
  }

  private func note() {
    (version, oldestWanted) = server.wanted
  }

  private func set(_ seconds: Double) { clock.microseconds = microseconds(seconds) }

  private func microseconds(_ seconds: Double) -> Int { Int(microsecondsOf: seconds) }
}

extension TrainingConfiguration {
  /// Whether workers give up calculations whose gradients are not wanted any more.
  var stopsCalculations: Bool { !takesLocalSteps && hyperparameters.stopsCalculations(in: setting) }

  /// Whether what a worker pushes is a gradient at what it pulled, which another one can be compared with.
  public var pushesGradients: Bool { !keepsStateInWorkers }

  /// Whether a gradient that a worker computes changes what it keeps to itself.
  var keepsStateInWorkers: Bool {
    takesLocalSteps || compression != .none
      || (optimizer.hasMomentum && hyperparameters.keepsMomentumInWorkers(in: setting))
  }
}
