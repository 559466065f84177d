/// What was measured of asynchrony beside the count of updates that staleness is.
///
/// Gaps and cosines are of a sampled share of the updates, waits and occupancy of all. Those of a sharded server are of each
/// of its shards, and so of a part of the parameters.
public struct AsynchronyObservations: Hashable, Sendable {
  /// How far apart the newest and the oldest of the versions are that workers hold, in updates.
  public var versionGap = StalenessHistogram()
  /// ‖θ − θ′‖: how far the parameters have moved since the pull, when the gradient is applied.
  public var gap = ValueHistogram(1e-9...1e3, bins: 1200, scale: .logarithmic)
  /// cos(g(θ′), g(θ)): between the stale gradient and that of the same minibatch at the present parameters.
  public var cosine = ValueHistogram(-1...1, bins: 800)
  /// How long a push waited until the server took it, in seconds.
  public var queueWait = emptyQueueWait
  /// The share of the time in which workers were at work that the server was busy, 0…1; `nil` if it was not measured.
  public var serverOccupancy: Double?

  /// A histogram of waits without any.
  static let emptyQueueWait = ValueHistogram(1e-8...1e4, bins: 1200, scale: .logarithmic)

  /// Creates observations of nothing.
  public init() {}

  /// Puts together what the shards of a server measured, each on its part of the parameters.
  ///
  /// - Parameter shards: One or more.
  init(shards: [AsynchronyObservations]) {
    self = shards[0]
    for shard in shards.dropFirst() {
      versionGap.add(shard.versionGap)
      gap.add(shard.gap)
      cosine.add(shard.cosine)
      queueWait.add(shard.queueWait)
    }
    let occupancies = shards.compactMap(\.serverOccupancy)
    serverOccupancy = occupancies.isEmpty ? nil : occupancies.reduce(0, +) / Double(occupancies.count)
  }
}
