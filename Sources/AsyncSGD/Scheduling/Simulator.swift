public import DataPipeline
internal import Foundation
public import Kernels
public import NeuralNet
internal import Synchronization

/// The virtual driver: thousands of workers on an emulated cluster, with real gradients and the server of a live run.
///
/// When something happens is a matter of the cluster's models and the seed, and what happens is computed. In-flight gradients
/// are computed on any number of threads, and the bits are the same for all numbers. Workers that pulled the same version share
/// its memory.
///
/// The run is one stretch: epochs follow each other without a pause, and an epoch's evaluation happens between two events. Only
/// after a warm start do all workers begin together.
public final class Simulator: @unchecked Sendable {  // all but the request to stop is used by the caller of `run`
  /// The most workers of a run in virtual time.
  public static let maximumWorkers = 100_000

  /// What is run.
  public let description: RunDescription

  let setup: RunSetup
  /// The workers, without threads.
  let workers: ScheduledWorkers
  private let clock: ManualClock
  private let recorder: (any EventRecorder)?
  private let crew: ComputeCrew
  private let monitor: RunMonitor
  private let hasFaults: Bool
  private var cluster: VirtualCluster<GradientTrainee>
  private let isStopRequested = Atomic(false)

  /// Prepares a run: initializes the parameters and allocates a replica for each thread.
  ///
  /// - Parameters:
  ///   - configuration: What to do.
  ///   - cluster: The workers, the network and the faults.
  ///   - model: The model, shaped for the images of `data`.
  ///   - data: Training and test set.
  ///   - backend: The kernels.
  ///   - programVersion: The version that the run's description names.
  ///   - threads: The threads that compute gradients, at least 1.
  ///   - recorder: Who is told all that is needed to repeat the run; `nil` for nobody.
  ///   - observer: Who is told how it goes.
  /// - Throws: ``TrainingError`` if model, data and configuration do not fit together.
  /// - Precondition: ``ClusterDescription/missingWorker(of:)`` is `nil`.
  public init(
    _ configuration: TrainingConfiguration, cluster: ClusterDescription, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, threads: Int,
    recorder: (any EventRecorder)? = nil, observer: any TrainingObserver
  ) throws(TrainingError) {
    precondition(threads >= 1, "there must be at least 1 thread, not \(threads)")
    precondition(
      recorder == nil || configuration.mode != .hogwild, "what is pulled from shared memory cannot be recorded")
    let clock = ManualClock()
    var setup = try RunSetup(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion, resuming: nil,
      clock: clock.clock, isLive: false, recorder: recorder)
    setup.description.driver = .virtual
    self.setup = setup
    self.clock = clock
    self.recorder = recorder
    description = setup.description
    crew = ComputeCrew(
      lanes: (0..<threads).map { setup.makeLane("asgd.simulation.\($0)") }, workers: configuration.workers)
    workers = ScheduledWorkers(
      setup.makeWorkers(clock: recorder == nil ? nil : clock.clock) { server, _ in PatientService(base: server) },
      crew: crew, setup: setup,
      curriculum: Curriculum(configuration, plan: setup.plan, roundsEndWithEpochs: false))
    self.cluster = VirtualCluster(
      cluster, workers: configuration.workers, seed: configuration.seed,
      trainee: GradientTrainee(setup, workers: workers, clock: clock, recorder: recorder))
    hasFaults = !cluster.faults.isEmpty
    monitor = RunMonitor(setup, observer: observer, isLive: false, virtualClock: clock.clock)
  }

  /// Ends the run after the event under way; the gradients in flight are forgotten.
  ///
  /// Any thread may call it.
  public func requestStop() {
    isStopRequested.store(true, ordering: .relaxed)
  }

  /// Runs all epochs, and blocks until they are done, the run is stopped, or it fails.
  ///
  /// - Returns: How the run ended; the observer has been told the same.
  /// - Throws: ``TrainingError/clockExceeded``, ``TrainingError/stalenessLawViolated(residual:)``.
  public func run() throws -> SimulationReport {
    monitor.begin()
    monitor.beginEpoch()
    monitor.start()
    var epochs = Epochs()
    crew.run {
      for stretch in setup.configuration.stretches(plan: setup.plan) {
        let pulling = setup.configuration.mode.pullsAtEpochStart ? stretch.workers : stretch.joining
        cluster.trainee.begin(stretch.minibatches)
        recorder?.record(.begin(workers: stretch.workers, pulling: pulling))
        setup.server.begin(workers: stretch.workers)
        cluster.begin(workers: stretch.workers, pulling: pulling)
        while !isStopRequested.load(ordering: .relaxed), cluster.step() {
          monitor.look(at: cluster.trainee.settled)
          endEpochs(&epochs)
        }
        guard !isStopRequested.load(ordering: .relaxed), !cluster.isStopped, !cluster.isOverdue else { break }
      }
      cluster.trainee.stop()
    }
    monitor.stop()
    guard !cluster.isOverdue else { throw TrainingError.clockExceeded }
    let status = setup.server.status
    var outcome = TrainingOutcome.completed
    if let divergence = status.divergence {
      outcome = .diverged(divergence)
    } else if isStopRequested.load(ordering: .relaxed) {
      outcome = .interrupted
    } else if cluster.isDeserted, cluster.trainee.settled < setup.configuration.epochs * setup.plan.minibatches {
      outcome = .deserted
    }
    // The last epoch's evaluation is that of the end, unless something was applied since.
    var last =
      epochs.last.flatMap { $0.updates == status.version ? $0 : nil }
      ?? monitor.evaluate(status, epoch: epochs.done, lanes: crew.lanes)
    let figures = ClusterFigures(cluster)
    // The end of the run, which may be later than that of its last epoch: answers were still under way.
    last.virtualSeconds = figures.seconds
    last.figures.observeQueue(of: figures)
    let final = try monitor.finish(outcome, last, cluster: figures, faults: hasFaults ? cluster.strikes : nil)
    recorder?.record(
      .end(
        RecordedEnd(
          of: setup.server, outcome, position: cluster.trainee.position, microseconds: clock.microseconds)))
    return SimulationReport(final: final, cluster: figures, faults: cluster.strikes)
  }

  private struct Epochs {
    var done = 0
    /// The parameters that were kept of the epoch under way.
    var samples = 0
    var last: EpochReport?
  }

  /// Keeps parameters within an epoch, and evaluates at the end of each that is over: when so many minibatches are settled,
  /// whoever they were dealt to.
  private func endEpochs(_ epochs: inout Epochs) {
    let marks = monitor.samples.marks
    while epochs.samples < marks.count,
      cluster.trainee.settled >= epochs.done * setup.plan.minibatches + marks[epochs.samples]
    {
      monitor.samples.keep()
      epochs.samples += 1
    }
    while cluster.trainee.settled >= (epochs.done + 1) * setup.plan.minibatches {
      epochs.done += 1
      epochs.samples = 0
      let status = setup.server.status
      guard status.divergence == nil else { return }
      monitor.stop()
      let report = crew.pause { monitor.evaluate(status, epoch: epochs.done, lanes: crew.lanes) }
      recorder?.record(.epoch(number: epochs.done, microseconds: clock.microseconds))
      monitor.tell(.epoch(report))
      epochs.last = report
      monitor.beginEpoch()
      monitor.start()
    }
  }
}

extension TrainingConfiguration {
  /// Cuts a run without pauses between its epochs where other workers join; see ``stretches(ofEpoch:from:plan:)``.
  ///
  /// - Parameter plan: How an epoch is cut into minibatches.
  /// - Returns: One stretch or two, of all minibatches by their number in the run.
  func stretches(plan: EpochPlan) -> [EpochStretch] {
    let end = epochs * plan.minibatches
    let warmStart = mode == .async ? Int((number(.warmStart) * Double(plan.minibatches)).rounded()) : 0
    let alone = min(warmStart, end)
    let together = EpochStretch(
      minibatches: alone..<end, workers: 0..<workers, joining: alone > 0 ? 1..<workers : 0..<0)
    return alone > 0
      ? [EpochStretch(minibatches: 0..<alone, workers: 0..<1, joining: 0..<0), together] : [together]
  }
}

extension RunFigures {
  /// Adds how long pushes waited at a virtual server, and how busy it was, if it takes them any time.
  fileprivate mutating func observeQueue(of cluster: ClusterFigures) {
    guard cluster.server.queueWait.count > 0 || cluster.serverOccupancy != nil else { return }
    var observations = observations ?? AsynchronyObservations()
    observations.queueWait = cluster.server.queueWait
    observations.serverOccupancy = cluster.serverOccupancy
    self.observations = observations
  }
}

/// How a run in virtual time went.
public struct SimulationReport: Sendable {
  /// The end of the run.
  public var final: FinalReport
  /// What the cluster's time went into.
  public var cluster: ClusterFigures
  /// What went wrong.
  public var faults: FaultCounts

  /// The virtual time, in seconds.
  public var seconds: Double { cluster.seconds }

  /// Events of the cluster.
  public var events: Int { cluster.events }

  /// What each worker's time went into.
  public var usageByWorker: [WorkerUsage] { cluster.usageByWorker }

  /// What the server's time went into.
  public var server: ServerUsage { cluster.server }
}
