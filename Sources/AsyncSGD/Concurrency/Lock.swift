internal import Foundation

/// A mutual-exclusion lock for critical sections of a few instructions.
///
/// It is a `pthread_mutex_t` and not `Synchronization.Mutex`, because ThreadSanitizer understands the former and
/// reports false races inside the latter on Linux. Both cost the same.
final class Lock: @unchecked Sendable {  // the mutex is made to be shared, and its address never changes
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inline(__always)
  func withLock<Result: ~Copyable>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}
