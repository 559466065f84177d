/// How many steps each worker has made in this epoch, and how far the slowest and the fastest have come.
///
/// Workers that have left hold nobody back. Clocks begin at 0 with each epoch, because its end is a barrier anyway.
///
/// The slowest and the fastest are found by counting how many workers stand at each clock: both move over the clocks in
/// between once, so the mean cost of a step does not grow with the workers.
struct WorkerClocks: Sendable {
  private var clocks: [Int]
  private var isActive: [Bool]
  /// The least clock of the workers that have not left; the largest of all once everybody has.
  private(set) var slowest = 0
  /// The largest clock of the workers that have not left.
  private var fastest = 0
  /// The largest clock of all.
  private var largest = 0
  /// How many of the workers that have not left stand at each clock, where there are any.
  private var standing: [Int: Int]

  init(workers: Int) {
    clocks = Array(repeating: 0, count: workers)
    isActive = Array(repeating: true, count: workers)
    standing = [0: workers]
  }

  subscript(worker: Int) -> Int { clocks[worker] }

  /// How many steps a worker is ahead of the slowest.
  func lead(of worker: Int) -> Int { clocks[worker] - slowest }

  /// Whether no worker is ahead of this one.
  func isFastest(_ worker: Int) -> Bool { clocks[worker] >= fastest }

  /// Whether a worker is one of the slowest that have not left.
  func isSlowest(_ worker: Int) -> Bool { isActive[worker] && clocks[worker] == slowest }

  mutating func begin(_ group: WorkerGroup) {
    for worker in clocks.indices {
      clocks[worker] = 0
      isActive[worker] = group.isActive[worker]
    }
    (slowest, fastest, largest) = (0, 0, 0)
    standing.removeAll(keepingCapacity: true)
    if group.active > 0 { standing[0] = group.active }
  }

  /// Counts a step of a worker that has not left.
  mutating func tick(_ worker: Int) {
    let clock = clocks[worker] + 1
    clocks[worker] = clock
    standing[clock, default: 0] += 1
    fastest = max(fastest, clock)
    largest = max(largest, clock)
    depart(from: clock - 1)
  }

  /// Counts a worker no longer.
  mutating func remove(_ worker: Int) {
    guard isActive[worker] else { return }
    isActive[worker] = false
    depart(from: clocks[worker])
  }

  /// Counts a worker again, or for the first time, that begins where the slowest is: it holds nobody back further than that,
  /// and nobody back at all who did not have to wait before.
  mutating func add(_ worker: Int) {
    guard !isActive[worker] else { return }
    isActive[worker] = true
    if standing.isEmpty { fastest = slowest }
    clocks[worker] = slowest
    standing[slowest, default: 0] += 1
  }

  /// Notes that a worker does not stand at a clock any more.
  private mutating func depart(from clock: Int) {
    guard let count = standing[clock] else { preconditionFailure("nobody stands at clock \(clock)") }
    standing[clock] = count == 1 ? nil : count - 1
    guard !standing.isEmpty else {
      slowest = largest
      return
    }
    while standing[slowest] == nil { slowest += 1 }
    while standing[fastest] == nil { fastest -= 1 }
  }
}
