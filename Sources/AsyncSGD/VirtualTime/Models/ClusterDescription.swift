/// A cluster: how fast its workers are, what lies between them and the server, and what goes wrong.
///
/// The default is as many equal workers as there are, each on a core of its own, a network that takes no time, and no faults.
/// ``description`` is a script that says the same; see ``init(script:readFile:)``.
public struct ClusterDescription: Hashable, Sendable {
  /// How some workers differ from the others.
  public struct WorkerClass: Hashable, Sendable {
    /// Which.
    public var workers: ClosedRange<Int>
    /// How fast they compute: a calculation takes 1/speed of the model's time; `nil` leaves it as it is.
    public var speed: Double?
    /// The time that any of their messages takes one way, in seconds.
    public var latency: Double?
    /// What their links carry, in bytes a second each.
    public var bandwidth: Double?

    /// Creates a class.
    public init(
      workers: ClosedRange<Int>, speed: Double? = nil, latency: Double? = nil, bandwidth: Double? = nil
    ) {
      self.workers = workers
      self.speed = speed
      self.latency = latency
      self.bandwidth = bandwidth
    }
  }

  /// Processors that all workers share.
  public struct Cores: Hashable, Sendable {
    /// How many there are.
    public var count: Int
    /// How long a worker may compute before it queues up behind those that wait for a core, in seconds; infinite if it may
    /// always finish.
    public var slice: Double

    /// Creates cores.
    public init(_ count: Int, slice: Double = .infinity) {
      self.count = count
      self.slice = slice
    }
  }

  /// How long a calculation takes.
  public var compute: ComputeTimeModel
  /// What lies between the workers and the server.
  public var network: NetworkModel
  /// The processors that workers share; `nil` if each has one of its own.
  public var cores: Cores?
  /// How some workers differ; where several classes say different things of a worker, the last one holds.
  public var classes: [WorkerClass]
  /// What goes wrong.
  public var faults: [Fault]

  /// Creates a cluster.
  public init(
    compute: ComputeTimeModel = .standard, network: NetworkModel = NetworkModel(), cores: Cores? = nil,
    classes: [WorkerClass] = [], faults: [Fault] = []
  ) {
    self.compute = compute
    self.network = network
    self.cores = cores
    self.classes = classes
    self.faults = faults
  }

  /// Returns the first worker that is spoken of and does not exist, or `nil` if all exist.
  ///
  /// - Parameter workers: The number of workers.
  /// - Returns: The least of them.
  public func missingWorker(of workers: Int) -> Int? {
    let named = classes.map(\.workers) + faults.compactMap(\.workers)
    return named.map(\.upperBound).filter { $0 >= workers }.min()
  }

  /// Whether some link carries so many bytes a second, so that it matters what messages weigh.
  public var hasBandwidths: Bool {
    network.bandwidth < .infinity || network.serverBandwidth < .infinity || classes.contains { $0.bandwidth != nil }
  }

  /// Returns how fast a worker computes, 1 if nothing is said of it.
  public func speed(of worker: Int) -> Double {
    classes.last { $0.workers.contains(worker) && $0.speed != nil }?.speed ?? 1
  }
}
