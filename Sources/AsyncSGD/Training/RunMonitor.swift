internal import DataPipeline
internal import Dispatch
internal import Foundation
internal import Kernels

/// Watches a run: tells the observer how it goes, evaluates it, and notices when it does not learn.
final class RunMonitor: @unchecked Sendable {  // each variable says where it is used; the rest is constant
  private let setup: RunSetup
  private let observer: any TrainingObserver
  private let server: any TrainingServer
  /// The time of an emulated run; `nil` for one that lives in the time of the wall.
  private let virtualClock: RunClock?
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
  ///   - virtualClock: The time of an emulated run.
  ///   - examplesToCome: The examples that will be trained on; `nil` for those of all epochs that are left.
  init(
    _ setup: RunSetup, observer: any TrainingObserver, virtualClock: RunClock? = nil, examplesToCome: Int? = nil
  ) {
    self.setup = setup
    self.observer = observer
    self.virtualClock = virtualClock
    server = setup.server
    samples = MidEpochSamples(setup, stopwatch: stopwatch, virtualClock: virtualClock)
    meter = ProgressMeter(
      run: setup.description, examplesPerEpoch: setup.data.training.count, earlierExamples: setup.start.examples,
      examplesToCome: examplesToCome)
    diagnosis = RunDiagnosis(
      setup.configuration, model: setup.model, data: setup.data.training, plan: setup.plan,
      cores: ProcessInfo.processInfo.activeProcessorCount, initial: setup.server.latest(), backend: setup.backend)
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

  /// Lets the time of training run, and reports progress a few times a second.
  func start() {
    let timer = DispatchSource.makeTimerSource(queue: events)
    timer.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(100))
    timer.setEventHandler { [self] in reportProgress() }
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
  /// - Throws: ``TrainingError/stalenessLawViolated(residual:)``.
  func finish(_ outcome: TrainingOutcome, _ last: EpochReport) throws -> FinalReport {
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
    let report = FinalReport(
      outcome: outcome, run: setup.description, last: last, updatesByWorker: record.updatesByWorker,
      refusedPushes: record.drops[.notFinite] ?? 0, parametersHash: hash.description,
      peakMemoryBytes: peakResidentBytes(), warnings: events.sync { diagnosis.warnings }, advice: advice)
    tell(.final(report))
    return report
  }

  /// Tells the observer, in order with everything else.
  func tell(_ event: TrainingEvent) {
    events.sync { observer.observe(event) }
  }
}
