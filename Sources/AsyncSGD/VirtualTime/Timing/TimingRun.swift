/// A run in virtual time without gradients: how long it takes, how stale its gradients are, and who waits for whom.
///
///     var run = TimingRun(configuration, cluster: description, minibatches: 938, parameters: 21_840)
///     let report = run.run()
///
/// The decisions are those of the same ``Coordinator`` as in a live run, so a timing-only run has the same schedule as one
/// with gradients, as long as these are finite.
public struct TimingRun: Sendable {
  private let configuration: TrainingConfiguration
  private let minibatches: Int
  private let pausesBetweenEpochs: Bool
  private var cluster: VirtualCluster<TimingTrainee>
  private var epoch = 0
  private var isInterrupted = false
  /// Events between two looks at a run.
  private static let eventsPerLook = 1 << 16

  /// Creates a run that has not begun.
  ///
  /// - Parameters:
  ///   - configuration: The algorithm, the workers, the epochs and the seed.
  ///   - description: The cluster.
  ///   - minibatches: The minibatches of an epoch.
  ///   - parameters: The number of the model's parameters, of four bytes each.
  ///   - pausesBetweenEpochs: Whether all workers come to rest after each epoch, as those of a live run do; those of a
  ///     ``Simulator`` go on.
  /// - Precondition: ``TrainingConfiguration/conflict(parameters:)`` and
  ///   ``ClusterDescription/missingWorker(of:)`` are `nil`.
  public init(
    _ configuration: TrainingConfiguration, cluster description: ClusterDescription, minibatches: Int, parameters: Int,
    pausesBetweenEpochs: Bool = true
  ) {
    self.configuration = configuration
    self.pausesBetweenEpochs = pausesBetweenEpochs
    self.minibatches = minibatches
    cluster = VirtualCluster(
      description, workers: configuration.workers, seed: configuration.seed,
      trainee: TimingTrainee(configuration, minibatches: minibatches, parameters: parameters))
  }

  /// Runs all epochs that are left, or until `isEnough` says so after one of them.
  ///
  /// - Parameters:
  ///   - isEnough: Asked after each epoch; without pauses between the epochs only at the end.
  ///   - goesOn: Asked now and then, after tens of thousands of events, with how far the run has come. If it says no, that
  ///     is the end.
  /// - Returns: What is known at the end.
  public mutating func run(
    until isEnough: (TimingReport) -> Bool = { _ in false }, while goesOn: (TimingGlance) -> Bool = { _ in true }
  ) -> TimingReport {
    let plan = EpochPlan(examples: minibatches, batchSize: 1)
    guard pausesBetweenEpochs else {
      run(configuration.stretches(plan: plan), start: 0, while: goesOn)
      epoch = isInterrupted ? cluster.trainee.coordinator.minibatches / max(1, minibatches) : configuration.epochs
      return report
    }
    while epoch < configuration.epochs, !cluster.isStopped {
      run(configuration.stretches(ofEpoch: epoch, from: 0, plan: plan), start: epoch * minibatches, while: goesOn)
      if isInterrupted { break }
      epoch += 1
      let report = report
      if isEnough(report) { return report }
    }
    return report
  }

  private mutating func run(_ stretches: [EpochStretch], start: Int, while goesOn: (TimingGlance) -> Bool) {
    for stretch in stretches {
      cluster.trainee.begin(stretch, epochStart: start)
      cluster.begin(
        workers: stretch.workers, pulling: configuration.mode.pullsAtEpochStart ? stretch.workers : stretch.joining)
      isInterrupted = cluster.run { cluster in
        cluster.events.isMultiple(of: Self.eventsPerLook) && !goesOn(TimingGlance(cluster))
      }
      if isInterrupted { return }
    }
  }

  /// What is known up to now.
  public var report: TimingReport { TimingReport(cluster, epochs: epoch, isInterrupted: isInterrupted) }
}

/// How far a run without gradients has come.
public struct TimingGlance: Hashable, Sendable {
  /// The virtual time, in seconds.
  public let seconds: Double
  /// Events carried out.
  public let events: Int
  /// Updates applied.
  public let updates: Int
  /// Minibatches whose gradients were applied or dropped.
  public let minibatches: Int
  /// The mean staleness so far.
  public let stalenessMean: Double
  /// The largest staleness so far.
  public let stalenessMax: Int

  init(_ cluster: borrowing VirtualCluster<TimingTrainee>) {
    let coordinator = cluster.trainee.coordinator
    seconds = cluster.seconds
    events = cluster.events
    updates = coordinator.version
    minibatches = coordinator.minibatches
    stalenessMean = coordinator.staleness.applied.mean
    stalenessMax = coordinator.staleness.applied.max
  }
}
