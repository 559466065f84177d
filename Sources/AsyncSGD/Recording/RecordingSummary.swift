/// What a recording amounts to.
///
/// A gradient that reaches several shards counts once as a push, and once with each of them in the staleness.
public struct RecordingSummary: Hashable, Sendable {
  /// The part of one worker.
  public struct Worker: Hashable, Sendable {
    /// Its number.
    public var worker: Int
    /// Gradients that it pushed.
    public var pushes = 0
    /// Those of them that were dropped.
    public var dropped = 0
    /// How stale its gradients were when they arrived, dropped ones left out; `nil` if there were none.
    public var staleness: StalenessSummary?
    /// The mean time that it took to compute a push, in seconds.
    public var computeSeconds = 0.0
    /// The mean time that a push waited until the server had it, in seconds.
    public var queueSeconds = 0.0
  }

  /// Updates applied since the recording began; where it is not complete, those that are known of.
  public var updates = 0
  /// From the start of the run to the last thing recorded, in seconds.
  public var seconds = 0.0
  /// Gradients that reached the server.
  public var pushes = 0
  /// Those that became part of an update at once, or were gathered for one.
  public var applied = 0
  /// Those that were kept until their turn.
  public var queued = 0
  /// Those that were dropped, by reason; without the reasons that did not occur.
  public var drops: [DropReason: Int] = [:]
  /// Faults that were injected, by kind; without those that did not occur.
  public var faults: [RecordedFault.Kind: Int] = [:]
  /// The shards that gradients reached.
  public var shards = 0
  /// Epochs that ended.
  public var epochs = 0
  /// How stale the gradients were when they arrived, dropped ones left out; `nil` if there were none.
  public var staleness: StalenessSummary?
  /// The workers that pushed something, in order.
  public var workers: [Worker] = []
  /// The law of staleness; `nil` where it does not hold as it is known.
  public var law: RecordedStalenessLaw?
  /// How the run ended; `nil` for a recording that is not complete.
  public var end: RecordedEnd?

  /// Updates a second; `nil` where no time has passed.
  public var updatesPerSecond: Double? { seconds > 0 ? Double(updates) / seconds : nil }

  /// Sums up a recording.
  public init(_ recording: Recording) {
    var counts = Counts()
    var law = RecordedStalenessLaw(recording.header)
    let firstVersion = recording.header.state?.version ?? 0
    var lastVersion = firstVersion
    for event in recording.events {
      law?.note(event)
      lastVersion = max(lastVersion, event.version ?? lastVersion)
      seconds = max(seconds, Double(event.microseconds ?? 0) / 1e6)
      switch event {
      case .push(let push): count(push, &counts)
      case .fault(let fault): faults[fault.kind, default: 0] += 1
      case .epoch: epochs += 1
      case .end(let end):
        lastVersion = end.version
        self.end = end
      case .begin, .pull, .leave, .join, .fingerprint: break
      }
    }
    // Of a recording that breaks off, the versions end before the last update.
    let counted = end == nil && law?.applies == true ? law?.updates ?? 0 : 0
    updates = max(counted, lastVersion - firstVersion)
    self.law = law?.applies == true ? law : nil
    for (worker, values) in counts.staleness {
      counts.workers[worker]?.staleness = StalenessSummary(values)
    }
    workers = counts.workers.values.sorted { $0.worker < $1.worker }
    for i in workers.indices {
      workers[i].computeSeconds /= Double(max(1, workers[i].pushes))
      workers[i].queueSeconds /= Double(max(1, workers[i].pushes))
    }
    staleness = StalenessSummary(counts.staleness.values.flatMap { $0 })
  }

  private struct Counts {
    var workers: [Int: Worker] = [:]
    /// Exact values: a histogram of what a damaged recording claims could be of any size.
    var staleness: [Int: [Int]] = [:]
  }

  private mutating func count(_ push: RecordedPush, _ counts: inout Counts) {
    shards = max(shards, push.shard + 1)
    if case .dropped = push.fate {} else { counts.staleness[push.worker, default: []].append(push.staleness) }
    guard push.shard == 0 else { return }
    pushes += 1
    var worker = counts.workers[push.worker] ?? Worker(worker: push.worker)
    worker.pushes += 1
    worker.computeSeconds += Double(push.pushedAt - push.startedAt) / 1e6
    worker.queueSeconds += Double(push.arrivedAt - push.pushedAt) / 1e6
    switch push.fate {
    case .applied: applied += 1
    case .queued: queued += 1
    case .dropped(let reason):
      drops[reason, default: 0] += 1
      worker.dropped += 1
    }
    counts.workers[push.worker] = worker
  }
}

extension RecordedEvent {
  /// The server's version that the event tells of; that of a push is the one before its update.
  public var version: Int? {
    switch self {
    case .push(let push): push.version
    case .pull(let pull): pull.version
    case .fingerprint(_, let version, _): version
    case .end(let end): end.version
    case .begin, .leave, .join, .fault, .epoch: nil
    }
  }

  /// The server that noted it, which is the first one where the event is of no shard; `nil` for what no server notes.
  var server: Int? {
    switch self {
    case .push(let push): push.shard
    case .pull(let pull): pull.shard
    case .fingerprint(let shard, _, _): shard
    case .leave, .join: 0
    case .begin, .fault, .epoch, .end: nil
    }
  }

  /// When it happened, in microseconds; a push when it arrived.
  public var microseconds: Int? {
    switch self {
    case .push(let push): push.arrivedAt
    case .pull(let pull): pull.microseconds
    case .leave(_, let microseconds), .join(_, let microseconds), .epoch(_, let microseconds): microseconds
    case .fault(let fault): fault.microseconds
    case .end(let end): end.microseconds
    case .begin, .fingerprint: nil
    }
  }

  /// The worker that it is about, if it is about one.
  public var worker: Int? {
    switch self {
    case .push(let push): push.worker
    case .pull(let pull): pull.worker
    case .leave(let worker, _), .join(let worker, _): worker
    case .fault(let fault): fault.worker
    case .begin, .fingerprint, .epoch, .end: nil
    }
  }
}

extension StalenessSummary {
  /// The distribution of `values`; `nil` if there are none.
  init?(_ values: [Int]) {
    let values = values.sorted()
    guard let largest = values.last else { return nil }
    func quantile(_ share: Double) -> Int {
      values[Swift.max(1, Int((share * Double(values.count)).rounded(.up))) - 1]
    }
    self.init(
      mean: values.reduce(0.0) { $0 + Double($1) } / Double(values.count), p50: quantile(0.5), p95: quantile(0.95),
      p99: quantile(0.99), max: largest)
  }
}
