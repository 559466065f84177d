/// What a run gave up of consistency, counted.
///
/// A ``ParameterServer`` gives up nothing. Where the parameters are divided among several servers or locks, or lie in memory
/// that workers write without locks, a pull may mix versions; without locks, updates may also be lost.
public struct ConsistencyRecord: Hashable, Sendable {
  /// Pulls.
  public var pulls = 0
  /// Pulls that contain an update in one part of the parameters and not in another.
  public var mixedPulls = 0
  /// The most updates that one part of the parameters was ahead of another in a pull.
  public var largestSpread = 0
  /// Updates of single parameters that were watched for their loss; 0 where none can be lost.
  public var watchedUpdates = 0
  /// Those of them that were lost: another worker's write took their place without knowing of them.
  public var lostUpdates = 0

  /// Creates a record of nothing.
  public init() {}

  /// The share of pulls that mix versions, 0…1; 0 if there were none.
  public var mixedShare: Double { pulls == 0 ? 0 : Double(mixedPulls) / Double(pulls) }

  /// The share of updates that were lost, 0…1; 0 if none were watched.
  public var lostShare: Double { watchedUpdates == 0 ? 0 : Double(lostUpdates) / Double(watchedUpdates) }

  /// Counts a pull.
  mutating func record(_ span: VersionSpan) {
    pulls += 1
    if span.isMixed { mixedPulls += 1 }
    largestSpread = max(largestSpread, span.spread)
  }

  /// Adds what was counted elsewhere.
  mutating func add(_ other: ConsistencyRecord) {
    pulls += other.pulls
    mixedPulls += other.mixedPulls
    largestSpread = max(largestSpread, other.largestSpread)
    watchedUpdates += other.watchedUpdates
    lostUpdates += other.lostUpdates
  }
}
