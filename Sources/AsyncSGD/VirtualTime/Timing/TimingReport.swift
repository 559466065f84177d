/// What a run in virtual time took, and how stale its gradients were.
public struct TimingReport: Sendable {
  /// Epochs done.
  public let epochs: Int
  /// The virtual time, in seconds.
  public let seconds: Double
  /// Events carried out.
  public let events: Int
  /// Updates applied.
  public let updates: Int
  /// Minibatches whose gradients were applied or dropped.
  public let minibatches: Int
  /// The staleness of all pushes that became part of an update.
  public let staleness: StalenessHistogram
  /// The same for each worker, in sums.
  public let stalenessByWorker: [StalenessSums]
  /// Pushes that were dropped, by reason.
  public let drops: [DropReason: Int]
  /// Calculations that were given up because their result was not wanted any more.
  public let abandoned: Int
  /// The error in the law of staleness, which must be 0; `nil` where a worker pushed several times between pulls.
  public let stalenessLawResidual: Int?
  /// What each worker's time went into.
  public let usageByWorker: [WorkerUsage]
  /// What all workers' time went into.
  public let usage: WorkerUsage
  /// What the server's time went into.
  public let server: ServerUsage
  /// What went wrong.
  public let faults: FaultCounts

  init(_ cluster: VirtualCluster<TimingTrainee>, epochs: Int) {
    let coordinator = cluster.trainee.coordinator
    self.epochs = epochs
    seconds = cluster.seconds
    events = cluster.events
    updates = coordinator.version
    minibatches = coordinator.minibatches
    staleness = coordinator.staleness.applied
    stalenessByWorker = cluster.trainee.stalenessByWorker
    drops = coordinator.drops.filter { $0.value > 0 }
    abandoned = coordinator.abandoned
    stalenessLawResidual = coordinator.stalenessLawResidual
    usageByWorker = (0..<coordinator.workers).map { cluster.usage(of: $0) }
    usage = usageByWorker.reduce(into: WorkerUsage()) { $0.add($1) }
    server = cluster.server
    faults = cluster.strikes
  }

  /// Updates a virtual second.
  public var updatesPerSecond: Double { seconds > 0 ? Double(updates) / seconds : 0 }

  /// Minibatches a virtual second.
  public var minibatchesPerSecond: Double { seconds > 0 ? Double(minibatches) / seconds : 0 }

  /// The share of the workers' time in which they computed.
  public var utilization: Double { usage.total > 0 ? usage.computing / usage.total : 0 }

  /// The share of the time in which the server worked on pushes.
  public var serverOccupancy: Double { seconds > 0 ? server.busy / seconds : 0 }
}
