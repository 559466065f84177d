/// What lies between the workers and the server, and how long the server works on a push.
///
/// A message takes its latency, then the time that its bytes take through its worker's link. At the server all messages share
/// one link each way, which carries one at a time, first come, first served; and so does the server its pushes. By default
/// nothing of this takes any time.
public struct NetworkModel: Hashable, Sendable {
  /// The time that any message takes one way, in seconds.
  public var latency = 0.0
  /// What a worker's own link carries, in bytes a second.
  public var bandwidth = Double.infinity
  /// What the server's link carries each way, in bytes a second, all workers together.
  public var serverBandwidth = Double.infinity
  /// How long the server works on a push; `nil` for no time.
  public var service: ComputeTimeModel?

  /// Whether messages take no time, whatever the server's work on a push does.
  public var isIdeal: Bool { parts.isEmpty }

  /// What takes time, but for the service, as a script says it: `latency 1ms bandwidth 125MB/s`.
  public var partsText: String { parts.map { "\($0.key) \($0.value)" }.joined(separator: " ") }

  /// Creates a network that takes no time.
  public init() {}

  /// Creates a network.
  public init(
    latency: Double = 0, bandwidth: Double = .infinity, serverBandwidth: Double = .infinity,
    service: ComputeTimeModel? = nil
  ) {
    self.latency = latency
    self.bandwidth = bandwidth
    self.serverBandwidth = serverBandwidth
    self.service = service
  }
}
