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

    /// Whether it comes first.
    @inline(__always)
    func isBefore(_ other: Event) -> Bool {
      seconds != other.seconds ? seconds < other.seconds : sequence < other.sequence
    }
  }

  private var heap: [Event] = []
  /// Where each slot's event is in the heap; −1 for none.
  private var places: [Int32]
  private var scheduled = 0

  /// Creates an empty queue for events of `slots` slots.
  init(slots: Int) {
    heap.reserveCapacity(slots)
    places = Array(repeating: -1, count: slots)
  }

  /// The number of events that lie ahead.
  var count: Int { heap.count }

  /// The next event.
  var first: Event? { heap.first }

  /// Returns the event of a slot.
  func event(of slot: Int) -> Event? {
    places[slot] < 0 ? nil : heap[Int(places[slot])]
  }

  /// Lets a slot's event happen at `seconds`, in place of the one that it had.
  ///
  /// - Returns: The number of the event.
  @discardableResult
  mutating func schedule(_ slot: Int, at seconds: Double) -> Int {
    precondition(!seconds.isNaN, "an event at no time")
    let event = Event(seconds: seconds, sequence: scheduled, slot: slot)
    scheduled += 1
    let place = Int(places[slot])
    if place < 0 {
      heap.append(event)
      rise(event, from: heap.count - 1)
    } else {
      move(event, from: place)
    }
    return event.sequence
  }

  /// Lets a slot have no event.
  mutating func cancel(_ slot: Int) {
    let place = Int(places[slot])
    guard place >= 0 else { return }
    places[slot] = -1
    let last = heap.removeLast()
    if place < heap.count { move(last, from: place) }
  }

  /// Removes the next event.
  mutating func removeFirst() {
    if let first = heap.first { cancel(first.slot) }
  }

  private mutating func move(_ event: Event, from place: Int) {
    if place > 0, event.isBefore(heap[(place - 1) / 4]) {
      rise(event, from: place)
    } else {
      sink(event, from: place)
    }
  }

  private mutating func rise(_ event: Event, from start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      places.withUnsafeMutableBufferPointer { places in
        var place = start
        while place > 0 {
          let parent = (place - 1) / 4
          guard event.isBefore(heap[parent]) else { break }
          heap[place] = heap[parent]
          places[heap[place].slot] = Int32(truncatingIfNeeded: place)
          place = parent
        }
        heap[place] = event
        places[event.slot] = Int32(truncatingIfNeeded: place)
      }
    }
  }

  private mutating func sink(_ event: Event, from start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      places.withUnsafeMutableBufferPointer { places in
        var place = start
        while true {
          let firstChild = 4 * place + 1
          guard firstChild < heap.count else { break }
          var least = firstChild
          for child in firstChild + 1..<max(firstChild + 1, min(firstChild + 4, heap.count))
          where heap[child].isBefore(heap[least]) {
            least = child
          }
          guard heap[least].isBefore(event) else { break }
          heap[place] = heap[least]
          places[heap[place].slot] = Int32(truncatingIfNeeded: place)
          place = least
        }
        heap[place] = event
        places[event.slot] = Int32(truncatingIfNeeded: place)
      }
    }
  }
}
