/// Workers take turns: each contribution is an update of its own, and is kept until those of the workers before it were
/// applied.
///
/// The turn goes round in the order of the workers, from the first one in each epoch. It passes over workers that have left,
/// and a contribution that is not finite uses it up.
///
/// Source: Zhang, Choromanska & LeCun, "Deep learning with Elastic Averaging SGD", NIPS 2015,
/// <https://arxiv.org/abs/1412.6651> (the round-robin scheme).
struct RoundRobinPolicy: CoordinationPolicy {
  /// Whose turn it is.
  private var turn = 0
  private var isQueued: [Bool]

  init(workers: Int) {
    isQueued = Array(repeating: false, count: workers)
  }

  var gathering: Gathering { .single }

  mutating func begin(_ group: WorkerGroup) {
    turn = 0
  }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    guard arrival.isFinite else {
      if present(group) == arrival.worker { advance() }
      return Verdict(fate: .drop(.notFinite))
    }
    isQueued[arrival.worker] = true
    return Verdict(fate: .queue)
  }

  mutating func nextInTurn(_ group: WorkerGroup) -> Int? {
    guard let worker = present(group), isQueued[worker] else { return nil }
    isQueued[worker] = false
    advance()
    return worker
  }

  func mayGoOn(_ worker: Int, _ group: WorkerGroup) -> Bool { !isQueued[worker] }

  /// The worker whose turn it is, `nil` once all have left.
  private mutating func present(_ group: WorkerGroup) -> Int? {
    guard group.active > 0 else { return nil }
    while !group.isActive[turn] { advance() }
    return turn
  }

  private mutating func advance() {
    turn = (turn + 1) % isQueued.count
  }
}
