internal import Foundation
internal import Kernels

/// The machine's limits: arithmetic by instruction set, bandwidth by where the data are, on one core and on all.
struct LimitSuite {
  let sampler: Sampler
  let isQuick: Bool

  private static let arithmetic = "multiply-add"

  /// What is measured, without figures.
  var records: [BenchmarkRecord] {
    let threads = Set([1, ProcessInfo.processInfo.activeProcessorCount]).sorted()
    var records: [BenchmarkRecord] = []
    for instructionSet in InstructionSet.supported {
      for count in threads {
        var record = BenchmarkRecord(.limit, Self.arithmetic)
        record.instructionSet = instructionSet.rawValue
        record.workers = count
        records.append(record)
      }
    }
    for size in streamSizes {
      for count in threads {
        var record = BenchmarkRecord(.limit, size.name)
        record.instructionSet = InstructionSet.supported[0].rawValue
        record.workers = count
        records.append(record)
      }
    }
    return records
  }

  /// Three arrays together: in the first cache, in the second, and in none.
  private var streamSizes: [(name: String, bytes: Double)] {
    let kibibytes = isQuick ? [24, 384] : [24, 384, 786_432]
    return kibibytes.map { ("triad " + ($0 < 1024 ? "\($0) KiB" : "\($0 / 1024) MiB"), Double($0 * 1024)) }
  }

  /// Returns a record of ``records`` with its figures.
  func measured(_ record: BenchmarkRecord) -> BenchmarkRecord {
    var record = record
    let instructionSet = record.instructionSet.flatMap(InstructionSet.init) ?? InstructionSet.supported[0]
    let limit = MachineLimit(instructionSet)
    let threads = record.workers ?? 1
    if record.name == Self.arithmetic {
      let work = Parallel.work((0..<threads).map { _ in limit.multiplyAdd })
      let rates = sampler.sample([work])[0].map { limit.operationsPerCall * Double(threads) / $0 * 1e-9 }
      record.figures[.gflops] = Figure(rates)
    } else if let size = streamSizes.first(where: { $0.name == record.name }) {
      // Each thread has arrays of its own, of a thread's share where no cache holds them.
      let share = size.bytes > 16e6 ? size.bytes / Double(threads) : size.bytes
      let streams = (0..<threads).map { _ in limit.stream(bytes: share) }
      let bytes = streams.map(\.bytesPerCall).reduce(0, +)
      let rates = sampler.sample([Parallel.work(streams.map(\.work))])[0].map { bytes / $0 * 1e-9 }
      record.figures[.gigabytesPerSecond] = Figure(rates)
    }
    return record
  }
}
