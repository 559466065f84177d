/// What a run in virtual time took, and how stale its gradients were.
public struct TimingReport: Sendable {
  /// Epochs done.
  public let epochs: Int
  /// What the cluster's time went into.
  public let cluster: ClusterFigures
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
  /// What went wrong.
  public let faults: FaultCounts
  /// Whether no worker was left at the end: all were down.
  public let isDeserted: Bool
  /// Whether somebody ended the run early.
  public let isInterrupted: Bool

  init(_ cluster: VirtualCluster<TimingTrainee>, epochs: Int, isInterrupted: Bool) {
    let coordinator = cluster.trainee.coordinator
    self.epochs = epochs
    self.cluster = ClusterFigures(cluster)
    updates = coordinator.version
    minibatches = coordinator.minibatches
    staleness = coordinator.staleness.applied
    stalenessByWorker = cluster.trainee.stalenessByWorker
    drops = coordinator.drops.filter { $0.value > 0 }
    abandoned = coordinator.abandoned
    stalenessLawResidual = coordinator.stalenessLawResidual
    faults = cluster.strikes
    isDeserted = cluster.isDeserted
    self.isInterrupted = isInterrupted
  }

  /// The virtual time, in seconds.
  public var seconds: Double { cluster.seconds }

  /// Events carried out.
  public var events: Int { cluster.events }

  /// What each worker's time went into.
  public var usageByWorker: [WorkerUsage] { cluster.usageByWorker }

  /// What all workers' time went into.
  public var usage: WorkerUsage { cluster.usage }

  /// What the server's time went into.
  public var server: ServerUsage { cluster.server }

  /// Updates a virtual second.
  public var updatesPerSecond: Double { seconds > 0 ? Double(updates) / seconds : 0 }

  /// Minibatches a virtual second.
  public var minibatchesPerSecond: Double { seconds > 0 ? Double(minibatches) / seconds : 0 }

  /// The share of the workers' time in which they computed.
  public var utilization: Double { cluster.utilization }

  /// The share of the time in which the server worked on pushes.
  public var serverOccupancy: Double { cluster.serverOccupancy ?? 0 }
}
