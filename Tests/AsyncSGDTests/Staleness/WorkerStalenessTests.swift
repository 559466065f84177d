import Randomness
import Testing

@testable import AsyncSGD

@Suite("Staleness by worker")
struct WorkerStalenessTests {
  @Test("is exact while values are small, and each worker's own")
  func exact() {
    var record = WorkerStaleness(workers: 3)
    var oracles = Array(repeating: StalenessHistogram(), count: 3)
    var random = RandomStream(seed: 1, purpose: .testing)
    for step in 0..<3000 {
      let value = Int(random.uniform() * Float(20 * (step % 3 + 1)))
      record.record(value, worker: step % 3)
      oracles[step % 3].record(value)
    }
    #expect(record.summaries == oracles.map(\.summary))
    #expect((0..<3).map(record.count) == [1000, 1000, 1000])
  }

  @Test("is right to a thirty-second of the largest value beyond", arguments: [100, 1000, 50_000, 1 << 40])
  func coarse(largest: Int) {
    var record = WorkerStaleness(workers: 1)
    var values: [Int] = []
    var random = RandomStream(seed: 2, purpose: .testing)
    for _ in 0..<500 {
      let value = Int(Double(random.uniform()) * Double(largest))
      values.append(value)
      record.record(value, worker: 0)
    }
    values.sort()
    let summary = record.summary(of: 0)
    #expect(summary.max == values[499])
    let mean = Double(values.reduce(0, +)) / 500
    #expect(abs(summary.mean - mean) <= 1e-9 * Double(largest))
    // A bin is at most twice the largest value over 64, and its upper end is told.
    let width = max(1, largest / 32)
    for (quantile, share) in [(summary.p50, 0.5), (summary.p95, 0.95), (summary.p99, 0.99)] {
      let exact = values[Int((share * 500).rounded(.up)) - 1]
      #expect(exact <= quantile && quantile <= exact + width)
    }
  }

  @Test("adds up to what one record of all would be, whatever the widths")
  func adding() {
    var parts = [WorkerStaleness(workers: 2), WorkerStaleness(workers: 2)]
    var whole = WorkerStaleness(workers: 2)
    // The second part has wide bins of the second worker, the first part narrow ones.
    for value in 0..<60 { parts[0].record(value, worker: 1) }
    for value in stride(from: 0, to: 6400, by: 64) { parts[1].record(value, worker: 1) }
    parts[1].record(5, worker: 0)
    for value in 0..<60 { whole.record(value, worker: 1) }
    for value in stride(from: 0, to: 6400, by: 64) { whole.record(value, worker: 1) }
    whole.record(5, worker: 0)
    for order in [[0, 1], [1, 0]] {
      var sum = WorkerStaleness(workers: 2)
      for part in order { sum.add(parts[part]) }
      #expect(sum.summaries == whole.summaries)
      #expect(sum.count(of: 1) == 160)
    }
    var alone = WorkerStaleness(workers: 1)
    alone.record(7, worker: 0)
    var sum = WorkerStaleness(workers: 2)
    sum.add(alone, of: 0, as: 1)
    #expect(sum.summaries.map(\.max) == [0, 7])
  }

  @Test("keeps nothing of more workers than it is meant for, and does not mind")
  func tooMany() {
    var record = WorkerStaleness(workers: WorkerStaleness.mostWorkers + 1)
    record.record(3, worker: 16_000)
    #expect(record.workers == 0 && record.summaries.isEmpty)
    #expect(WorkerStaleness(workers: WorkerStaleness.mostWorkers).workers == WorkerStaleness.mostWorkers)
  }

  @Test("of a coordinator is that of all workers together, one by one")
  func coordinator() {
    var coordinator = Coordinator(mode: .async, workers: 2)
    coordinator.begin(workers: 0..<2)
    // The first worker pushes three times while the second computes.
    var versions = [0, 0]
    for worker in [0, 0, 0, 1] {
      _ = coordinator.push(worker: worker, baseVersion: versions[worker], isFinite: true)
      for released in coordinator.release() { versions[released] = coordinator.version }
    }
    #expect(coordinator.staleness.byWorker.summaries.map(\.max) == [0, 3])
    #expect(coordinator.staleness.applied.count == 4 && coordinator.staleness.applied.max == 3)
  }
}

@Suite("A histogram's bins")
struct StalenessBinTests {
  @Test("are single values while there is room, and then as wide as they must be; they hold all that was counted")
  func bins() {
    var histogram = StalenessHistogram()
    for value in [0, 0, 3, 7] { histogram.record(value) }
    #expect(histogram.bins().map(\.count) == [2, 0, 0, 1, 0, 0, 0, 1])
    #expect(histogram.bins().allSatisfy { $0.width == 1 })
    #expect(histogram.bins(most: 3).map(\.count) == [2, 1, 1])
    #expect(histogram.bins(most: 3).map(\.lower) == [0, 3, 6])
    #expect(histogram.bins(most: 1).map(\.count) == [4])
    histogram.record(64)
    #expect(histogram.bins().count == 33 && histogram.bins().reduce(0) { $0 + $1.count } == 5)
    histogram.record(100_000)
    let bins = histogram.bins()
    #expect(bins.count <= 64 && bins.reduce(0) { $0 + $1.count } == 6)
    #expect(zip(bins, bins.dropFirst()).allSatisfy { $0.upper + 1 == $1.lower })
    #expect(StalenessHistogram().bins().isEmpty)
  }
}

@Suite("A histogram of a measured quantity")
struct ValueHistogramTests {
  @Test("has exact means and extremes, and quantiles that are exact where a bin's values are evenly spread")
  func quantiles() throws {
    var histogram = ValueHistogram(0...100, bins: 100)
    for value in 1...1000 { histogram.record(Double(value) / 10) }
    #expect(histogram.count == 1000)
    #expect(abs(try #require(histogram.mean) - 50.05) < 1e-9)
    #expect(histogram.least == 0.1 && histogram.largest == 100)
    for share in [0.1, 0.123, 0.5, 0.956] {
      // The ends of the bins are values, so within a bin the values are off by one step at most.
      #expect(abs(try #require(histogram.quantile(share)) - 100 * share) <= 0.1 + 1e-9)
    }
    #expect(histogram.quantile(1) == 100)
    #expect(histogram.bins.reduce(0) { $0 + $1.count } == 1000)
  }

  @Test("of a logarithmic scale is as fine for small values as for large ones")
  func logarithmic() throws {
    var histogram = ValueHistogram(1e-6...1e6, bins: 120, scale: .logarithmic)
    for exponent in -6..<6 {
      for _ in 0..<10 {
        var value = 3.0
        for _ in 0..<abs(exponent) { value *= exponent < 0 ? 0.1 : 10 }
        histogram.record(value)
      }
    }
    #expect(histogram.bins.count == 12)
    let middle = try #require(histogram.quantile(0.5))
    // Ten bins for each power of ten: the sixth value in order is 0.3.
    #expect(middle >= 0.3 && middle <= 0.3 * 1.2590)
  }

  @Test("counts what lies beyond its bounds at their ends, and leaves out what is no number")
  func beyond() throws {
    var histogram = ValueHistogram(1e-3...1, bins: 3, scale: .logarithmic)
    for value in [0, -5, 1e-9, 7, .nan, .infinity, -.infinity] { histogram.record(value) }
    #expect(histogram.count == 4)
    #expect(histogram.bins.map(\.count) == [3, 1])
    #expect(histogram.least == -5 && histogram.largest == 7)
    // Three values below the bounds, of which only the ends are known.
    #expect(abs(try #require(histogram.quantile(0.75)) - 1e-2) < 1e-12)
    #expect(histogram.quantile(1) == 7)
    #expect(ValueHistogram(0...1).quantile(0.5) == nil && ValueHistogram(0...1).mean == nil)
  }

  @Test("adds up")
  func adding() {
    var parts = [ValueHistogram(0...1), ValueHistogram(0...1)]
    var whole = ValueHistogram(0...1)
    for step in 0..<10 {
      parts[step % 2].record(Double(step) / 8)
      whole.record(Double(step) / 8)
    }
    parts[0].add(parts[1])
    #expect(parts[0] == whole)
    parts[0].add(ValueHistogram(0...1))
    #expect(parts[0] == whole)
  }
}
