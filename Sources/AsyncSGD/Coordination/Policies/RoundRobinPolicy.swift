/// Workers take turns: each contribution is an update of its own, and is kept until those of the workers before it were
/// applied.
///
/// The turn goes round in the order of the workers, from the first one in each epoch. It passes over workers that have left,
/// and a contribution that is not finite uses up its own.
///
/// Source: Zhang, Choromanska & LeCun, "Deep learning with Elastic Averaging SGD", NIPS 2015,
/// <https://arxiv.org/abs/1412.6651> (the round-robin scheme).
struct RoundRobinPolicy: CoordinationPolicy {
  /// Whose turn it is.
  private var turn = 0
  /// Rounds that are over.
  private var laps = 0
  private var isQueued: [Bool]
  /// The worker after each that has not left, and the one before it, in a circle.
  private var following: [Int]
  private var preceding: [Int]

  init(workers: Int) {
    isQueued = Array(repeating: false, count: workers)
    following = (0..<workers).map { ($0 + 1) % workers }
    preceding = (0..<workers).map { ($0 + workers - 1) % workers }
  }

  var gathering: Gathering { .single }

  mutating func begin(_ group: WorkerGroup) {
    guard let first = group.isActive.firstIndex(of: true) else { return }
    (turn, laps) = (first, laps + 1)
    var last = first
    for worker in group.isActive.indices where group.isActive[worker] {
      following[last] = worker
      preceding[worker] = last
      last = worker
    }
    following[last] = first
    preceding[first] = last
  }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    guard arrival.isFinite else {
      if turn == arrival.worker { advance() }
      return Verdict(fate: .drop(.notFinite))
    }
    isQueued[arrival.worker] = true
    return Verdict(fate: .queue)
  }

  mutating func nextInTurn(_ group: WorkerGroup) -> Int? {
    guard isQueued[turn], group.isActive[turn] else { return nil }
    let worker = turn
    isQueued[worker] = false
    advance()
    return worker
  }

  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool {
    if turn == worker { advance() }
    isQueued[worker] = false
    following[preceding[worker]] = following[worker]
    preceding[following[worker]] = preceding[worker]
    return false
  }

  /// Its turn comes after that of the worker before it.
  mutating func joined(_ worker: Int, _ group: WorkerGroup) {
    guard group.active > 1 else {
      (following[worker], preceding[worker]) = (worker, worker)
      if worker < turn { laps += 1 }
      turn = worker
      return
    }
    var before = worker
    repeat { before = (before + isQueued.count - 1) % isQueued.count } while !group.isActive[before]
    (preceding[worker], following[worker]) = (before, following[before])
    preceding[following[before]] = worker
    following[before] = worker
  }

  /// The end of its turn.
  func goal(of worker: Int) -> Int {
    guard isQueued[worker] else { return 0 }
    return (worker < turn ? laps + 1 : laps) * isQueued.count + worker + 1
  }

  /// All turns so far, those that were passed over included.
  var progress: Int { laps * isQueued.count + turn }

  private mutating func advance() {
    if following[turn] <= turn { laps += 1 }
    turn = following[turn]
  }
}
