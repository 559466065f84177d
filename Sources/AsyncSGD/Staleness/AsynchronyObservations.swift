/// What was measured of asynchrony beside the count of updates that staleness is.
///
/// Gaps and cosines are of a sampled share of the updates, waits and occupancy of all.
public struct AsynchronyObservations: Hashable, Sendable {
  /// ‖θ − θ′‖: how far the parameters have moved since the pull, when the gradient is applied.
  public var gap = ValueHistogram(1e-9...1e3, bins: 120, scale: .logarithmic)
  /// cos(g(θ′), g(θ)): between the stale gradient and that of the same minibatch at the present parameters.
  public var cosine = ValueHistogram(-1...1, bins: 80)
  /// How long a push waited until the server took it, in seconds.
  public var queueWait = emptyQueueWait
  /// The share of the time in which workers were at work that the server was busy, 0…1; `nil` if it was not measured.
  public var serverOccupancy: Double?

  /// A histogram of waits without any.
  static let emptyQueueWait = ValueHistogram(1e-8...1e4, bins: 120, scale: .logarithmic)

  /// Creates observations of nothing.
  public init() {}
}
