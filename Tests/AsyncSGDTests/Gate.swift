import Foundation

/// What the gate promises of the process it runs: a check that skips where a facility is missing must not skip there.
enum Gate {
  /// Whether this process must be one whose allocations are counted.
  static let expectsAllocationCounter = ProcessInfo.processInfo.environment["ASGD_EXPECT_ALLOCATION_COUNTER"] == "1"
  /// Whether this process must be one that ThreadSanitizer watches.
  static let expectsThreadSanitizer = ProcessInfo.processInfo.environment["ASGD_EXPECT_THREAD_SANITIZER"] == "1"
}
