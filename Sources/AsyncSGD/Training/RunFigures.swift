/// What became of a run's pushes beside updates, in this process: the figures that only some algorithms have.
public struct RunFigures: Hashable, Sendable {
  /// Pushes that were not applied, by reason.
  public var drops: [DropReason: Int]
  /// Calculations that workers gave up because their result was not wanted any more.
  public var abandoned: Int
  /// What was pushed, in bytes as it would go over a wire.
  public var pushedBytes: Int

  /// Creates figures; those of a run in which nothing happened by default.
  public init(drops: [DropReason: Int] = [:], abandoned: Int = 0, pushedBytes: Int = 0) {
    self.drops = drops
    self.abandoned = abandoned
    self.pushedBytes = pushedBytes
  }

  init(_ status: ServerStatus, _ record: CoordinationRecord) {
    self.init(drops: record.drops, abandoned: record.abandoned, pushedBytes: status.pushedBytes)
  }

  /// Pushes that were dropped for a reason.
  public func dropped(_ reason: DropReason) -> Int { drops[reason] ?? 0 }
}
