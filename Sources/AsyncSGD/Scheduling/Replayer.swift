public import DataPipeline
internal import Foundation
public import Kernels
public import NeuralNet
internal import Synchronization

/// The replay driver: carries out the events of a recording in their order, with the gradients computed anew.
///
/// The gradients are computed on any number of threads, ahead of the events that need them, and the bits are those of the
/// recorded run. With another rule or optimizer than the recorded ones it is a counterfactual: the same arrivals, other updates.
public final class Replayer: @unchecked Sendable {  // all but the request to stop is used by the caller of `run`
  /// What is run.
  public let description: RunDescription

  private let setup: RunSetup
  private let events: [RecordedEvent]
  private let isExact: Bool
  private let check: ReplayCheck
  private let clock = ManualClock()
  private let workers: ScheduledWorkers
  private let crew: ComputeCrew
  private let monitor: RunMonitor
  /// The server, if it is sharded: its events are those of the shards.
  private let shards: ShardedParameterServer?
  private let isStopRequested = Atomic(false)

  private var schedule: RecordedSchedule
  private var places: [WorkerPlace]
  /// Whether workers have begun, ever.
  private var hasBegun = false
  /// Whether the server has told a worker that training has stopped.
  private var hasStopped = false

  /// Where a worker stands between its events.
  private struct WorkerPlace {
    /// Whether it takes part.
    var isActive = false
    /// Whether it computes for its next event.
    var isComputing = false
    /// What it wants without having computed anything; `nil` if it computes, or nothing is known.
    var knownErrand: Errand?
    /// Whether its next pull is not its own to ask for: it begins with it, or comes back after a fault.
    var beginsWithPull = false
    /// Whether its next push arrives twice.
    var arrivesTwice = false

    /// Forgets what was to come.
    mutating func forget() {
      knownErrand = nil
      beginsWithPull = false
      arrivesTwice = false
    }
  }

  /// Prepares a replay.
  ///
  /// - Parameters:
  ///   - configuration: What was run; another rule, optimizer, compression or learning rate make a counterfactual.
  ///   - isExact: Whether it is all as it was recorded, so that any difference is an error.
  ///   - recording: The events, and where they begin.
  ///   - model: The model, shaped for the images of `data`.
  ///   - data: Training and test set.
  ///   - backend: The kernels.
  ///   - programVersion: The version that the run's description names.
  ///   - threads: The threads that compute gradients, at least 1.
  ///   - isContinuous: Whether the recorded run had no pauses between its epochs, as one in virtual time.
  ///   - observer: Who is told.
  /// - Throws: ``TrainingError`` if model, data, recording and configuration do not fit together.
  public init(
    _ configuration: TrainingConfiguration, isExact: Bool, recording: Recording, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, threads: Int, isContinuous: Bool = false,
    observer: any TrainingObserver
  ) throws(TrainingError) {
    precondition(threads >= 1, "there must be at least 1 thread, not \(threads)")
    events = recording.events
    self.isExact = isExact
    check = ReplayCheck(recording.events)
    var setup = try RunSetup(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion,
      resuming: recording.header.state, clock: clock.clock, isLive: false, recorder: isExact ? check : nil)
    setup.description.driver = .replay
    self.setup = setup
    shards = setup.server as? ShardedParameterServer
    description = setup.description
    crew = ComputeCrew(
      lanes: (0..<threads).map { setup.makeLane("asgd.replay.\($0)") }, workers: configuration.workers)
    // Where the minibatches are named in pushes, the server compares them too.
    workers = ScheduledWorkers(
      setup.makeWorkers(clock: isExact ? clock.clock : nil) { server, _ in PatientService(base: server) }, crew: crew,
      setup: setup,
      curriculum: Curriculum(configuration, plan: setup.plan, roundsEndWithEpochs: !isContinuous))
    // The numbers of random streams are 32 bits.
    schedule = RecordedSchedule(
      recording.events, workers: configuration.workers,
      runLength: min(configuration.epochs * setup.plan.minibatches, 1 << 32))
    let plan = setup.plan
    monitor = RunMonitor(
      setup, observer: observer, isLive: false,
      examplesToCome: schedule.pushedMinibatches.reduce(0) { $0 + plan.positions(of: $1 % plan.minibatches).count })
    places = Array(repeating: WorkerPlace(), count: configuration.workers)
  }

  /// Ends the replay after the event under way.
  ///
  /// Any thread may call it.
  public func requestStop() {
    isStopRequested.store(true, ordering: .relaxed)
  }

  /// Carries out all events, and blocks until they are done, one differs, or a stop was requested.
  ///
  /// - Returns: How the run ended, and how it compares with the recording.
  /// - Throws: ``TrainingError/stalenessLawViolated(residual:)``.
  public func run() throws -> ReplayReport {
    monitor.begin()
    monitor.beginEpoch()
    monitor.start()
    var progress = Progress(report: nil, outcome: .completed, end: nil, divergence: nil)
    var settled = 0
    crew.run {
      for number in events.indices {
        if isStopRequested.load(ordering: .relaxed) {
          progress.outcome = .interrupted
          progress.isStopped = true
          break
        }
        // Another algorithm may diverge where the recorded one went on.
        guard isExact || !hasStopped, carryOut(number, &progress) else { break }
        settled += events[number].minibatchesSettled
        monitor.look(at: settled)
        if let divergence = check.divergence {
          progress.divergence = divergence
          break
        }
      }
      // What was begun for events that do not come.
      for worker in places.indices where places[worker].isComputing { _ = crew.cancel(worker) }
    }
    if isExact, !progress.isStopped, progress.divergence == nil {
      check.finish()
      progress.divergence = check.divergence
    }
    monitor.stop()
    let status = setup.server.status
    if let divergence = status.divergence { progress.outcome = .diverged(divergence) }
    // A recording that breaks off is of a run that did.
    if progress.end == nil, progress.outcome == .completed { progress.outcome = .interrupted }
    // The last epoch's evaluation is that of the end, unless something was applied since.
    let last = progress.report.flatMap { $0.updates == status.version ? $0 : nil }
    let repeated = progress.end.map { end in
      RecordedEnd(of: setup.server, progress.outcome, position: end.position, microseconds: end.microseconds)
    }
    if isExact, progress.divergence == nil, let end = progress.end, let repeated, end != repeated {
      progress.divergence = ReplayDivergence(
        event: events.count - 1, recorded: .end(end), repeated: .end(repeated))
    }
    let final = try monitor.finish(
      progress.outcome, last ?? monitor.evaluate(status, epoch: epochsDone(status), lanes: crew.lanes))
    return ReplayReport(
      final: final, isStopped: progress.isStopped, divergence: progress.divergence,
      agreed: check.agreed,
      hashesAgree: progress.end.map { $0.hash == repeated?.hash && $0.version == repeated?.version })
  }

  private struct Progress {
    var report: EpochReport?
    var outcome: TrainingOutcome
    var isStopped = false
    var end: RecordedEnd?
    var divergence: ReplayDivergence?
  }

  private func epochsDone(_ status: ServerStatus) -> Int {
    (setup.start.examples + status.examples) / max(1, setup.plan.examples)
  }

  // MARK: Events

  /// Carries out an event; returns whether to go on.
  private func carryOut(_ number: Int, _ progress: inout Progress) -> Bool {
    // Nobody does anything before workers begin.
    guard number != schedule.unfit, hasBegun || events[number].worker == nil else {
      return differ(at: number, &progress)
    }
    switch events[number] {
    case .begin(let range, let pulling):
      guard !places.contains(where: \.isActive) else { return differ(at: number, &progress) }
      hasBegun = true
      setup.server.begin(workers: range)
      for worker in range {
        places[worker].isActive = true
        places[worker].beginsWithPull = pulling.contains(worker)
        if !places[worker].beginsWithPull { prepare(worker) }
      }
    case .push(let push):
      clock.microseconds = push.arrivedAt
      return carryOut(push, number, &progress)
    case .pull(let pull):
      clock.microseconds = pull.microseconds
      return carryOut(pull, number, &progress)
    case .leave(let worker, let microseconds):
      clock.microseconds = microseconds
      // It tells the server all that it has to tell before it leaves.
      guard !workers.isPartial(worker), workers[worker].pending == nil else { return differ(at: number, &progress) }
      schedule.pass(worker)
      places[worker].isActive = false
      workers.leave(worker)
      goOnWithReleased()
    case .join(let worker, let microseconds):
      clock.microseconds = microseconds
      guard !places[worker].isActive, workers.allows(.join, worker, shard: 0) else {
        return differ(at: number, &progress)
      }
      schedule.pass(worker)
      if let shards {
        if workers.pull(worker, joins: true, shard: 0, of: shards) { takePart(worker) }
      } else {
        workers[worker].join()
        takePart(worker)
      }
    case .fault(let fault):
      clock.microseconds = fault.microseconds
      return carryOut(fault, number, &progress)
    case .fingerprint: break
    case .epoch(let epoch, _):
      // The pause between two epochs is none of the recording's.
      monitor.stop()
      let report = crew.pause { monitor.evaluate(setup.server.status, epoch: epoch, lanes: crew.lanes) }
      progress.report = report
      monitor.tell(.epoch(report))
      monitor.beginEpoch()
      monitor.start()
    case .end(let end):
      progress.end = end
      switch end.outcome {
      case .completed, .diverged: break
      case .interrupted: progress.outcome = .interrupted
      case .deserted: progress.outcome = .deserted
      }
    }
    return true
  }

  private func carryOut(_ push: RecordedPush, _ number: Int, _ progress: inout Progress) -> Bool {
    let worker = push.worker
    guard places[worker].isActive, push.shard < shards?.shardCount ?? 1, !workers.waits(worker),
      workers.allows(.push, worker, shard: push.shard)
    else { return differ(at: number, &progress) }
    schedule.pass(worker)
    if !workers.isPartial(worker) {
      guard case .push = takeErrand(of: worker) else { return differ(at: number, &progress) }
    }
    if let shards {
      if let answer = workers.push(worker, shard: push.shard, of: shards) { goOn(worker, answer) }
      return true
    }
    if places[worker].arrivesTwice {
      places[worker].arrivesTwice = false
      if !setup.configuration.recognizesDuplicates {
        workers[worker].pushFirstOfTwo()
        places[worker].knownErrand = .push
        goOnWithReleased()
        return true
      }
    }
    goOn(worker, workers.push(worker))
    goOnWithReleased()
    return true
  }

  private func carryOut(_ pull: RecordedPull, _ number: Int, _ progress: inout Progress) -> Bool {
    let worker = pull.worker
    let isActive = places[worker].isActive
    guard pull.shard < shards?.shardCount ?? 1, isActive || shards != nil, !workers.waits(worker),
      workers.allows(isActive ? .pull : .join, worker, shard: pull.shard)
    else { return differ(at: number, &progress) }
    schedule.pass(worker)
    if let shards, workers.isPartial(worker) || !isActive {
      // A worker that is out takes its parts to join.
      if workers.pull(worker, joins: !isActive, shard: pull.shard, of: shards) { takePart(worker) }
      return true
    }
    if pull.restarts {
      // Shards want every gradient.
      guard shards == nil, setup.configuration.stopsCalculations, isCalculating(worker) else {
        return differ(at: number, &progress)
      }
      workers[worker].restart()
    } else {
      if places[worker].beginsWithPull {
        places[worker].beginsWithPull = false
      } else {
        guard case .pull = takeErrand(of: worker) else { return differ(at: number, &progress) }
      }
      if let shards {
        if workers.pull(worker, joins: false, shard: pull.shard, of: shards) { prepare(worker) }
        return true
      }
      workers[worker].pull()
    }
    prepare(worker)
    return true
  }

  private func carryOut(_ fault: RecordedFault, _ number: Int, _ progress: inout Progress) -> Bool {
    let worker = fault.worker
    guard fault.kind != .pause else { return true }
    guard !workers.isPartial(worker) else { return differ(at: number, &progress) }
    schedule.pass(worker)
    if fault.kind == .crash {
      schedule.skip(to: number, by: worker)
      workers[worker].crash()
      places[worker].forget()
      return true
    }
    guard !workers.waits(worker), case .push = takeErrand(of: worker) else { return differ(at: number, &progress) }
    if fault.kind == .lostPush {
      workers[worker].losePush()
      places[worker].beginsWithPull = true
    } else {
      places[worker].knownErrand = .push
      places[worker].arrivesTwice = true
    }
    return true
  }

  /// Begins anew with a worker that joined.
  private func takePart(_ worker: Int) {
    places[worker].isActive = true
    places[worker].forget()
    prepare(worker)
  }

  /// The recorded event cannot be carried out: its worker wants something else, or is not there to do it.
  private func differ(at number: Int, _ progress: inout Progress) -> Bool {
    progress.divergence = ReplayDivergence(event: number, recorded: events[number], repeated: nil)
    return false
  }

  // MARK: Workers

  /// Lets a worker compute what its next event needs.
  private func prepare(_ worker: Int) {
    guard places[worker].knownErrand == nil, let task = schedule.task(of: worker) else { return }
    places[worker].isComputing = true
    workers.compute(worker, minibatches: task.minibatches, finishes: task.finishes, due: task.event)
  }

  /// Whether a worker that neither waits nor is out calculates in vain: nothing is known that it wants, and nothing computed,
  /// because its next event needs none.
  private func isCalculating(_ worker: Int) -> Bool {
    let place = places[worker]
    return place.knownErrand == nil && !place.isComputing && !place.beginsWithPull && !place.arrivesTwice
  }

  private func takeErrand(of worker: Int) -> Errand? {
    if let errand = places[worker].knownErrand.take() { return errand }
    guard places[worker].isComputing else { return nil }
    places[worker].isComputing = false
    let (errand, used) = workers.collect(worker)
    schedule.use(used, by: worker)
    return errand
  }

  private func goOnWithReleased() {
    for (worker, answer) in workers.takeReleased() { goOn(worker, answer) }
  }

  private func goOn(_ worker: Int, _ answer: ScheduledWorkers.Answer) {
    if case .stopped = answer { hasStopped = true }
    guard case .proceed(let errand) = answer else { return }
    if case .pull = errand {
      // In a counterfactual it may have been refused where the recorded one was not.
      if !isExact, !nextIsPull(worker) { workers[worker].pull() } else { places[worker].knownErrand = errand }
    }
    prepare(worker)
  }

  private func nextIsPull(_ worker: Int) -> Bool {
    if case .pull = schedule.next(of: worker) { true } else { false }
  }
}

extension RecordedEvent {
  /// The minibatches that the server has heard of with this event, or never will.
  fileprivate var minibatchesSettled: Int {
    switch self {
    case .push(let push): push.shard == 0 ? push.minibatches.count : 0
    case .fault(let fault): fault.minibatches.count
    case .begin, .pull, .leave, .join, .fingerprint, .epoch, .end: 0
    }
  }
}

/// How a replay went.
public struct ReplayReport: Sendable {
  /// The end of the run, as it was recorded.
  public var final: FinalReport
  /// Whether the replay was stopped before the end of the recording.
  public var isStopped: Bool
  /// The first event that differs from the recording, or in a counterfactual, that cannot be carried out; `nil` if none does.
  public var divergence: ReplayDivergence?
  /// What was compared on the way, and agreed.
  public var agreed: ReplayAgreement
  /// Whether the last parameters are those of the recorded run; `nil` if the recording breaks off before.
  public var hashesAgree: Bool?
}
