internal import DataPipeline
internal import Dispatch
internal import Foundation
internal import Kernels

/// Watches a run: tells the observer how it goes, evaluates it, and notices when it does not learn.
///
/// A live run is looked at a few times a second. One whose course does not depend on the wall's clock is looked at after so many
/// minibatches (``look(at:)``), so that its warnings and figures are the same each time; between these looks there are
/// glances for whoever watches.
final class RunMonitor: @unchecked Sendable {  // each variable says where it is used; the rest is constant
  private let setup: RunSetup
  private let observer: any TrainingObserver
  private let server: any TrainingServer
  /// The time of an emulated run; `nil` for one that lives in the time of the wall.
  private let virtualClock: RunClock?
  /// The minibatches from one look to the next; `nil` if the wall's clock decides when to look.
  private let lookPeriod: Int?
  /// The minibatches from which on to look again; used by the driver's thread only.
  private var nextLook: Int
  /// Serializes what the observer is told.
  private let events = DispatchQueue(label: "asgd.events")
  /// Used on `events` only.
  private var meter: ProgressMeter
  /// Used on `events` only.
  private let diagnosis: RunDiagnosis
  /// Refused pushes that the observer knows of; used on `events` only.
  private var reportedSkips = 0
  /// Used by the driver's thread only.
  private var timer: (any DispatchSourceTimer)?
  private let stopwatch = Stopwatch()
  /// What is evaluated besides the ends of epochs.
  let samples: MidEpochSamples

  /// Creates the monitor of a run.
  ///
  /// - Parameters:
  ///   - setup: The run.
  ///   - observer: Who is told.
  ///   - isLive: Whether the course of the run depends on the wall's clock; if not, the driver calls ``look(at:)``.
  ///   - virtualClock: The time of an emulated run.
  ///   - examplesToCome: The examples that will be trained on; `nil` for those of all epochs that are left.
  init(
    _ setup: RunSetup, observer: any TrainingObserver, isLive: Bool = true, virtualClock: RunClock? = nil,
    examplesToCome: Int? = nil
  ) {
    self.setup = setup
    let period = isLive ? nil : setup.configuration.lookPeriod(plan: setup.plan)
    lookPeriod = period
    nextLook = period ?? 0
    self.observer = observer
    self.virtualClock = virtualClock
    server = setup.server
    samples = MidEpochSamples(setup, stopwatch: stopwatch, virtualClock: virtualClock)
    meter = ProgressMeter(
      run: setup.description, examplesPerEpoch: setup.data.training.count, earlierExamples: setup.start.examples,
      examplesToCome: examplesToCome)
    diagnosis = RunDiagnosis(
      setup.configuration, model: setup.model, data: setup.data.training, plan: setup.plan,
      // Whether the curvature is measured must not depend on the machine where nothing else does.
      cores: isLive ? ProcessInfo.processInfo.activeProcessorCount : 1, initial: setup.server.latest(),
      backend: setup.backend)
  }

  /// Tells that the run begins.
  func begin() {
    tell(.run(setup.description))
    events.sync { diagnosis.begin(resumes: setup.description.resumedAtUpdate != nil) }
  }

  /// Begins an epoch's sums anew.
  func beginEpoch() {
    server.beginEpochTotals()
    events.sync { meter.beginEpoch() }
  }

  /// Lets the time of training run, and shows progress a few times a second.
  func start() {
    let timer = DispatchSource.makeTimerSource(queue: events)
    timer.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(100))
    timer.setEventHandler { [self] in if lookPeriod == nil { reportProgress() } else { glance() } }
    stopwatch.start()
    timer.resume()
    self.timer = timer
  }

  /// Stops the time of training, because the workers pause.
  func stop() {
    stopwatch.stop()
    timer?.cancel()
    timer = nil
    events.sync { reportProgress() }
  }

  /// Looks at a run whose course does not depend on the wall's clock, if it has come far enough since the last time.
  ///
  /// - Parameter minibatches: Those that are settled, since the run began.
  func look(at minibatches: Int) {
    guard let lookPeriod, minibatches >= nextLook else { return }
    nextLook = (minibatches / lookPeriod + 1) * lookPeriod
    events.sync { reportProgress() }
  }

  /// On `events`.
  private func glance() {
    var progress = meter.glance(server.status, seconds: stopwatch.seconds)
    progress.virtualSeconds = virtualClock?.seconds
    observer.observe(.progress(progress))
  }

  /// On `events`.
  private func reportProgress() {
    let status = server.takeStatus()
    var progress = meter.progress(status, seconds: stopwatch.seconds)
    progress.virtualSeconds = virtualClock?.seconds
    observer.observe(.progress(progress))
    if status.refusedPushes > reportedSkips, let skipped = status.lastSkipped {
      reportedSkips = status.refusedPushes
      observer.observe(.warning(TrainingWarning(.nonFiniteGradientSkipped(skipped), update: skipped.update)))
    }
    for warning in diagnosis.observe(status, server: server) { observer.observe(.warning(warning)) }
  }

  /// Evaluates the latest parameters on the test set, after those that were kept since the last time, of which it tells.
  ///
  /// - Parameters:
  ///   - status: The server's state.
  ///   - epoch: The epochs that are done.
  ///   - lanes: Where to compute, which do nothing else meanwhile.
  /// - Returns: The report, of which nobody has been told.
  func evaluate(_ status: ServerStatus, epoch: Int, lanes: [ComputeLane]) -> EpochReport {
    for sample in samples.take() { tell(.evaluation(evaluate(sample, lanes: lanes))) }
    let evaluation = Evaluation(of: server.latest(), on: setup.data.test, lanes: lanes, chunk: setup.plan.capacity)
    let record = server.record
    return events.sync {
      let (diagnosis, warnings) = diagnosis.evaluated(
        status, evaluation, trainAccuracy: status.epoch?.accuracy ?? meter.epochAccuracy, server: server)
      for warning in warnings { observer.observe(.warning(warning)) }
      var report = meter.epochReport(
        status, epoch: epoch, seconds: stopwatch.seconds, evaluation: evaluation,
        staleness: record.staleness.applied.summary, diagnosis: diagnosis,
        figures: RunFigures(status, record, rule: setup.configuration.rule))
      report.virtualSeconds = virtualClock?.seconds
      return report
    }
  }

  private func evaluate(_ sample: MidEpochSamples.Sample, lanes: [ComputeLane]) -> EvaluationReport {
    let evaluation = Evaluation(of: sample.snapshot, on: setup.data.test, lanes: lanes, chunk: setup.plan.capacity)
    return EvaluationReport(
      epoch: Double(sample.examples) / Double(max(1, setup.plan.examples)), seconds: sample.seconds,
      virtualSeconds: sample.virtualSeconds, examples: sample.examples, updates: sample.snapshot.version,
      testLoss: evaluation.loss, testAccuracy: evaluation.accuracy)
  }

  /// Ends the run, and tells so.
  ///
  /// - Parameters:
  ///   - outcome: How it ended.
  ///   - last: The last state.
  ///   - cluster: What an emulated cluster's time went into.
  ///   - faults: The faults that struck; `nil` where none were to.
  /// - Returns: The report that the observer was told.
  /// - Throws: ``TrainingError/stalenessLawViolated(residual:)``.
  func finish(
    _ outcome: TrainingOutcome, _ last: EpochReport, cluster: ClusterFigures? = nil, faults: FaultCounts? = nil
  ) throws -> FinalReport {
    let record = server.record
    let residual = record.stalenessLawResidual ?? 0
    guard residual == 0 else { throw TrainingError.stalenessLawViolated(residual: residual) }
    let snapshot = server.latest()
    var hash = FNV1a()
    hash.combine(UnsafeRawBufferPointer(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count)))
    var advice: Advice?
    if case .diverged(let divergence) = outcome {
      advice = events.sync { diagnosis.advice(on: .nonFiniteGradientSkipped(divergence), server: server) }
    }
    var report = FinalReport(
      outcome: outcome, run: setup.description, last: last, updatesByWorker: record.updatesByWorker,
      refusedPushes: record.drops[.notFinite] ?? 0, parametersHash: hash.description,
      peakMemoryBytes: peakResidentBytes(), warnings: events.sync { diagnosis.warnings }, advice: advice)
    (report.cluster, report.faults) = (cluster, faults)
    tell(.final(report))
    return report
  }

  /// Tells the observer, in order with everything else.
  func tell(_ event: TrainingEvent) {
    events.sync { observer.observe(event) }
  }

  /// Tells the observer soon, without waiting for it; any thread may call it.
  func announce(_ event: TrainingEvent) {
    events.async { [self] in observer.observe(event) }
  }
}

extension TrainingConfiguration {
  /// The minibatches from one look at a run to the next: a five-hundredth of the run, but not more than a window of
  /// ``LearningMonitor``, nor much less.
  fileprivate func lookPeriod(plan: EpochPlan) -> Int {
    let examples = max(500, min(4000, epochs * plan.examples / 500))
    return max(1, examples / plan.capacity)
  }
}
