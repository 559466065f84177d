import AsyncSGD
import Testing

@Suite("Coordination, many workers")
struct ScaleTests {
  /// Every policy but those whose workers do not push to a server, with bounds that bind at ten pushes a worker.
  private static let policies =
    PolicyCase.all + [
      PolicyCase(.sync, (.gradientsToWait, .integer(5000))),
      PolicyCase(.softSync, (.gradientsToWait, .integer(1000))),
      PolicyCase(.dssp, (.stalenessBound, .integer(2)), (.stalenessBoundRange, .integer(4))),
    ]

  /// Workers in the order in which they go on, with room for one more each.
  private struct Line {
    private var places: [Int]
    private var first = 0
    private(set) var count = 0

    init(workers: Int) {
      places = Array(repeating: 0, count: workers)
    }

    mutating func append(_ worker: Int) {
      places[(first + count) % places.count] = worker
      count += 1
    }

    mutating func removeFirst() -> Int? {
      guard count > 0 else { return nil }
      defer { (first, count) = ((first + 1) % places.count, count - 1) }
      return places[first]
    }
  }

  // With work for every worker at every event, 100,000 events of 10,000 workers would be 10⁹ steps for each policy.
  @Test("10,000 workers make ten pushes each, and leave: nobody is forgotten, and the law holds", arguments: policies)
  func tenThousandWorkers(policy: PolicyCase) throws {
    let workers = 10_000
    var coordinator = Coordinator(
      mode: policy.mode, workers: workers, hyperparameters: policy.hyperparameters, divergencePolicy: .skip)
    coordinator.begin(workers: 0..<workers)
    var bases = Array(repeating: 0, count: workers)
    var pushes = Array(repeating: 0, count: workers)
    var (line, left, updates, turns) = (Line(workers: workers), 0, 0, 0)
    var isInOrder = true
    // The order is not that of the numbers: 7919 is prime.
    for place in 0..<workers { line.append(place * 7919 % workers) }
    while let worker = line.removeFirst() {
      // Every third worker is slow: it lets the others pass twice.
      turns += 1
      if worker.isMultiple(of: 3), !turns.isMultiple(of: 3), line.count > workers / 2 {
        line.append(worker)
        continue
      }
      if pushes[worker] == 10 {
        left += 1
        if coordinator.leave(worker: worker) { updates += 1 }
      } else {
        pushes[worker] += 1
        let decision = coordinator.push(
          worker: worker, baseVersion: bases[worker], isFinite: !(worker + pushes[worker]).isMultiple(of: 97),
          seconds: Double(turns))
        if decision.updates { updates += 1 }
      }
      while coordinator.nextInTurn() != nil { updates += 1 }
      let released = coordinator.release()
      for (position, other) in released.enumerated() {
        isInOrder = isInOrder && (position == 0 || released[position - 1] < other)
        bases[other] = coordinator.version
        line.append(other)
      }
    }
    #expect(isInOrder)
    #expect(left == workers)
    #expect(pushes.allSatisfy { $0 == 10 })
    #expect(coordinator.version == updates)
    #expect(coordinator.pendingPushes == 0)
    #expect(coordinator.updatesByWorker.reduce(0, +) + coordinator.dropsByWorker.reduce(0, +) == 10 * workers)
    #expect(coordinator.stalenessLawResidual == 0)
  }
}
