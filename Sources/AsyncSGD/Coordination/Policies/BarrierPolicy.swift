/// Everybody waits: an update takes the first K gradients of a round, at most one from each worker (K-sync).
///
/// With K workers, or with no backup workers, this is synchronous SGD. A gradient of a round that is over is dropped, and
/// its worker begins at once on the present round; it never enters a later round, and the clock of nobody who waits is
/// touched by it.
///
/// A gradient that is not finite closes its round like any other, but is left out of the mean: nobody waits for a worker
/// whose gradients are all like that.
///
/// Sources: Chen et al., "Revisiting Distributed Synchronous SGD", 2016, <https://arxiv.org/abs/1604.00981> (backup
/// workers: late ones finish, and are dropped); Dutta et al., "Slow and Stale Gradients Can Win the Race", AISTATS 2018,
/// <https://arxiv.org/abs/1803.01113> (K-sync: late ones are stopped).
struct BarrierPolicy: CoordinationPolicy {
  /// K.
  private let gradientsToWait: Int
  /// Whether workers abandon what would be late.
  private let stopsCalculations: Bool
  /// Rounds that are over.
  private var rounds = 0
  /// The round that each worker's last push in time belongs to.
  private var roundOfWorker: [Int]
  private var arrivals = 0
  /// How many of the arrivals are of workers that have left since.
  private var departed = 0

  init(workers: Int, gradientsToWait: Int, stopsCalculations: Bool = false) {
    precondition(
      (1...workers).contains(gradientsToWait), "a round waits for 1...\(workers) workers, not \(gradientsToWait)")
    self.gradientsToWait = gradientsToWait
    self.stopsCalculations = stopsCalculations
    roundOfWorker = Array(repeating: -1, count: workers)
  }

  var gathering: Gathering { .byWorker }

  mutating func begin(_ group: WorkerGroup) {
    precondition(arrivals == 0, "a round of \(arrivals) pushes is still open")
  }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    guard arrival.staleness == 0 else {
      return Verdict(fate: .drop(arrival.isFinite ? .late : .notFinite))
    }
    // A worker that left and joined again in the same round has given what the round takes of it.
    guard roundOfWorker[arrival.worker] != rounds else { return Verdict(fate: .drop(.late)) }
    roundOfWorker[arrival.worker] = rounds
    arrivals += 1
    return Verdict(fate: arrival.isFinite ? .gather : .drop(.notFinite), completesUpdate: closesRound(group))
  }

  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool {
    if roundOfWorker[worker] == rounds { departed += 1 }
    return arrivals > 0 && closesRound(group)
  }

  mutating func joined(_ worker: Int, _ group: WorkerGroup) {
    if roundOfWorker[worker] == rounds { departed -= 1 }
  }

  /// The end of the round that its push was in time for.
  func goal(of worker: Int) -> Int { roundOfWorker[worker] + 1 }

  var progress: Int { rounds }

  func oldestWanted(version: Int) -> Int { stopsCalculations ? version : 0 }

  /// Closes the round once it has K pushes, or as many as there are workers left beside those that gave theirs and left.
  private mutating func closesRound(_ group: WorkerGroup) -> Bool {
    guard arrivals >= min(gradientsToWait, group.active + departed) else { return false }
    arrivals = 0
    departed = 0
    rounds += 1
    return true
  }
}
