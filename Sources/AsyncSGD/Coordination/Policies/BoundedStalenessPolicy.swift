/// Each gradient is an update of its own, and a worker that is more than s steps ahead of the slowest waits (stale
/// synchronous parallel).
///
/// A worker that has made c steps begins the next one when every other worker has made c − s at least. So it sees all
/// gradients of steps up to c − s, its own of all steps (read-my-writes: a gradient is applied before its worker goes on),
/// and perhaps later ones. No two clocks ever differ by more than s + 1. s = 0 is a barrier after each step.
///
/// The bound is on the steps of the workers, not on versions and not on the local steps of one of them: public
/// implementations that count anything else bound nothing.
///
/// A gradient that is not finite is a step like any other: its worker holds nobody back.
///
/// Source: Ho et al., "More Effective Distributed ML via a Stale Synchronous Parallel Parameter Server", NeurIPS 2013.
struct BoundedStalenessPolicy: CoordinationPolicy {
  /// s.
  private let bound: Int
  private var clocks: WorkerClocks

  init(workers: Int, bound: Int) {
    self.bound = bound
    clocks = WorkerClocks(workers: workers)
  }

  var gathering: Gathering { .single }

  mutating func begin(_ group: WorkerGroup) {
    clocks.begin(group)
  }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    clocks.tick(arrival.worker)
    guard arrival.isFinite else { return Verdict(fate: .drop(.notFinite)) }
    return Verdict(fate: .gather, completesUpdate: true)
  }

  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool {
    clocks.remove(worker)
    return false
  }

  mutating func joined(_ worker: Int, _ group: WorkerGroup) {
    clocks.add(worker)
  }

  func goal(of worker: Int) -> Int { clocks[worker] - bound }

  var progress: Int { clocks.slowest }
}
