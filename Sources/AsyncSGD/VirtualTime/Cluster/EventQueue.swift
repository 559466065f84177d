/// The events that lie ahead, at most one a slot: a heap of four children a node that knows where each slot's event is.
///
/// Events come in the order of their time, and of equal times in the order in which they were scheduled. An event that is
/// scheduled anew or cancelled leaves nothing behind, so that the heap is never larger than the number of slots, and after
/// its creation it allocates nothing.
///
/// Four children and not two: the heap is half as deep, and the children of a node share one or two cache lines.
struct EventQueue: Sendable {
  /// Something that will happen.
  struct Event: Hashable, Sendable {
    /// When.
    var seconds: Double
    /// How many were scheduled before it.
    var sequence: Int
    /// Whose it is.
    var slot: Int
  }

  /// A place in the heap, a quarter of a cache line; the number of its event is looked up only where times are equal.
  private struct Node: Sendable {
    var seconds: Double
    var slot: Int
  }

  private var heap: [Node] = []
  /// Where each slot's event is in the heap, −1 for none.
  private var places: [Int32]
  /// The number of each slot's event: how many were scheduled before it.
  private var sequences: [Int]
  private var scheduled = 0

  /// Creates an empty queue for events of `slots` slots.
  init(slots: Int) {
    heap.reserveCapacity(slots)
    places = Array(repeating: -1, count: slots)
    sequences = Array(repeating: 0, count: slots)
  }

  /// The number of events that lie ahead.
  var count: Int { heap.count }

  /// The next event.
  var first: Event? { heap.first.map { Event(seconds: $0.seconds, sequence: sequences[$0.slot], slot: $0.slot) } }

  /// Returns whether a slot has an event.
  func isScheduled(_ slot: Int) -> Bool { places[slot] >= 0 }

  /// Lets a slot's event happen at `seconds`, in place of the one that it had.
  ///
  /// - Returns: The number of the event.
  @discardableResult
  mutating func schedule(_ slot: Int, at seconds: Double) -> Int {
    precondition(!seconds.isNaN, "an event at no time")
    let node = Node(seconds: seconds, slot: slot)
    sequences[slot] = scheduled
    scheduled += 1
    let place = Int(places[slot])
    if place < 0 {
      heap.append(node)
      move(node, from: heap.count - 1)
    } else {
      move(node, from: place)
    }
    return scheduled - 1
  }

  /// Lets a slot have no event.
  mutating func cancel(_ slot: Int) {
    let place = Int(places[slot])
    guard place >= 0 else { return }
    places[slot] = -1
    let last = heap.removeLast()
    if place < heap.count { move(last, from: place) }
  }

  /// Removes an event that was carried out, unless its slot has another one by now.
  ///
  /// To leave an event in its place while it is carried out saves a way through the heap, because most are followed by another
  /// one of the same slot.
  mutating func remove(_ event: Event) {
    if sequences[event.slot] == event.sequence { cancel(event.slot) }
  }

  /// Puts a node where it belongs; `start` is free for it.
  private mutating func move(_ node: Node, from start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      places.withUnsafeMutableBufferPointer { places in
        sequences.withUnsafeBufferPointer { sequences in
          func isBefore(_ a: Node, _ b: Node) -> Bool {
            a.seconds != b.seconds ? a.seconds < b.seconds : sequences[a.slot] < sequences[b.slot]
          }
          var place = start
          while place > 0, isBefore(node, heap[(place - 1) / 4]) {
            heap[place] = heap[(place - 1) / 4]
            places[heap[place].slot] = Int32(truncatingIfNeeded: place)
            place = (place - 1) / 4
          }
          // What has risen is before all that is below it.
          while place >= start {
            let firstChild = 4 * place + 1
            guard firstChild < heap.count else { break }
            var least = firstChild
            var child = firstChild + 1
            while child < min(firstChild + 4, heap.count) {
              if isBefore(heap[child], heap[least]) { least = child }
              child += 1
            }
            guard isBefore(heap[least], node) else { break }
            heap[place] = heap[least]
            places[heap[place].slot] = Int32(truncatingIfNeeded: place)
            place = least
          }
          heap[place] = node
          places[node.slot] = Int32(truncatingIfNeeded: place)
        }
      }
    }
  }
}
