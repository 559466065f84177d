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
  /// What was given up of consistency; `nil` where nothing is.
  public var consistency: ConsistencyRecord?

  /// Creates figures; by default those of a run in which nothing happened.
  public init(
    drops: [DropReason: Int] = [:], dropsByWorker: [Int] = [], abandoned: Int = 0, pushedBytes: Int = 0,
    consistency: ConsistencyRecord? = nil
  ) {
    self.drops = drops
    self.dropsByWorker = dropsByWorker
    self.abandoned = abandoned
    self.pushedBytes = pushedBytes
    self.consistency = consistency
  }

  init(_ status: ServerStatus, _ record: CoordinationRecord) {
    self.init(
      drops: record.drops, dropsByWorker: record.dropsByWorker, abandoned: record.abandoned,
      pushedBytes: status.pushedBytes, consistency: record.consistency)
  }

  /// Pushes that were dropped for a reason.
  public func dropped(_ reason: DropReason) -> Int { drops[reason] ?? 0 }
}
