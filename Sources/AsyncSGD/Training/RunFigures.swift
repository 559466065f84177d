/// What became of a run's pushes beside updates, in this process: the figures that only some algorithms have.
public struct RunFigures: Hashable, Sendable {
  /// Pushes that were dropped, by reason.
  public var drops: [DropReason: Int]
  /// Pushes that were dropped, by worker.
  public var dropsByWorker: [Int]
  /// Calculations that were given up because their result would have been dropped.
  public var abandoned: Int
  /// What was pushed, in bytes as it would go over a wire.
  public var pushedBytes: Int
  /// What the same pushes would have been without compression, in bytes.
  public var uncompressedBytes: Int
  /// The staleness of all updates of this process, from 0 to the largest.
  public var stalenessBins: [StalenessBin]
  /// The staleness of each worker's updates; empty with one worker, and with more than are kept apart.
  public var stalenessByWorker: [StalenessSummary]
  /// What else was measured of asynchrony; `nil` where nothing was.
  public var observations: AsynchronyObservations?
  /// The error in the law of staleness, Σ staleness + Σ age = (n − 1)·T in its simplest form, in updates: 0 unless there is a
  /// bug; `nil` where the law does not apply.
  public var stalenessLawResidual: Int? = nil
  /// What was given up of consistency; `nil` where nothing is.
  public var consistency: ConsistencyRecord?
  /// μ of the optimizer now, where a rule steers it; `nil` elsewhere.
  public var momentum: Double?

  /// Creates figures; by default those of a run in which nothing happened.
  public init(
    drops: [DropReason: Int] = [:], dropsByWorker: [Int] = [], abandoned: Int = 0, pushedBytes: Int = 0,
    uncompressedBytes: Int = 0, stalenessBins: [StalenessBin] = [],
    stalenessByWorker: [StalenessSummary] = [], observations: AsynchronyObservations? = nil,
    consistency: ConsistencyRecord? = nil, momentum: Double? = nil
  ) {
    self.drops = drops
    self.dropsByWorker = dropsByWorker
    self.abandoned = abandoned
    self.pushedBytes = pushedBytes
    self.uncompressedBytes = uncompressedBytes
    self.stalenessBins = stalenessBins
    self.stalenessByWorker = stalenessByWorker
    self.observations = observations
    self.consistency = consistency
    self.momentum = momentum
  }

  init(_ status: ServerStatus, _ record: CoordinationRecord, rule: UpdateRuleKind) {
    self.init(
      drops: record.drops, dropsByWorker: record.dropsByWorker, abandoned: record.abandoned,
      pushedBytes: status.pushedBytes, uncompressedBytes: status.uncompressedBytes,
      stalenessBins: record.staleness.applied.bins(),
      stalenessByWorker: record.updatesByWorker.count > 1 ? record.staleness.byWorker.summaries : [],
      observations: record.observations, consistency: record.consistency,
      momentum: rule == .closedLoopMomentum ? status.momentum : nil)
    stalenessLawResidual = record.stalenessLawResidual
  }

  /// How many times smaller the pushes were than without compression; `nil` if there were none.
  public var compressionRatio: Double? {
    pushedBytes > 0 ? Double(uncompressedBytes) / Double(pushedBytes) : nil
  }

  /// Pushes that were dropped for a reason.
  public func dropped(_ reason: DropReason) -> Int { drops[reason] ?? 0 }
}
