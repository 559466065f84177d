/// As ``BoundedStalenessPolicy``, with a bound that is chosen between s_L and s_U from how fast the workers are (dynamic
/// stale synchronous parallel).
///
/// Up to s_L steps ahead of the slowest, everybody goes on. Beyond that the fastest worker asks the synchronization
/// controller how many more steps to make: as many as will let it arrive just when the slowest worker does, by the
/// intervals between the latest two pushes of both. The others wait until their lead is s_L again.
///
/// The paper leaves open what happens when a worker has used up its additional steps and asks again while the slowest sleeps.
/// Here s_U is a hard bound: a worker is let go only while it is at most s_U steps ahead. It also leaves open which of
/// several equally slow workers to look at: here it is the one that will arrive last, as all of them must.
///
/// Source: Zhao et al., "Dynamic Stale Synchronous Parallel Distributed Training for Deep Learning", ICDCS 2019,
/// <https://arxiv.org/abs/1908.11848>.
struct DynamicBoundPolicy: CoordinationPolicy {
  /// When a worker pushed in this epoch.
  private struct Pushes {
    var latest = 0.0
    /// The time between the latest two.
    var interval: Double?
  }

  private let bounds: ClosedRange<Int>
  private var clocks: WorkerClocks
  private var pushes: [Pushes?]
  /// Steps that each worker may make whatever its lead.
  private var credits: [Int]
  /// Whether each worker was let go when it pushed.
  private var isCleared: [Bool]
  /// Those that were the slowest when last asked, from the one expected first to the one expected last.
  private var awaited: [Int] = []
  /// The clock of ``awaited``.
  private var awaitedClock: Int?

  init(workers: Int, bounds: ClosedRange<Int>) {
    self.bounds = bounds
    clocks = WorkerClocks(workers: workers)
    pushes = Array(repeating: nil, count: workers)
    credits = Array(repeating: 0, count: workers)
    isCleared = Array(repeating: false, count: workers)
    awaited.reserveCapacity(workers)
  }

  var gathering: Gathering { .single }

  mutating func begin(_ group: WorkerGroup) {
    clocks.begin(group)
    awaitedClock = nil
    for worker in credits.indices {
      // The pause between two epochs says nothing of a worker's pace.
      pushes[worker] = nil
      credits[worker] = 0
    }
  }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    let worker = arrival.worker
    clocks.tick(worker)
    pushes[worker] = Pushes(
      latest: arrival.seconds, interval: pushes[worker].map { arrival.seconds - $0.latest })
    isCleared[worker] = clears(worker)
    guard arrival.isFinite else { return Verdict(fate: .drop(.notFinite)) }
    return Verdict(fate: .gather, completesUpdate: true)
  }

  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool {
    clocks.remove(worker)
    return false
  }

  mutating func joined(_ worker: Int, _ group: WorkerGroup) {
    clocks.add(worker)
    // Nothing is known of its pace, and it is one of the slowest now.
    pushes[worker] = nil
    credits[worker] = 0
    awaitedClock = nil
  }

  func goal(of worker: Int) -> Int { isCleared[worker] ? 0 : clocks[worker] - bounds.lowerBound }

  var progress: Int { clocks.slowest }

  /// Returns whether a worker that has just pushed goes on, and uses up or grants additional steps.
  private mutating func clears(_ worker: Int) -> Bool {
    if credits[worker] > 0 {
      credits[worker] -= 1
      return true
    }
    guard clocks.lead(of: worker) > bounds.lowerBound else { return true }
    guard clocks.isFastest(worker) else { return false }
    let granted = additionalSteps(of: worker)
    credits[worker] = max(0, granted - 1)
    return granted > 0
  }

  /// Returns the number of additional steps after which a worker will have to wait least for the slowest.
  private mutating func additionalSteps(of worker: Int) -> Int {
    guard let own = pushes[worker], let ownInterval = own.interval, let slowest = slowestPushes(),
      let slowInterval = slowest.interval
    else { return 0 }
    let range = bounds.upperBound - bounds.lowerBound
    let most = min(range, bounds.upperBound - clocks.lead(of: worker) + 1)
    guard most > 0 else { return 0 }
    var best = (steps: 0, wait: Double.infinity)
    for steps in 0...most {
      let arrival = own.latest + Double(steps) * ownInterval
      // The nearest of the slowest worker's next pushes, number 1 to range + 1.
      let number = slowInterval > 0 ? ((arrival - slowest.latest) / slowInterval).rounded() : 1
      let nearest = slowest.latest + min(max(number, 1), Double(range + 1)) * slowInterval
      if abs(nearest - arrival) < best.wait { best = (steps, abs(nearest - arrival)) }
    }
    return best.steps
  }

  /// Those of the slowest worker that will push last; `nil` while the pace of one of the slowest is unknown.
  ///
  /// Who is slowest changes by workers that are not any more, until all of them are: so all workers are looked at once a
  /// round, and the mean cost of a step does not grow with the workers.
  private mutating func slowestPushes() -> Pushes? {
    if awaitedClock != clocks.slowest {
      awaitedClock = clocks.slowest
      // In place: a policy allocates nothing.
      awaited.removeAll(keepingCapacity: true)
      for worker in pushes.indices where clocks.isSlowest(worker) { awaited.append(worker) }
      // Of several that are expected at the same time, the first worker counts.
      let pushes = pushes
      awaited.sort { (Self.expected(pushes[$0]), $1) < (Self.expected(pushes[$1]), $0) }
    }
    while let last = awaited.last, !clocks.isSlowest(last) { awaited.removeLast() }
    return awaited.last.flatMap { pushes[$0] }
  }

  /// When a worker will push next; never, as far as is known, if its pace is unknown.
  private static func expected(_ pushes: Pushes?) -> Double {
    guard let known = pushes, let interval = known.interval else { return .infinity }
    return known.latest + interval
  }
}
