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

  /// Creates a run that has not begun.
  ///
  /// - Parameters:
  ///   - configuration: The algorithm, the workers, the epochs and the seed.
  ///   - description: The cluster.
  ///   - minibatches: The minibatches of an epoch.
  ///   - parameters: The number of the model's parameters, of four bytes each: what a pull weighs.
  ///   - payload: What a push weighs; `nil` for as much as a pull.
  ///   - pausesBetweenEpochs: Whether all workers come to rest after each epoch, as those of a live run do; those of a
  ///     ``Simulator`` go on.
  /// - Precondition: ``TrainingConfiguration/conflict(parameters:)`` and
  ///   ``ClusterDescription/missingWorker(of:)`` are `nil`.
  public init(
    _ configuration: TrainingConfiguration, cluster description: ClusterDescription, minibatches: Int, parameters: Int,
    payload: PayloadSize? = nil, pausesBetweenEpochs: Bool = true
  ) {
    self.configuration = configuration
    self.pausesBetweenEpochs = pausesBetweenEpochs
    self.minibatches = minibatches
    cluster = VirtualCluster(
      description, workers: configuration.workers, seed: configuration.seed,
      trainee: TimingTrainee(
        configuration, minibatches: minibatches, parameters: parameters, payload: payload))
  }

  /// Runs all epochs that are left, or until `isEnough` says so after one of them.
  ///
  /// Without pauses between the epochs it is asked only at the end.
  public mutating func run(until isEnough: (TimingReport) -> Bool = { _ in false }) -> TimingReport {
    let plan = EpochPlan(examples: minibatches, batchSize: 1)
    guard pausesBetweenEpochs else {
      run(configuration.stretches(plan: plan), start: 0)
      epoch = configuration.epochs
      return report
    }
    while epoch < configuration.epochs, !cluster.isStopped, !cluster.isOverdue {
      run(configuration.stretches(ofEpoch: epoch, from: 0, plan: plan), start: epoch * minibatches)
      epoch += 1
      let report = report
      if isEnough(report) { return report }
    }
    return report
  }

  private mutating func run(_ stretches: [EpochStretch], start: Int) {
    for stretch in stretches {
      cluster.trainee.begin(stretch, epochStart: start)
      cluster.begin(
        workers: stretch.workers, pulling: configuration.mode.pullsAtEpochStart ? stretch.workers : stretch.joining)
      cluster.run()
      guard !cluster.isOverdue else { return }
    }
  }

  /// What is known up to now.
  public var report: TimingReport { TimingReport(cluster, epochs: epoch) }
}
