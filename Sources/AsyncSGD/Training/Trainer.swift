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

  private let setup: RunSetup
  private let configuration: TrainingConfiguration
  private let plan: EpochPlan
  private let server: any TrainingServer
  private let workers: [Worker]
  private let dispenser: MinibatchDispenser
  private let monitor: RunMonitor
  private let recorder: (any EventRecorder)?
  private let clock: RunClock
  private let hasFaults: Bool
  /// Minibatches dealt since the start, in all epochs; used by the thread of ``run(checkpoint:)`` only.
  private var dealt = 0
  private var hasRun = false

  /// Prepares a run: initializes or restores the parameters and allocates all replicas.
  ///
  /// - Parameters:
  ///   - configuration: What to do.
  ///   - model: The model, shaped for the images of `data`.
  ///   - data: Training and test set.
  ///   - backend: The kernels of server and replicas.
  ///   - programVersion: The version that the run's description names.
  ///   - state: Where to go on, or `nil` to begin.
  ///   - recorder: Who is told all that is needed to repeat the run; `nil` for nobody.
  ///   - faults: What goes wrong on purpose: the speeds and the faults of a cluster, whose network and compute times mean
  ///     nothing here.
  ///   - observer: Who is told how it goes.
  /// - Throws: ``TrainingError`` if model, data, state and configuration do not fit together.
  public convenience init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, resuming state: TrainerState? = nil,
    recorder: (any EventRecorder)? = nil, faults: ClusterDescription? = nil, observer: any TrainingObserver
  ) throws(TrainingError) {
    try self.init(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion, resuming: state,
      recorder: recorder, faults: faults, observer: observer, service: { server, _ in server })
  }

  /// Prepares a run whose workers each reach the server through what `service` gives them, which may watch what passes.
  package init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, resuming state: TrainerState? = nil,
    recorder: (any EventRecorder)? = nil, faults: ClusterDescription? = nil, observer: any TrainingObserver,
    service: (_ server: any ParameterService, _ worker: Int) -> any ParameterService
  ) throws(TrainingError) {
    precondition(
      (1...Self.maximumWorkers).contains(configuration.workers),
      "a live run has 1...\(Self.maximumWorkers) workers, not \(configuration.workers)")
    precondition(
      recorder == nil || configuration.mode != .hogwild, "what a pull mixes without locks cannot be recorded")
    let clock = RunClock.wall()
    let setup = try RunSetup(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion, resuming: state,
      clock: clock, recorder: recorder)
    self.setup = setup
    self.configuration = configuration
    self.clock = clock
    self.recorder = recorder
    hasFaults = faults.map { !$0.faults.isEmpty } ?? false
    let monitor = RunMonitor(setup, observer: observer)
    self.monitor = monitor
    plan = setup.plan
    server = setup.server
    description = setup.description
    let dispenser = MinibatchDispenser(workers: configuration.workers, inRounds: configuration.dealsInRounds)
    self.dispenser = dispenser
    let takesTurns = configuration.workers > ProcessInfo.processInfo.activeProcessorCount
    let curriculum = Curriculum(configuration, plan: setup.plan)
    workers = setup.makeWorkers(clock: recorder == nil ? nil : clock, service: service).map { core in
      Worker(
        core, lane: setup.makeLane("asgd.worker.\(core.index)"), dispenser: dispenser, curriculum: curriculum,
        takesTurns: takesTurns, samples: monitor.samples,
        probe: FreshGradientProbe(configuration, server: setup.server, count: model.layout.count),
        trouble: faults.flatMap {
          WorkerTrouble(
            $0, worker: core.index, configuration: configuration, clock: clock, recorder: recorder
          ) { monitor.announce(.fault($0)) }
        })
    }
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
    let done = position
    var carried = server.carriedState()
    for worker in workers { carried.merge(worker.core.state) }
    return TrainerState(
      parameters: Array(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count)),
      carried: carried, version: status.version, epoch: done / plan.minibatches,
      nextMinibatch: done % plan.minibatches, trainingExamples: plan.examples,
      examples: setup.start.examples + status.examples)
  }

  /// Minibatches dealt since the run began, counted over the epochs.
  private var position: Int { setup.start.epoch * plan.minibatches + setup.start.minibatch + dealt }

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
    monitor.begin()
    let start = setup.start
    let buffer = UnsafeMutableBufferPointer<Int32>.allocate(capacity: plan.examples)
    defer { buffer.deallocate() }
    var report: EpochReport?
    var outcome = TrainingOutcome.completed
    for epoch in start.epoch..<max(start.epoch, configuration.epochs) {
      if dispenser.isStopped {
        outcome = .interrupted
        if report == nil { try checkpoint() }
        break
      }
      setup.order.write(epoch: epoch, into: buffer)
      let first = epoch == start.epoch ? start.minibatch : 0
      train(epoch: epoch, from: first, order: UnsafeBufferPointer(buffer))
      if dispenser.position == first, report != nil {
        // Stopped before the epoch's first minibatch: the report of the epoch before is that of the end.
        outcome = .interrupted
        break
      }
      let isWhole = isOver(plan.minibatches)
      dealt += (isWhole ? plan.minibatches : dispenser.position) - first

      let status = server.status
      if status.divergence == nil { try checkpoint() }
      let evaluated = evaluate(status, epoch: isWhole ? epoch + 1 : epoch)
      report = evaluated
      if let divergence = status.divergence {
        outcome = .diverged(divergence)
        break
      }
      guard isWhole else {
        outcome = dispenser.isStopped ? .interrupted : .deserted
        break
      }
      recorder?.record(.epoch(number: epoch + 1, microseconds: clock.microseconds()))
      monitor.tell(.epoch(evaluated))
    }
    let struck = workers.reduce(into: FaultCounts()) { $0.add($1.faults) }
    let final = try monitor.finish(
      outcome, report ?? evaluate(server.status, epoch: start.epoch), faults: hasFaults ? struck : nil)
    recorder?.record(
      .end(RecordedEnd(of: server, outcome, position: position, microseconds: clock.microseconds())))
    return final
  }

  private func train(epoch: Int, from first: Int, order: UnsafeBufferPointer<Int32>) {
    monitor.beginEpoch()
    monitor.start()
    for stretch in configuration.stretches(ofEpoch: epoch, from: first, plan: plan) {
      train(stretch, epoch: epoch, order: order)
      guard isOver(stretch.minibatches.upperBound) else { break }
    }
    monitor.stop()
  }

  /// Whether a stretch came to its end, though minibatches may be left of workers that were lost.
  private func isOver(_ end: Int) -> Bool {
    dispenser.position == end
      || (!dispenser.isStopped && server.status.divergence == nil && !workers.allSatisfy(\.isOut))
  }

  private func train(_ stretch: EpochStretch, epoch: Int, order: UnsafeBufferPointer<Int32>) {
    dispenser.begin(minibatches: stretch.minibatches.upperBound, from: stretch.minibatches.lowerBound)
    let pulling = configuration.mode.pullsAtEpochStart ? stretch.workers : stretch.joining
    recorder?.record(.begin(workers: stretch.workers, pulling: pulling))
    server.begin(workers: stretch.workers)
    let group = DispatchGroup()
    let pass = SharedOrder(order)
    for worker in workers[stretch.workers] {
      worker.lane.queue.async(group: group) {
        worker.train(epoch: epoch, order: pass.order, repulls: pulling.contains(worker.index))
      }
    }
    group.wait()
  }

  private func evaluate(_ status: ServerStatus, epoch: Int) -> EpochReport {
    monitor.evaluate(status, epoch: epoch, lanes: workers.map(\.lane))
  }
}

/// The order of an epoch, which outlives the workers' use of it and does not change meanwhile.
private struct SharedOrder: @unchecked Sendable {
  let order: UnsafeBufferPointer<Int32>

  init(_ order: UnsafeBufferPointer<Int32>) {
    self.order = order
  }
}
