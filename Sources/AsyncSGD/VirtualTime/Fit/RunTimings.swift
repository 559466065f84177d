/// How long things took in a recorded run, as a model of it needs to know.
///
/// A worker's cycle is cut at the server: from its answer to its next push a worker *thinks* (it computes, waits for a core and
/// for its minibatch), and from a push on the server is *served* to it as soon as it is free of others. In
/// these terms a run is a closed network of a server with one line, whatever the machine, because both are made of what was
/// measured:
///
///     think    = pushed − answered
///     service  = arrived − max(pushed, the arrival before)
///
/// Where threads share cores, thinking has time slices in it, and service the time until a thread that waited for the server is
/// running again.
public struct RunTimings: Sendable {
  /// The seconds that each worker thought, for one minibatch.
  public private(set) var thinking: [[Double]]
  /// The seconds that the server took for pushes, apart from what they stood in line.
  public private(set) var service: [Double] = []
  /// The staleness of the pushes that were applied.
  public private(set) var staleness = StalenessHistogram()
  /// The same in the order of the pushes.
  private var orderedStaleness: [Int] = []
  /// Pushes that the server took.
  public private(set) var pushes = 0
  /// Minibatches of these pushes.
  public private(set) var minibatches = 0
  /// Epochs that were begun.
  public private(set) var epochs = 0
  /// The time from the first arrival to the last, summed over the epochs, and the arrivals after each first one.
  private var span = 0.0
  private var arrivals = 0
  private let waits: Bool
  /// When each worker's push was answered that came last in this epoch, and the server took the last push of all.
  private var answeredAt: [Int?]
  private var arrivedAt: Int?

  /// Measures a recorded run.
  ///
  /// - Parameters:
  ///   - events: What was recorded.
  ///   - configuration: What the run was.
  public init(_ events: [RecordedEvent], of configuration: TrainingConfiguration) {
    let workers = configuration.workers
    thinking = Array(repeating: [], count: workers)
    answeredAt = Array(repeating: nil, count: workers)
    switch configuration.mode {
    case .sync, .localSGD, .ssp, .dssp, .easgd, .eamsgd: waits = true
    default: waits = false
    }
    for event in events { read(event) }
  }

  private mutating func read(_ event: RecordedEvent) {
    switch event {
    case .begin:
      // What lies between two epochs is no thinking.
      for worker in answeredAt.indices { answeredAt[worker] = nil }
      arrivedAt = nil
      epochs += 1
    case .push(let push) where push.shard == 0: read(push)
    case .leave(let worker, _), .join(let worker, _): answeredAt[worker] = nil
    case .fault(let fault): answeredAt[fault.worker] = nil
    case .pull(let pull) where pull.restarts: answeredAt[pull.worker] = nil
    default: break
    }
  }

  private mutating func read(_ push: RecordedPush) {
    pushes += 1
    minibatches += push.minibatches.count
    // A histogram has a bin for each value; a recording that was read claims no more updates than pushes.
    if case .dropped = push.fate {
    } else if push.staleness < pushes {
      staleness.record(push.staleness)
      orderedStaleness.append(push.staleness)
    }
    // In a mode whose workers wait for one another, thinking begins with the pull that ended the wait.
    if let answered = waits ? max(push.pulledAt, answeredAt[push.worker] ?? push.pulledAt) : answeredAt[push.worker],
      !push.minibatches.isEmpty, push.pushedAt > answered
    {
      thinking[push.worker].append(Double(push.pushedAt - answered) * 1e-6 / Double(push.minibatches.count))
    }
    if let last = arrivedAt {
      service.append(Double(max(0, push.arrivedAt - max(push.pushedAt, last))) * 1e-6)
      span += Double(push.arrivedAt - last) * 1e-6
      arrivals += 1
    }
    answeredAt[push.worker] = push.arrivedAt
    arrivedAt = push.arrivedAt
  }

  /// The Kolmogorov–Smirnov distance between the staleness of the first half of the pushes and that of the second: a yardstick,
  /// because no model of the whole run can be expected to be nearer to it than it is to itself; `nil` without two halves.
  public var halvesDistance: Double? {
    guard orderedStaleness.count > 1 else { return nil }
    var (first, second) = (StalenessHistogram(), StalenessHistogram())
    let middle = orderedStaleness.count / 2
    for value in orderedStaleness[..<middle] { first.record(value) }
    for value in orderedStaleness[middle...] { second.record(value) }
    return first.distance(to: second)
  }

  /// The mean time from push to push, in seconds.
  public var secondsPerPush: Double { arrivals == 0 ? 0 : span / Double(arrivals) }

  /// The mean time that the server takes for a push, in seconds.
  public var meanService: Double { service.isEmpty ? 0 : service.reduce(0, +) / Double(service.count) }

  /// The mean minibatches of a push.
  public var minibatchesPerPush: Double { pushes == 0 ? 1 : max(1, Double(minibatches) / Double(pushes)) }

  /// The mean thinking time of a worker, in seconds; `nil` if nothing is known of it.
  public func meanThinking(of worker: Int) -> Double? {
    let times = thinking[worker]
    return times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
  }
}
