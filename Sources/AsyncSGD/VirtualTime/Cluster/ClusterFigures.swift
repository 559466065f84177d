/// What the time of an emulated cluster went into.
public struct ClusterFigures: Hashable, Sendable {
  /// The virtual time of the run, in seconds.
  public let seconds: Double
  /// Events carried out.
  public let events: Int
  /// What each worker's time went into.
  public let usageByWorker: [WorkerUsage]
  /// What all workers' time went into.
  public let usage: WorkerUsage
  /// What the server's time went into.
  public let server: ServerUsage

  /// Creates figures.
  ///
  /// - Parameters:
  ///   - seconds: The virtual time of the run.
  ///   - events: Events carried out.
  ///   - usageByWorker: What each worker's time went into.
  ///   - server: What the server's time went into.
  public init(seconds: Double, events: Int, usageByWorker: [WorkerUsage], server: ServerUsage = ServerUsage()) {
    self.seconds = seconds
    self.events = events
    self.usageByWorker = usageByWorker
    self.server = server
    usage = usageByWorker.reduce(into: WorkerUsage()) { $0.add($1) }
  }

  init<Trainee>(_ cluster: VirtualCluster<Trainee>) {
    self.init(
      seconds: cluster.seconds, events: cluster.events,
      usageByWorker: cluster.workers.indices.map { cluster.usage(of: $0) }, server: cluster.server)
  }

  /// The share of the workers' time in which they computed.
  public var utilization: Double { usage.utilization }

  /// The share of the time in which the server worked on pushes; `nil` if they take it no time.
  public var serverOccupancy: Double? { server.busy > 0 && seconds > 0 ? server.busy / seconds : nil }
}
