import Randomness
import Testing

@testable import AsyncSGD

@Suite("Event queue")
struct EventQueueTests {
  /// Carries all events out, in order.
  private func drain(_ queue: inout EventQueue) -> [Int] {
    var slots: [Int] = []
    while let event = queue.first {
      slots.append(event.slot)
      queue.remove(event)
    }
    return slots
  }

  @Test("earliest first; of equal times, what was scheduled first")
  func order() {
    var queue = EventQueue(slots: 6)
    for (slot, seconds) in [(3, 2.0), (1, 1), (5, 2), (0, 1), (4, 0.5), (2, 2)] { queue.schedule(slot, at: seconds) }
    #expect(queue.count == 6)
    #expect(drain(&queue) == [4, 1, 0, 3, 5, 2])
  }

  @Test("an event that is scheduled anew counts as the later one")
  func reschedule() {
    var queue = EventQueue(slots: 3)
    for slot in 0..<3 { queue.schedule(slot, at: 1) }
    queue.schedule(0, at: 1)
    queue.schedule(2, at: 0)
    #expect(queue.count == 3)
    #expect(drain(&queue) == [2, 1, 0])
  }

  @Test("a cancelled event does not happen")
  func cancel() {
    var queue = EventQueue(slots: 5)
    for slot in 0..<5 { queue.schedule(slot, at: Double(slot)) }
    for slot in [0, 3, 3] { queue.cancel(slot) }
    #expect(!queue.isScheduled(3) && queue.isScheduled(4))
    #expect(drain(&queue) == [1, 2, 4])
    queue.cancel(1)
    #expect(queue.first == nil)
  }

  @Test("an event stays while it is carried out, unless its slot gets another one")
  func carryOut() throws {
    var queue = EventQueue(slots: 2)
    queue.schedule(0, at: 1)
    queue.schedule(1, at: 2)
    let first = try #require(queue.first)
    queue.schedule(0, at: 3)
    queue.remove(first)
    #expect(drain(&queue) == [1, 0])
  }

  @Test("any order of scheduling, rescheduling and cancelling gives the order of a sort")
  func sorts() {
    let slots = 500
    var stream = RandomStream(seed: 7, purpose: .testing)
    var queue = EventQueue(slots: slots)
    var expected: [Int: (seconds: Double, sequence: Int)] = [:]
    for sequence in 0..<5000 {
      let slot = Int(stream.uniform(below: UInt32(slots)))
      if stream.uniform(below: 5) == 0 {
        queue.cancel(slot)
        expected[slot] = nil
        // Cancelling counts nothing.
        continue
      }
      // Few different times, so that many are equal.
      let seconds = Double(stream.uniform(below: 50))
      queue.schedule(slot, at: seconds)
      expected[slot] = (seconds, sequence)
    }
    let sorted = expected.sorted { ($0.value.seconds, $0.value.sequence) < ($1.value.seconds, $1.value.sequence) }
    #expect(drain(&queue) == sorted.map(\.key))
  }

  @Test("the order of pulls forgets and moves to the end")
  func pullOrder() {
    var order = PullOrder(workers: 4)
    for worker in [2, 0, 3, 2] { order.moveToEnd(worker) }
    var workers: [Int] = []
    while let first = order.first {
      workers.append(first)
      order.remove(first)
      order.remove(first)
    }
    #expect(workers == [0, 3, 2])
  }

  @Test("a run queue is first come, first served, around its end")
  func runQueue() {
    var queue = RunQueue(workers: 3)
    for worker in [2, 0, 1] { queue.append(worker) }
    #expect(queue.removeFirst() == 2)
    queue.append(2)
    queue.remove(0)
    #expect([queue.removeFirst(), queue.removeFirst(), queue.removeFirst()] == [1, 2, nil])
  }
}
