/// One worker of a virtual cluster: what it does, since when, and what it has done.
struct VirtualWorker: Sendable {
  /// What it does; an event of its own ends each of these, but for those that others end.
  enum Phase: UInt8, Sendable {
    /// It has no minibatch left, or its epoch has not begun.
    case retired
    /// It waits for a core; a worker that finishes ends this.
    case ready
    case computing
    /// It does nothing, because it was paused.
    case paused
    /// Its push is under way.
    case sending
    /// Its push stands in line at the server, or is worked on.
    case served
    /// It has not noticed yet that its push was lost.
    case unaware
    /// It waits for others; a push or a leave ends this.
    case waiting
    /// It asks for the latest parameters.
    case requesting
    /// The answer is under way.
    case answered
    /// Parameters are under way for the sake of which it gave up a calculation, or with which it joins.
    case refreshing
    /// It crashed, or has not joined yet.
    case down
  }

  /// What it does.
  var phase = Phase.retired
  /// Whether no minibatch is left for it.
  var isConcluding = false
  /// Whether it takes the latest parameters with the answer to its push.
  var pulls = true
  /// Whether it crashed since it pulled; it then pulls before it computes again.
  var hasLostParameters = false
  /// Whether a minibatch is at hand; with parameters that arrive, it begins anew.
  var hasMinibatch = false
  /// Whether a calculation began since its last push.
  var hasStarted = false
  /// After how many seconds it notices that its next push is lost, or `nil` if it is not.
  var losesPush: Double?
  /// Whether its next push arrives twice.
  var duplicatesPush = false
  /// Whether the push at the server is there for the second time.
  var isSecondArrival = false
  /// How much longer its calculations take than the model's.
  var slowness = 1.0
  /// When ``phase`` began.
  var since = 0.0
  /// What is left of its calculation, in seconds.
  var remaining = 0.0
  /// Until when it does nothing.
  var pausedUntil = 0.0
  /// Calculations that it has begun.
  var calculations = 0
  /// Pushes that it has made.
  var pushes = 0
  /// When it pulled, and the stations of its push.
  var times = VirtualPushTimes()
  /// What its time went into.
  var usage = WorkerUsage()

  /// Notes that it does something else from `now` on.
  @inline(__always)
  mutating func enter(_ next: Phase, at now: Double) {
    if now > since {
      usage.add(now - since, in: phase)
      since = now
    }
    phase = next
  }
}

/// What a worker's time went into, in virtual seconds.
public struct WorkerUsage: Hashable, Sendable {
  /// It computed.
  public internal(set) var computing = 0.0
  /// It waited for others, at a barrier or because it was too far ahead.
  public internal(set) var waiting = 0.0
  /// It dealt with the server: messages under way, and standing in line.
  public internal(set) var dealing = 0.0
  /// It waited for a core.
  public internal(set) var queueing = 0.0
  /// It was paused.
  public internal(set) var paused = 0.0
  /// It had crashed, or not joined yet.
  public internal(set) var down = 0.0
  /// No minibatch was left for it.
  public internal(set) var retired = 0.0
  /// How many times it had to wait for others.
  public internal(set) var waits = 0

  /// Creates the usage of a worker that has done nothing yet.
  public init() {}

  /// All of its time.
  public var total: Double { computing + waiting + dealing + queueing + paused + down + retired }

  /// The share of its time in which it computed.
  public var utilization: Double { total > 0 ? computing / total : 0 }

  @inline(__always)
  mutating func add(_ seconds: Double, in phase: VirtualWorker.Phase) {
    switch phase {
    case .computing: computing += seconds
    case .waiting: waiting += seconds
    case .sending, .served, .unaware, .requesting, .answered, .refreshing: dealing += seconds
    case .ready: queueing += seconds
    case .paused: paused += seconds
    case .down: down += seconds
    case .retired: retired += seconds
    }
  }

  /// Adds what another worker's time went into.
  mutating func add(_ other: WorkerUsage) {
    computing += other.computing
    waiting += other.waiting
    dealing += other.dealing
    queueing += other.queueing
    paused += other.paused
    down += other.down
    retired += other.retired
    waits += other.waits
  }
}

/// What a virtual server's time went into.
public struct ServerUsage: Hashable, Sendable {
  /// Pushes that arrived at the server.
  public internal(set) var arrivals = 0
  /// The seconds that it worked on them.
  public internal(set) var busy = 0.0
  /// The seconds from each push's arrival until the server took it, on the server's link and in line.
  ///
  /// Nothing is counted where the server takes every push at once.
  public internal(set) var queueWait = AsynchronyObservations.emptyQueueWait

  /// Creates the usage of a server that has done nothing yet.
  public init() {}
}
