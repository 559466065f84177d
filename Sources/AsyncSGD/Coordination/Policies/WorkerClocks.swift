/// How many steps each worker has made in this epoch, and how far the slowest has come.
///
/// Workers that have left hold nobody back. Clocks begin at 0 with each epoch, because its end is a barrier anyway.
struct WorkerClocks: Sendable {
  private var clocks: [Int]
  private var isActive: [Bool]
  /// The least clock of the workers that have not left; the largest of all once everybody has.
  private(set) var slowest = 0
  /// How many workers stand at ``slowest``.
  private var atSlowest: Int

  init(workers: Int) {
    clocks = Array(repeating: 0, count: workers)
    isActive = Array(repeating: true, count: workers)
    atSlowest = workers
  }

  subscript(worker: Int) -> Int { clocks[worker] }

  /// How many steps a worker is ahead of the slowest.
  func lead(of worker: Int) -> Int { clocks[worker] - slowest }

  /// Whether no worker is ahead of this one.
  func isFastest(_ worker: Int) -> Bool {
    for other in clocks.indices where isActive[other] && clocks[other] > clocks[worker] { return false }
    return true
  }

  /// Whether a worker is one of the slowest that have not left.
  func isSlowest(_ worker: Int) -> Bool { isActive[worker] && clocks[worker] == slowest }

  mutating func begin(_ group: WorkerGroup) {
    for worker in clocks.indices {
      clocks[worker] = 0
      isActive[worker] = group.isActive[worker]
    }
    slowest = 0
    atSlowest = group.active
  }

  /// Counts a step of a worker.
  mutating func tick(_ worker: Int) {
    clocks[worker] += 1
    if clocks[worker] == slowest + 1 { releaseSlowest() }
  }

  /// Counts a worker no longer.
  mutating func remove(_ worker: Int) {
    guard isActive[worker] else { return }
    isActive[worker] = false
    if clocks[worker] == slowest { releaseSlowest() }
  }

  /// Notes that one of the slowest workers is not among them any more.
  private mutating func releaseSlowest() {
    atSlowest -= 1
    guard atSlowest == 0 else { return }
    // All that are left are ahead; once in a round, so the mean cost of a step does not grow with the workers.
    var least = Int.max
    for worker in clocks.indices where isActive[worker] {
      if clocks[worker] < least { (least, atSlowest) = (clocks[worker], 0) }
      if clocks[worker] == least { atSlowest += 1 }
    }
    slowest = least == .max ? clocks.max() ?? 0 : least
  }
}
