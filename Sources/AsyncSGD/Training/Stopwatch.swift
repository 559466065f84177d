internal import Foundation

/// Adds up the time of several stretches.
///
/// Any thread may read it.
final class Stopwatch: @unchecked Sendable {  // all state is protected by `lock`
  private let lock = Lock()
  private var earlier = Duration.zero
  private var started: ContinuousClock.Instant?

  func start() {
    lock.withLock { started = .now }
  }

  func stop() {
    lock.withLock {
      if let started { earlier += .now - started }
      started = nil
    }
  }

  /// The time of all stretches so far, the one under way included.
  var seconds: Double {
    let total = lock.withLock { earlier + (started.map { .now - $0 } ?? .zero) }
    return total / .seconds(1)
  }
}

/// The largest resident set of this process so far, in bytes.
func peakResidentBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  // Linux counts in KiB.
  return Int(usage.ru_maxrss) * 1024
}

/// A hash of the bits of `values`: FNV-1a over their 32-bit patterns, as 16 hexadecimal digits.
func fingerprint(of values: UnsafeBufferPointer<Float>) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for value in values {
    hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
