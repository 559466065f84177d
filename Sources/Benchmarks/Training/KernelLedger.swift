internal import Kernels
internal import Synchronization

/// How long threads were in kernels, by what the kernels are for.
///
/// Times are those that the threads spent on a core, so that threads that share cores do not count one another's time.
final class KernelLedger: Sendable {
  /// What a kernel is for.
  enum Purpose: Int, CaseIterable {
    case matrixProducts
    case convolutions
    case pooling
    case activations
    case loss
    case updates
    /// The search for values that are not finite, before a gradient is pushed.
    case scans
    /// Sums, dropout.
    case other
  }

  private let nanoseconds: Counters
  private let calls: Counters

  /// Creates a ledger without entries.
  init() {
    nanoseconds = Counters(count: Purpose.allCases.count)
    calls = Counters(count: Purpose.allCases.count)
  }

  /// Does `body` and books the time that it took.
  @inline(__always)
  func book<Result>(_ purpose: Purpose, _ body: () -> Result) -> Result {
    let start = threadSeconds()
    let result = body()
    book(purpose, seconds: threadSeconds() - start)
    return result
  }

  /// Books a time that was taken otherwise.
  func book(_ purpose: Purpose, seconds: Double) {
    nanoseconds.add(Int(seconds * 1e9), at: purpose.rawValue)
    calls.add(1, at: purpose.rawValue)
  }

  /// Seconds booked for a purpose.
  func seconds(_ purpose: Purpose) -> Double {
    Double(nanoseconds[purpose.rawValue]) * 1e-9
  }

  /// The number of entries for a purpose.
  func calls(_ purpose: Purpose) -> Int {
    calls[purpose.rawValue]
  }

  /// A row of counters that any thread may count up.
  private final class Counters: @unchecked Sendable {  // the pointer never changes, and what it points to is atomic
    private let values: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int

    init(count: Int) {
      self.count = count
      values = .allocate(capacity: count)
      for index in 0..<count { (values + index).initialize(to: Atomic(0)) }
    }

    deinit {
      values.deinitialize(count: count)
      values.deallocate()
    }

    func add(_ value: Int, at index: Int) {
      values[index].add(value, ordering: .relaxed)
    }

    subscript(index: Int) -> Int {
      values[index].load(ordering: .relaxed)
    }
  }
}
