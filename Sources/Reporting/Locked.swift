internal import Foundation

/// A value that one thread at a time may touch.
///
/// `Synchronization.Mutex` would do the same without `@unchecked`, but ThreadSanitizer does not understand it on Linux
/// and reports races where there are none.
final class Locked<Value>: @unchecked Sendable {  // `value` is protected by `lock`, and only reached through it
  private let lock = NSLock()
  private var value: Value

  init(_ value: sending Value) {
    self.value = value
  }

  /// Returns what `body` makes of the value, with no other thread in between.
  func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
    lock.withLock { body(&value) }
  }
}
