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
