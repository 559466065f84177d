internal import Dispatch
internal import Synchronization

/// Tells how long a run has lasted, in whole microseconds.
///
/// Whole ones, because a recording keeps them exactly: a decision that depends on the time is the same when it is repeated.
public struct RunClock: Sendable {
  /// Returns the microseconds since the run began; any thread may ask.
  public let microseconds: @Sendable () -> Int

  /// Creates a clock that reads the time from `microseconds`.
  public init(_ microseconds: @escaping @Sendable () -> Int) {
    self.microseconds = microseconds
  }

  /// The most seconds that a virtual clock counts: 2^53 microseconds, up to which a `Double` tells all of them apart.
  static let largestSeconds = 0x1p53 / 1e6

  /// The seconds since the run began.
  var seconds: Double { Double(microseconds()) * 1e-6 }

  /// A clock of the wall that begins now.
  public static func wall() -> RunClock {
    let start = DispatchTime.now().uptimeNanoseconds
    return RunClock { Int((DispatchTime.now().uptimeNanoseconds - start) / 1000) }
  }
}

extension Int {
  /// The whole microseconds of some seconds, as clocks count them; at most what a clock can show, which is 146,000 years.
  init(microsecondsOf seconds: Double) {
    self = Int(Swift.min((seconds * 1e6).rounded(), 0x1p62))
  }
}

/// A clock that stands still until it is set.
public final class ManualClock: Sendable {
  private let now = Atomic(0)

  /// Creates a clock that stands at 0.
  public init() {}

  /// The microseconds since the run began.
  public var microseconds: Int {
    get { now.load(ordering: .relaxed) }
    set { now.store(newValue, ordering: .relaxed) }
  }

  /// Shows what this clock is set to.
  public var clock: RunClock { RunClock { self.microseconds } }
}
