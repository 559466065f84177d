/// Workers that wait for a core: first come, first served, each at most once.
struct RunQueue: Sendable {
  private var places: [Int]
  private var first = 0
  private(set) var count = 0

  /// Creates an empty queue with room for `workers` workers.
  init(workers: Int) {
    places = Array(repeating: 0, count: workers)
  }

  /// Lets a worker queue up.
  mutating func append(_ worker: Int) {
    precondition(count < places.count, "more workers wait for a core than there are")
    let place = first + count
    places[place < places.count ? place : place - places.count] = worker
    count += 1
  }

  /// Takes out the worker that has waited longest.
  mutating func removeFirst() -> Int? {
    guard count > 0 else { return nil }
    let worker = places[first]
    first = first + 1 < places.count ? first + 1 : 0
    count -= 1
    return worker
  }

  /// Takes out a worker wherever it stands; looks at all that wait.
  mutating func remove(_ worker: Int) {
    for _ in 0..<count {
      guard let other = removeFirst() else { return }
      if other != worker { append(other) }
    }
  }
}
