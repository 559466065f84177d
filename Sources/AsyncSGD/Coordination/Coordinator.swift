/// Decides what happens to every push: the server's logic without its threads.
///
/// A pure state machine: no locks, no awaits, no clock. The actor executes its decisions for live threads, and tests
/// step it directly. Version, staleness and decision come from one call, so they always belong together. What differs
/// between the modes is in the `CoordinationPolicy`; the coordinator keeps the books.
///
/// An event is carried out in four steps: ``push(worker:baseVersion:minibatches:isFinite:pulls:seconds:)`` or
/// ``leave(worker:)``; the update that the ``Decision`` asks for; ``nextInTurn()`` until it returns `nil`; and
/// ``release()``.
///
/// **Version.** The number of updates applied.
///
/// **Staleness.** Of a push: the version at which it is applied, gathered or dropped, minus the version it was computed
/// at, in updates.
public struct Coordinator: Sendable {
  /// What to do with a push.
  public struct Decision: Hashable, Sendable {
    /// Why the gradient is not applied; `nil` if it is, now or later.
    public var dropped: DropReason?
    /// Whether the gradient waits for its turn, outside of what is gathered.
    public var isQueued = false
    /// Whether to apply what was gathered, this gradient included, as one update.
    public var updates = false
    /// The factor of this gradient in the mean of its update.
    public var weight: Float = 1
    /// The staleness of this gradient.
    public var staleness = 0
  }

  /// Who waits for whom.
  public let mode: CoordinationMode
  /// The number of workers.
  public var workers: Int { group.count }
  /// How the gradients of one update come together.
  let gathering: Gathering
  private var policy: any CoordinationPolicy
  private let divergencePolicy: DivergencePolicy
  /// The refused pushes in a row, per worker, that ``DivergencePolicy/skip`` bears: a run that is beyond them learns
  /// nothing any more.
  static let hopelessRefusals = 100

  /// The number of updates applied since the run began.
  public var version: Int { group.version }
  /// Where the run is on its schedule: minibatches whose gradients were applied, or dropped, or are gathered.
  public private(set) var minibatches: Int
  /// ``minibatches`` before the update that is being gathered.
  public private(set) var minibatchesBeforeUpdate: Int
  /// Whether all further pushes are dropped.
  public private(set) var isStopped = false
  /// Staleness of what was pushed so far.
  public private(set) var staleness: StalenessStatistics
  /// Pushes of each worker that became part of an update.
  public var updatesByWorker: [Int] { books.map(\.updates) }
  /// Pushes that were dropped, by reason.
  public private(set) var drops: [DropReason: Int] = [:]
  /// Pushes that were dropped, by worker.
  public var dropsByWorker: [Int] { books.map(\.drops) }
  /// Pushes dropped because they were not finite.
  public var refusedPushes: Int { drops[.notFinite] ?? 0 }
  /// Calculations that a worker gave up because their result was not wanted any more.
  public private(set) var abandoned = 0
  /// Pushes that are neither applied nor dropped yet: gathered, or queued.
  public var pendingPushes: Int { gathered.count + queued }
  /// Pushes in a row that were not finite.
  private var refusedInARow = 0

  private var group: WorkerGroup
  /// The workers that have pushed and wait, which are those whose books say so.
  private var waiting: WaitingRoom
  /// What is known of each worker, in one place: with many of them, every other place is another cache miss.
  private var books: [WorkerBooks]
  /// Whether a worker ever pushed twice without a pull in between.
  private var pushedWithoutPull = false
  /// The gradients of the update that is being gathered.
  private var gathered: [(worker: Int, staleness: Int)] = []
  /// How many contributions wait for their turn.
  private var queued = 0
  /// The workers that the last ``release()`` let go, in order.
  private(set) var released: [Int] = []
  private let initialVersion: Int

  /// What the coordinator knows of one worker.
  private struct WorkerBooks: Sendable {
    /// The version of its snapshot.
    var baseVersion: Int
    /// The version just before its last push, if it has not pulled since; −1 if it has.
    var pushedAt = -1
    /// Its pushes that became part of an update.
    var updates = 0
    /// Its pushes that were dropped.
    var drops = 0
    /// Whether it has pushed and waits.
    var isWaiting = false
    /// Whether it gets new parameters when it goes on.
    var pullsOnRelease = true
    /// Whether its contribution waits for its turn.
    var isQueued = false
  }

  /// Creates the state before the first push.
  ///
  /// All workers are taken to hold a snapshot of `version`.
  ///
  /// - Parameters:
  ///   - mode: Who waits for whom.
  ///   - workers: The number of workers, at least 1.
  ///   - hyperparameters: Those of the mode; ``CoordinationMode/conflict(_:workers:)`` is `nil` for them.
  ///   - version: The updates applied before, by the run that is resumed.
  ///   - minibatches: Where the run that is resumed was on its schedule.
  ///   - divergencePolicy: What happens to a gradient that is not finite.
  public init(
    mode: CoordinationMode, workers: Int, hyperparameters: Hyperparameters = Hyperparameters(), version: Int = 0,
    minibatches: Int = 0, divergencePolicy: DivergencePolicy = .stop
  ) {
    precondition(workers >= 1, "there must be at least 1 worker, not \(workers)")
    self.mode = mode
    self.minibatches = minibatches
    minibatchesBeforeUpdate = minibatches
    self.divergencePolicy = divergencePolicy
    policy = mode.policy(hyperparameters, workers: workers)
    gathering = policy.gathering
    group = WorkerGroup(count: workers, version: version)
    waiting = WaitingRoom(workers: workers)
    initialVersion = version
    books = Array(repeating: WorkerBooks(baseVersion: version), count: workers)
    staleness = StalenessStatistics(workers: workers)
    gathered.reserveCapacity(workers)
    released.reserveCapacity(workers)
    // Keys that exist are counted up without an allocation.
    for reason in DropReason.allCases { drops[reason] = 0 }
  }

  // MARK: Events

  /// Begins an epoch in which some workers take part.
  ///
  /// - Parameter workers: Those that will push; no update waits for the others.
  /// - Precondition: Nothing is gathered and nobody waits.
  public mutating func begin(workers: Range<Int>) {
    precondition(group.gathered == 0 && waiting.isEmpty, "an epoch begins while an update is being gathered")
    for worker in 0..<group.count { group.isActive[worker] = workers.contains(worker) }
    group.active = workers.count
    policy.begin(group)
  }

  /// Notes that a worker took a snapshot of the present version.
  public mutating func pulled(worker: Int) {
    if books[worker].pushedAt >= 0 {
      staleness.recordIdle(version - books[worker].pushedAt)
    } else {
      staleness.recordUnused(version - books[worker].baseVersion)
    }
    books[worker].pushedAt = -1
    books[worker].baseVersion = version
  }

  /// Notes that a worker gave up a calculation and pulled instead.
  public mutating func restarted(worker: Int) {
    abandoned += 1
    pulled(worker: worker)
  }

  /// Decides what happens to a push of `worker`.
  ///
  /// The worker waits from here on, until ``release()`` lets it go.
  ///
  /// - Parameters:
  ///   - worker: The worker that pushes.
  ///   - baseVersion: The version of the snapshot that the gradient was computed at.
  ///   - minibatches: How many minibatches the gradient sums up.
  ///   - isFinite: Whether all of the gradient is.
  ///   - pulls: Whether the worker takes a new snapshot when it goes on.
  ///   - seconds: When the push arrived, since some fixed moment.
  /// - Returns: What to do with it; if ``Decision/updates``, the version has gone up by 1 already.
  /// - Precondition: `baseVersion` is what the worker pulled last, and the worker neither waits nor has left.
  public mutating func push(
    worker: Int, baseVersion: Int, minibatches: Int = 1, isFinite: Bool, pulls: Bool = true, seconds: Double = 0
  ) -> Decision {
    precondition(
      baseVersion == books[worker].baseVersion,
      "worker \(worker) pushes a gradient of version \(baseVersion), but pulled version \(books[worker].baseVersion)")
    precondition(!books[worker].isWaiting, "worker \(worker) pushes while it waits")
    precondition(group.isActive[worker], "worker \(worker) pushes after it left")
    var decision = Decision(staleness: version - baseVersion)
    guard !isStopped else {
      drop(&decision, .stopped, of: worker, pulls: pulls)
      return decision
    }
    refusedInARow = isFinite ? 0 : refusedInARow + 1
    if !isFinite, divergencePolicy == .stop || refusedInARow > Self.hopelessRefusals * workers {
      stop()
      drop(&decision, .notFinite, of: worker, pulls: pulls)
      return decision
    }
    if gathered.isEmpty { minibatchesBeforeUpdate = self.minibatches }
    self.minibatches += minibatches
    let arrival = Arrival(worker: worker, staleness: decision.staleness, isFinite: isFinite, seconds: seconds)
    let verdict = policy.receive(arrival, from: group)
    switch verdict.fate {
    case .gather:
      gathered.append((worker, decision.staleness))
      group.gathered += 1
      decision.weight = policy.weight(staleness: decision.staleness)
      land(worker, pulls: pulls)
    case .queue:
      // Its snapshot goes on aging until its turn comes.
      decision.isQueued = true
      books[worker].isQueued = true
      queued += 1
      hold(worker, pulls: pulls)
    case .drop(let reason):
      drop(&decision, reason, of: worker, pulls: pulls)
    }
    if verdict.completesUpdate { decision.updates = completeUpdate() }
    return decision
  }

  /// Notes that a worker will push no more until it joins or an epoch begins: it found nothing to do, or failed.
  ///
  /// What it has had gathered stays so; what waits for its turn is dropped, because its worker cannot answer any more.
  ///
  /// - Returns: Whether to apply what was gathered as one update; if so, the version has gone up by 1 already.
  public mutating func leave(worker: Int) -> Bool {
    guard group.isActive[worker] else { return false }
    group.isActive[worker] = false
    group.active -= 1
    if books[worker].isWaiting {
      books[worker].isWaiting = false
      waiting.remove(worker)
    }
    if books[worker].isQueued {
      countDrop(.late, of: worker, staleness: version - books[worker].baseVersion)
      dequeue(worker)
    }
    let completes = policy.left(worker, group)
    return completes && !isStopped ? completeUpdate() : false
  }

  /// Notes that a worker takes part again that had left, or for the first time, with a snapshot of the present version.
  ///
  /// - Precondition: It has left, or was not among those with whom the epoch began.
  public mutating func join(worker: Int) {
    precondition(!group.isActive[worker], "worker \(worker) joins, but takes part already")
    group.isActive[worker] = true
    group.active += 1
    pulled(worker: worker)
    policy.joined(worker, group)
  }

  /// Returns the worker whose queued contribution is to be applied now, as an update of its own, or `nil` if there is
  /// none.
  public mutating func nextInTurn() -> Int? {
    guard !isStopped, let worker = policy.nextInTurn(group) else { return nil }
    gathered.append((worker, version - books[worker].baseVersion))
    group.gathered += 1
    dequeue(worker)
    _ = completeUpdate()
    return worker
  }

  /// Lets workers go on that have nothing to wait for any more, and notes the pull of each that pulls.
  ///
  /// - Returns: The workers, in order.
  public mutating func release() -> [Int] {
    released.removeAll(keepingCapacity: true)
    let progress = isStopped ? Int.max : policy.progress
    var isInOrder = true
    while let worker = waiting.leave(at: progress) {
      books[worker].isWaiting = false
      if books[worker].pullsOnRelease { pulled(worker: worker) }
      if let last = released.last, last > worker { isInOrder = false }
      released.append(worker)
    }
    if !isInOrder { released.sort() }
    return released
  }

  /// Stops training: everything that is gathered, queued or pushed from here on is dropped.
  public mutating func stop() {
    guard !isStopped else { return }
    isStopped = true
    for (worker, age) in gathered { countDrop(.stopped, of: worker, staleness: age) }
    gathered.removeAll(keepingCapacity: true)
    group.gathered = 0
    for worker in books.indices where books[worker].isQueued {
      countDrop(.stopped, of: worker, staleness: version - books[worker].baseVersion)
      dequeue(worker)
    }
  }

  // MARK: Books

  /// Returns whether a worker's contribution waits for its turn.
  func isQueued(_ worker: Int) -> Bool { books[worker].isQueued }

  /// Returns whether a worker gets a new snapshot when it goes on.
  public func pulls(_ worker: Int) -> Bool { books[worker].pullsOnRelease }

  /// The least base version whose gradients are still wanted: workers may abandon older ones.
  public var oldestWanted: Int { policy.oldestWanted(version: version) }

  /// How far apart the newest and the oldest of the versions are that workers hold, in updates.
  ///
  /// Looks at all workers.
  var versionGap: Int {
    var (oldest, newest) = (Int.max, Int.min)
    for worker in books.indices where group.isActive[worker] {
      oldest = min(oldest, books[worker].baseVersion)
      newest = max(newest, books[worker].baseVersion)
    }
    return oldest <= newest ? newest - oldest : 0
  }

  /// The error in the law that ties staleness and age together; 0 unless the bookkeeping is wrong.
  ///
  /// An update makes every one of the n snapshots older by 1, and a pull makes one of them new. So after T updates
  ///
  ///     Σ staleness(pushed) + Σ idle + Σ unused + Σ age(in flight) = n·T
  ///
  /// for any delays, where *idle* is what a snapshot ages between its worker's push and next pull, and *unused* what one
  /// aged that its worker gave back without a push. In the modes where
  /// each gradient is an update and nobody waits, every push idles for exactly its own update, which gives the law as it
  /// is known: Σ staleness + Σ age = (n − 1)·T. `nil` where a worker pushes several times between pulls.
  public var stalenessLawResidual: Int? {
    guard !pushedWithoutPull else { return nil }
    var age = 0
    for worker in 0..<group.count {
      age += version - (books[worker].pushedAt >= 0 ? books[worker].pushedAt : books[worker].baseVersion)
    }
    // Of a worker that waits, the staleness of its push is in the sums already, unless it is still being gathered.
    let pending = gathered.reduce(0) { $0 + $1.staleness }
    return group.count * (version - initialVersion) - staleness.applied.sum - staleness.droppedSum - staleness.idleSum
      - staleness.unusedSum - age - pending
  }

  /// Ends the flight of a worker's gradient, and lets the worker wait.
  private mutating func land(_ worker: Int, pulls: Bool) {
    endFlight(of: worker)
    hold(worker, pulls: pulls)
  }

  private mutating func endFlight(of worker: Int) {
    if books[worker].pushedAt >= 0 { pushedWithoutPull = true }
    books[worker].pushedAt = version
  }

  private mutating func hold(_ worker: Int, pulls: Bool) {
    books[worker].pullsOnRelease = pulls
    books[worker].isWaiting = true
    waiting.enter(worker, goal: policy.goal(of: worker))
  }

  private mutating func dequeue(_ worker: Int) {
    books[worker].isQueued = false
    queued -= 1
    endFlight(of: worker)
  }

  private mutating func drop(_ decision: inout Decision, _ reason: DropReason, of worker: Int, pulls: Bool) {
    decision.dropped = reason
    countDrop(reason, of: worker, staleness: decision.staleness)
    land(worker, pulls: pulls)
  }

  private mutating func countDrop(_ reason: DropReason, of worker: Int, staleness age: Int) {
    drops[reason, default: 0] += 1
    books[worker].drops += 1
    staleness.recordDropped(age)
  }

  /// Counts an update of what was gathered; returns whether there is anything in it.
  private mutating func completeUpdate() -> Bool {
    guard !gathered.isEmpty else { return false }
    for (worker, age) in gathered {
      staleness.recordApplied(age, worker: worker)
      books[worker].updates += 1
    }
    gathered.removeAll(keepingCapacity: true)
    group.gathered = 0
    group.version += 1
    return true
  }
}
