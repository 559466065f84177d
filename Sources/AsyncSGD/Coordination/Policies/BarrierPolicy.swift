/// Everybody waits: an update takes one gradient from every worker that is still there.
struct BarrierPolicy: CoordinationPolicy {
  /// Rounds that are over.
  private var rounds = 0
  /// The round that each worker's last push belongs to.
  private var roundOfWorker: [Int]
  private var arrivals = 0

  init(workers: Int) {
    roundOfWorker = Array(repeating: -1, count: workers)
  }

  var gathering: Gathering { .byWorker }

  mutating func begin(_ group: WorkerGroup) {
    precondition(arrivals == 0, "a round of \(arrivals) pushes is still open")
  }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    roundOfWorker[arrival.worker] = rounds
    arrivals += 1
    let fate = arrival.isFinite ? Verdict.Fate.gather : .drop(.notFinite)
    return Verdict(fate: fate, completesUpdate: closesRound(group))
  }

  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool {
    arrivals > 0 && closesRound(group)
  }

  func mayGoOn(_ worker: Int, _ group: WorkerGroup) -> Bool {
    roundOfWorker[worker] < rounds
  }

  private mutating func closesRound(_ group: WorkerGroup) -> Bool {
    guard arrivals >= group.active else { return false }
    arrivals = 0
    rounds += 1
    return true
  }
}
