/// How stale each worker's gradients were, in 256 bytes or so a worker, or in 2 KiB where there are few.
///
/// A worker has 64 bins that all have the same width, 1 at first; few workers have 512 each. When a value does not fit, the width
/// is doubled and neighbours are merged; so small values are counted exactly, and others to within a thirty-second of the
/// largest. Counting allocates nothing. Means and largest values are exact.
public struct WorkerStaleness: Sendable {
  /// The most workers whose staleness is kept apart; with more there is no record, which would be larger than the processor's
  /// caches and slow down every update.
  public static let mostWorkers = 16_384

  /// The most workers that have many bins: a live run has no more.
  private static let mostWithManyBins = 128

  private let bins: Int
  /// ``bins`` for each worker; a full bin stays at the largest count.
  private var counts: [UInt32]
  /// The logarithm to the base 2 of the bins' width, by worker.
  private var shifts: [UInt8]
  private var totals: [Int]
  private var sums: [Int]
  private var maxima: [Int]

  /// Creates an empty record of `workers` workers, or of none if there are more than ``mostWorkers``.
  public init(workers: Int) {
    let workers = workers <= Self.mostWorkers ? workers : 0
    bins = workers <= Self.mostWithManyBins ? 512 : 64
    counts = Array(repeating: 0, count: workers * bins)
    shifts = Array(repeating: 0, count: workers)
    totals = Array(repeating: 0, count: workers)
    sums = totals
    maxima = totals
  }

  /// The number of workers.
  public var workers: Int { totals.count }

  /// Counts a gradient; one of a worker without a record is ignored.
  ///
  /// - Precondition: `staleness` is not negative.
  public mutating func record(_ staleness: Int, worker: Int) {
    precondition(staleness >= 0, "a push cannot come from the future: staleness \(staleness)")
    guard worker < totals.count else { return }
    widen(worker, for: staleness)
    count(1, in: worker * bins + staleness >> shifts[worker])
    totals[worker] += 1
    sums[worker] += staleness
    maxima[worker] = max(maxima[worker], staleness)
  }

  /// Adds what was counted elsewhere, of the same workers.
  mutating func add(_ other: WorkerStaleness) {
    for worker in 0..<min(workers, other.workers) { add(other, of: worker, as: worker) }
  }

  /// Adds what was counted elsewhere of one worker.
  mutating func add(_ other: WorkerStaleness, of source: Int, as worker: Int) {
    guard source < other.workers, worker < workers else { return }
    widen(worker, for: other.maxima[source])
    while shifts[worker] < other.shifts[source] { double(worker) }
    for bin in 0..<other.bins {
      // Of fewer and so wider bins, the last may reach beyond the largest value.
      let value = min(bin << other.shifts[source], other.maxima[source])
      count(other.counts[source * other.bins + bin], in: worker * bins + value >> shifts[worker])
    }
    totals[worker] += other.totals[source]
    sums[worker] += other.sums[source]
    maxima[worker] = max(maxima[worker], other.maxima[source])
  }

  /// Returns the number of gradients of a worker.
  public func count(of worker: Int) -> Int { totals[worker] }

  /// Returns the distribution of a worker in five numbers; quantiles are the upper ends of their bins, and no more than the
  /// largest value.
  public func summary(of worker: Int) -> StalenessSummary {
    let counts = counts[worker * bins..<(worker + 1) * bins]
    let total = counts.reduce(0) { $0 + Int($1) }
    func quantile(_ share: Double) -> Int {
      let needed = max(1, Int((share * Double(total)).rounded(.up)))
      var seen = 0
      for (bin, count) in counts.enumerated() {
        seen += Int(count)
        if seen >= needed { return min(maxima[worker], (bin + 1) << shifts[worker] - 1) }
      }
      return maxima[worker]
    }
    return StalenessSummary(
      mean: totals[worker] == 0 ? 0 : Double(sums[worker]) / Double(totals[worker]), p50: quantile(0.5),
      p95: quantile(0.95), p99: quantile(0.99), max: maxima[worker])
  }

  /// The distribution of every worker.
  public var summaries: [StalenessSummary] { (0..<workers).map(summary) }

  private mutating func count(_ more: UInt32, in bin: Int) {
    let (sum, isFull) = counts[bin].addingReportingOverflow(more)
    counts[bin] = isFull ? .max : sum
  }

  private mutating func widen(_ worker: Int, for staleness: Int) {
    while staleness >> shifts[worker] >= bins { double(worker) }
  }

  /// Merges neighbours.
  private mutating func double(_ worker: Int) {
    let first = worker * bins
    for bin in 0..<bins {
      let low = counts[first + bin]
      counts[first + bin] = 0
      count(low, in: first + bin / 2)
    }
    shifts[worker] += 1
  }
}
