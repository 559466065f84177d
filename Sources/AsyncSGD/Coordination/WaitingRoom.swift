/// The workers that have pushed and wait for a policy's progress to reach a goal.
///
/// A binary heap, so that each worker that comes or goes costs O(log n) of n that wait, and nobody else is looked at.
struct WaitingRoom: Sendable {
  private struct Place: Sendable {
    let goal: Int
    let worker: Int

    /// Whether this place is vacated first: of the same goal, in the order of the workers.
    func isBefore(_ other: Place) -> Bool {
      goal != other.goal ? goal < other.goal : worker < other.worker
    }
  }

  private var heap: [Place] = []

  /// Creates an empty room for `workers` workers.
  init(workers: Int) {
    heap.reserveCapacity(workers)
  }

  /// Whether nobody waits.
  var isEmpty: Bool { heap.isEmpty }

  /// Lets a worker wait until the progress is `goal`.
  mutating func enter(_ worker: Int, goal: Int) {
    heap.append(Place(goal: goal, worker: worker))
    var index = heap.count - 1
    while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Removes a worker whose goal is reached, and returns it; `nil` if there is none.
  ///
  /// Those with the lowest goal go first, and of these the first worker.
  mutating func leave(at progress: Int) -> Int? {
    guard let first = heap.first, first.goal <= progress else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first.worker }
    heap[0] = last
    sink(from: 0)
    return first.worker
  }

  /// Removes a worker whatever its goal; looks at all that wait.
  mutating func remove(_ worker: Int) {
    heap.removeAll { $0.worker == worker }
    for index in (0..<heap.count / 2).reversed() { sink(from: index) }
  }

  private mutating func sink(from start: Int) {
    var index = start
    while true {
      var least = index
      let (left, right) = (2 * index + 1, 2 * index + 2)
      if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
      if right < heap.count, heap[right].isBefore(heap[least]) { least = right }
      guard least != index else { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
