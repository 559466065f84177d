public import DataPipeline
internal import Dispatch
internal import Foundation
public import Kernels
public import NeuralNet

/// The live driver: worker threads that race.
///
/// The trainer owns the server and the workers, runs epoch after epoch, evaluates between them while the workers pause,
/// and tells its observer. ``run(checkpoint:)`` blocks its thread until the run is over; ``requestStop()`` may be called
/// from any other.
public final class Trainer: @unchecked Sendable {  // each variable says where it is used; the rest is constant
  /// The most workers of a live run: each one needs a thread, and Dispatch hands out no more than 255.
  public static let maximumWorkers = 128

  /// What is run.
  public let description: RunDescription

  private let configuration: TrainingConfiguration
  private let model: ShapedModel
  private let data: DatasetPair
  private let plan: EpochPlan
  private let order: EpochOrder
  private let server: any TrainingServer
  private let workers: [Worker]
  private let dispenser: MinibatchDispenser
  private let observer: any TrainingObserver
  private let start: (epoch: Int, minibatch: Int, examples: Int)

  /// Serializes what the observer is told.
  private let events = DispatchQueue(label: "asgd.events")
  /// Used on `events` only.
  private var meter: ProgressMeter
  /// Used on `events` only.
  private let diagnosis: RunDiagnosis
  /// Refused pushes that the observer knows of; used on `events` only.
  private var reportedSkips = 0
  /// Minibatches dealt since ``start``, in all epochs; used by the thread of ``run(checkpoint:)`` only.
  private var dealt = 0
  private var hasRun = false
  private let stopwatch = Stopwatch()

  /// Prepares a run: initializes or restores the parameters and allocates all replicas.
  ///
  /// - Parameters:
  ///   - configuration: What to do.
  ///   - model: The model, shaped for the images of `data`.
  ///   - data: Training and test set.
  ///   - backend: The kernels of server and replicas.
  ///   - programVersion: The version that the run's description names.
  ///   - state: Where to go on, or `nil` to begin.
  ///   - observer: Who is told.
  /// - Throws: ``TrainingError`` if model, data, state and configuration do not fit together.
  public convenience init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, resuming state: TrainerState? = nil,
    observer: any TrainingObserver
  ) throws(TrainingError) {
    try self.init(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion, resuming: state,
      observer: observer, service: { server, _ in server })
  }

  /// Prepares a run whose workers each reach the server through what `service` gives them, which may watch what passes.
  package init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, resuming state: TrainerState? = nil,
    observer: any TrainingObserver,
    service: (_ server: any ParameterService, _ worker: Int) -> any ParameterService
  ) throws(TrainingError) {
    precondition(
      (1...Self.maximumWorkers).contains(configuration.workers),
      "a live run has 1...\(Self.maximumWorkers) workers, not \(configuration.workers)")
    precondition(configuration.batchSize >= 1, "a minibatch has at least 1 example, not \(configuration.batchSize)")
    let images = data.training.shape
    guard model.inputShape == Shape([images.channels, images.height, images.width]) else {
      throw .shapeMismatch(model: "\(model.inputShape)", dataset: "\(images)")
    }
    guard data.training.classes <= model.classes else {
      throw .classMismatch(model: model.classes, dataset: data.training.classes)
    }
    guard data.training.count > 0 else { throw .noTrainingExamples }
    if let conflict = configuration.conflict(parameters: model.layout.count) { throw .conflict(conflict) }
    self.configuration = configuration
    self.model = model
    self.data = data
    self.observer = observer
    let plan = EpochPlan(examples: data.training.count, batchSize: configuration.batchSize)
    self.plan = plan
    try state?.check(fits: configuration, plan: plan, parameters: model.layout.count)
    order = EpochOrder(count: data.training.count, seed: configuration.seed)
    start = (state?.epoch ?? 0, state?.nextMinibatch ?? 0, state?.examples ?? 0)

    let schedule = SchedulePosition(configuration, plan: plan, epoch: start.epoch, minibatch: start.minibatch)
    description = RunDescription(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion,
      plannedUpdates: (state?.version ?? 0) + schedule.updatesLeft(configuration, plan: plan), resumedAt: state?.version
    )

    let server = ServerAssembly(
      configuration, model: model, backend: backend, schedule: schedule, state: state
    ).makeServer()
    let dispenser = MinibatchDispenser(workers: configuration.workers, inRounds: configuration.dealsInRounds)
    self.server = server
    self.dispenser = dispenser
    let takesTurns = configuration.workers > ProcessInfo.processInfo.activeProcessorCount
    var workers: [Worker] = []
    for index in 0..<configuration.workers {
      workers.append(
        Worker(
          index: index, configuration, model: model, backend: backend, service: service(server, index),
          snapshot: server.servedSnapshot(), dispenser: dispenser, training: data.training, plan: plan,
          takesTurns: takesTurns))
    }
    if let carried = state?.carried, carried.isOf(workers: workers.count) {
      for worker in workers { worker.restore(carried) }
    }
    self.workers = workers

    meter = ProgressMeter(
      run: description, examplesPerEpoch: data.training.count, earlierExamples: start.examples)
    diagnosis = RunDiagnosis(
      configuration, model: model, data: data.training, plan: plan,
      cores: ProcessInfo.processInfo.activeProcessorCount, initial: server.latest(), backend: backend)
  }

  /// Finishes the minibatches in flight and then ends the run.
  ///
  /// Any thread may call it.
  public func requestStop() {
    dispenser.stop()
  }

  /// The parameters now, and what else is needed to continue from them.
  ///
  /// Meaningful while the workers pause: in the `checkpoint` closure of ``run(checkpoint:)``, and after it returned.
  public var state: TrainerState {
    let status = server.status
    let snapshot = server.latest()
    let done = start.epoch * plan.minibatches + start.minibatch + dealt
    var carried = server.carriedState()
    for worker in workers { carried.merge(worker.state) }
    return TrainerState(
      parameters: Array(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count)),
      carried: carried, version: status.version, epoch: done / plan.minibatches,
      nextMinibatch: done % plan.minibatches, trainingExamples: plan.examples,
      examples: start.examples + status.examples)
  }

  /// Trains all epochs that are left, and blocks until they are done, the run is stopped, or it fails.
  ///
  /// - Parameter checkpoint: Called after each epoch and after an interruption, while the workers pause and before
  ///   the evaluation, which takes its time.
  /// - Returns: How the run ended; the observer has been told the same.
  /// - Throws: What `checkpoint` throws; ``TrainingError/stalenessLawViolated(residual:)``.
  /// - Precondition: It is called once.
  public func run(checkpoint: () throws -> Void = {}) throws -> FinalReport {
    precondition(!hasRun, "a trainer runs once")
    hasRun = true
    tell(.run(description))
    events.sync { diagnosis.begin(resumes: description.resumedAtUpdate != nil) }
    let buffer = UnsafeMutableBufferPointer<Int32>.allocate(capacity: data.training.count)
    defer { buffer.deallocate() }
    var report: EpochReport?
    var outcome = TrainingOutcome.completed
    for epoch in start.epoch..<max(start.epoch, configuration.epochs) {
      if dispenser.isStopped {
        outcome = .interrupted
        if report == nil { try checkpoint() }
        break
      }
      order.write(epoch: epoch, into: buffer)
      let first = epoch == start.epoch ? start.minibatch : 0
      train(epoch: epoch, from: first, order: UnsafeBufferPointer(buffer))
      if dispenser.position == first, report != nil {
        // Stopped before the epoch's first minibatch: the report of the epoch before is that of the end.
        outcome = .interrupted
        break
      }
      let isWhole = dispenser.position == plan.minibatches
      dealt += dispenser.position - first

      let status = server.status
      if status.divergence == nil { try checkpoint() }
      let evaluated = evaluate(status, epoch: isWhole ? epoch + 1 : epoch)
      report = evaluated
      if let divergence = status.divergence {
        outcome = .diverged(divergence)
        break
      }
      guard isWhole else {
        outcome = .interrupted
        break
      }
      tell(.epoch(evaluated))
    }
    let residual = server.record.stalenessLawResidual ?? 0
    guard residual == 0 else { throw TrainingError.stalenessLawViolated(residual: residual) }
    return finish(outcome, report ?? evaluate(server.status, epoch: start.epoch))
  }

  private func train(epoch: Int, from first: Int, order: UnsafeBufferPointer<Int32>) {
    events.sync { meter.beginEpoch() }

    let timer = DispatchSource.makeTimerSource(queue: events)
    timer.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(100))
    timer.setEventHandler { [self] in reportProgress() }
    stopwatch.start()
    timer.resume()

    for stretch in configuration.stretches(ofEpoch: epoch, from: first, plan: plan) {
      train(stretch, epoch: epoch, order: order)
      guard dispenser.position == stretch.minibatches.upperBound else { break }
    }
    stopwatch.stop()
    timer.cancel()
    events.sync { reportProgress() }
  }

  private func train(_ stretch: EpochStretch, epoch: Int, order: UnsafeBufferPointer<Int32>) {
    dispenser.begin(minibatches: stretch.minibatches.upperBound, from: stretch.minibatches.lowerBound)
    server.begin(workers: stretch.workers)
    let group = DispatchGroup()
    let pass = SharedOrder(order)
    for worker in workers[stretch.workers] {
      let repulls = configuration.mode.pullsAtEpochStart || stretch.joining.contains(worker.index)
      worker.queue.async(group: group) {
        worker.train(epoch: epoch, order: pass.order, repulls: repulls)
      }
    }
    group.wait()
  }

  /// On `events`.
  private func reportProgress() {
    let status = server.takeStatus()
    observer.observe(.progress(meter.progress(status, seconds: stopwatch.seconds)))
    if status.refusedPushes > reportedSkips, let skipped = status.lastSkipped {
      reportedSkips = status.refusedPushes
      observer.observe(.warning(TrainingWarning(.nonFiniteGradientSkipped(skipped), update: skipped.update)))
    }
    for warning in diagnosis.observe(status, server: server) { observer.observe(.warning(warning)) }
  }

  private func evaluate(_ status: ServerStatus, epoch: Int) -> EpochReport {
    let evaluation = Evaluation(
      of: server.latest(), on: data.test, workers: workers, chunk: plan.capacity)
    let record = server.record
    return events.sync {
      let (diagnosis, warnings) = diagnosis.evaluated(
        status, evaluation, trainAccuracy: meter.epochAccuracy, server: server)
      for warning in warnings { observer.observe(.warning(warning)) }
      return meter.epochReport(
        status, epoch: epoch, seconds: stopwatch.seconds, evaluation: evaluation,
        staleness: record.staleness.applied.summary, diagnosis: diagnosis,
        figures: RunFigures(status, record, rule: configuration.rule))
    }
  }

  private func finish(_ outcome: TrainingOutcome, _ last: EpochReport) -> FinalReport {
    let snapshot = server.latest()
    let record = server.record
    var hash = FNV1a()
    hash.combine(UnsafeRawBufferPointer(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count)))
    var advice: Advice?
    if case .diverged(let divergence) = outcome {
      advice = events.sync { diagnosis.advice(on: .nonFiniteGradientSkipped(divergence), server: server) }
    }
    let report = FinalReport(
      outcome: outcome, run: description, last: last, updatesByWorker: record.updatesByWorker,
      refusedPushes: record.drops[.notFinite] ?? 0, parametersHash: hash.description,
      peakMemoryBytes: peakResidentBytes(), warnings: events.sync { diagnosis.warnings }, advice: advice)
    tell(.final(report))
    return report
  }

  private func tell(_ event: TrainingEvent) {
    events.sync { observer.observe(event) }
  }
}

/// The order of an epoch, which outlives the workers' use of it and does not change meanwhile.
private struct SharedOrder: @unchecked Sendable {
  let order: UnsafeBufferPointer<Int32>

  init(_ order: UnsafeBufferPointer<Int32>) {
    self.order = order
  }
}
