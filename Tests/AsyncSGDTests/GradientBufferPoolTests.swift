import Dispatch
import Kernels
import Synchronization
import Testing

@testable import AsyncSGD

@Suite("Gradient buffers")
struct GradientBufferPoolTests {
  @Test("a pool hands out each of its buffers once, and those given back again")
  func recycling() {
    let pool = GradientBufferPool(buffers: 2, count: 3)
    let first = pool.take()
    let second = pool.take()
    #expect(first !== second)
    #expect(first.count == 3)
    pool.give(second)
    #expect(pool.take() === second)
  }

  @Test("with all buffers in flight, a worker is held back until one is given back")
  func backPressure() {
    let pool = GradientBufferPool(buffers: 2, count: 1)
    let held = pool.take()
    _ = pool.take()
    let hasThird = Mutex(false)
    let taken = DispatchSemaphore(value: 0)
    DispatchQueue(label: "third").async {
      _ = pool.take()
      hasThird.withLock { $0 = true }
      taken.signal()
    }
    // Nothing can be seen of a thread that does not go on; a pool that lets it through has time to show it here.
    #expect(taken.wait(timeout: .now() + .milliseconds(50)) == .timedOut)
    #expect(!hasThird.withLock { $0 })
    pool.give(held)
    taken.wait()
    #expect(hasThird.withLock { $0 })
  }

  @Test("a server has two buffers a worker: one may be kept for a worker that crashed and computes again")
  func serverPool() {
    let schedule = ManualSchedule(mode: .async, workers: 3, initial: [1], offsets: [0, 0, 0])
    let buffers = (0..<6).map { _ in ObjectIdentifier(schedule.server.takeGradientBuffer()) }
    #expect(Set(buffers).count == 6)
    let taken = DispatchSemaphore(value: 0)
    let server = schedule.server
    DispatchQueue(label: "seventh").async {
      _ = server.takeGradientBuffer()
      taken.signal()
    }
    #expect(taken.wait(timeout: .now() + .milliseconds(50)) == .timedOut)
    // Lets the thread go: a buffer comes back with a push.
    var snapshot = server.latest()
    let push = GradientPush(
      worker: 0, gradient: GradientBuffer(count: 1), examples: 1, sums: ClassificationSums())
    _ = server.push(push, snapshot: &snapshot)
    taken.wait()
  }
}
