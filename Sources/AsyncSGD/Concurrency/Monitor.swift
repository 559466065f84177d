internal import Foundation

/// A lock whose holder can wait until another thread has changed something.
final class Monitor: @unchecked Sendable {  // both are made to be shared, and their addresses never change
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition.initialize(to: pthread_cond_t())
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Lets the lock go until some thread calls ``wakeAll()``; the caller holds it before and after, and looks again at what it
  /// waits for.
  func wait() {
    pthread_cond_wait(condition, mutex)
  }

  /// Wakes everybody who waits; the caller holds the lock.
  func wakeAll() {
    pthread_cond_broadcast(condition)
  }
}
