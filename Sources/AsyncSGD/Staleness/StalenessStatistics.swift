/// How stale the pushes of a run were, in updates, and the other sums that the law of staleness needs.
public struct StalenessStatistics: Sendable {
  /// The staleness of every push that became part of an update.
  public private(set) var applied = StalenessHistogram()
  /// The same for each worker.
  public private(set) var byWorker: WorkerStaleness
  /// The sum of the staleness of the pushes that were dropped.
  public private(set) var droppedSum = 0
  /// The sum of what snapshots aged between their worker's push and its next pull.
  public private(set) var idleSum = 0
  /// The sum of what snapshots had aged whose worker pulled again without a push.
  public private(set) var unusedSum = 0

  init(workers: Int) {
    byWorker = WorkerStaleness(workers: workers)
  }

  mutating func recordApplied(_ staleness: Int, worker: Int) {
    applied.record(staleness)
    byWorker.record(staleness, worker: worker)
  }

  mutating func recordDropped(_ staleness: Int) {
    droppedSum += staleness
  }

  mutating func recordIdle(_ updates: Int) {
    idleSum += updates
  }

  mutating func recordUnused(_ age: Int) {
    unusedSum += age
  }

  /// Adds what was recorded elsewhere, of the same workers.
  mutating func add(_ other: StalenessStatistics) {
    byWorker.add(other.byWorker)
    addSums(other)
  }

  /// Adds what was recorded elsewhere of one worker alone.
  mutating func add(_ other: StalenessStatistics, as worker: Int) {
    byWorker.add(other.byWorker, of: 0, as: worker)
    addSums(other)
  }

  private mutating func addSums(_ other: StalenessStatistics) {
    applied.add(other.applied)
    droppedSum += other.droppedSum
    idleSum += other.idleSum
    unusedSum += other.unusedSum
  }
}

/// Exact counts of every staleness that occurred.
public struct StalenessHistogram: Hashable, Sendable {
  /// The number of pushes by their staleness.
  ///
  /// Room for the usual values is made at once: recording them allocates nothing.
  private var bins = [Int](repeating: 0, count: 1024)
  /// The number of recorded values.
  public private(set) var count = 0
  /// Their sum.
  public private(set) var sum = 0
  /// The largest of them, 0 if there are none.
  public private(set) var max = 0

  /// Creates an empty histogram.
  public init() {}

  /// Counts one push.
  ///
  /// - Precondition: `staleness` is not negative.
  public mutating func record(_ staleness: Int) {
    precondition(staleness >= 0, "a push cannot come from the future: staleness \(staleness)")
    if staleness >= bins.count {
      bins.append(contentsOf: repeatElement(0, count: Swift.max(bins.count, staleness + 1 - bins.count)))
    }
    bins[staleness] += 1
    count += 1
    sum += staleness
    max = Swift.max(max, staleness)
  }

  /// Adds what was counted elsewhere.
  mutating func add(_ other: StalenessHistogram) {
    if other.bins.count > bins.count { bins.append(contentsOf: repeatElement(0, count: other.bins.count - bins.count)) }
    for (staleness, count) in other.bins.enumerated() { bins[staleness] += count }
    count += other.count
    sum += other.sum
    max = Swift.max(max, other.max)
  }

  /// The number of pushes with `staleness`.
  public subscript(staleness: Int) -> Int {
    bins.indices.contains(staleness) ? bins[staleness] : 0
  }

  /// The arithmetic mean, 0 if nothing was recorded.
  public var mean: Double {
    count == 0 ? 0 : Double(sum) / Double(count)
  }

  /// Returns the least value that at least `share` of the recorded values do not exceed, 0 if there are none.
  ///
  /// - Precondition: `share` lies in `0...1`.
  public func quantile(_ share: Double) -> Int {
    precondition((0...1).contains(share), "a share lies in 0...1, not at \(share)")
    let needed = Swift.max(1, Int((share * Double(count)).rounded(.up)))
    var seen = 0
    for value in 0..<max {
      seen += bins[value]
      if seen >= needed { return value }
    }
    return max
  }

  /// The distribution in five numbers.
  public var summary: StalenessSummary {
    StalenessSummary(mean: mean, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: max)
  }
}
