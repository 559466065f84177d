internal import Randomness

/// Workers, a network and a server in virtual time: says when something happens, and lets a trainee do it.
///
/// All that happens is an event of a queue that is ordered by time, and where times are equal by the order in which they were
/// scheduled. Durations and faults are pure functions of the seed. So a run depends on nothing but its description and its
/// seed.
///
/// A run is a sequence of stretches, as an epoch of the live driver is: ``begin(workers:pulling:)`` lets workers start,
/// ``step()`` carries out one event, and when no minibatch is left for any worker the stretch is over. The clock goes on with
/// the next one.
///
/// Where a mode stops calculations (``VirtualTrainee/oldestWanted``), their workers restart at once. A gradient that is on its
/// way is not stopped.
struct VirtualCluster<Trainee: VirtualTrainee> {
  /// What is trained.
  var trainee: Trainee
  /// The virtual time, in seconds since the run began.
  var seconds = 0.0
  /// Events carried out.
  var events = 0
  /// Whether the server has stopped training.
  var isStopped = false
  /// Whether the next event lies beyond ``RunClock/largestSeconds``; it is not carried out.
  var isOverdue = false
  /// What the server's time went into.
  var server = ServerUsage()
  /// Faults that struck, by kind.
  var strikes = FaultCounts()

  var workers: [VirtualWorker]
  var queue: EventQueue
  /// Workers whose answers have arrived, in order; and how many of them were dealt with.
  var arrived: [Int] = []
  var dealt = 0
  let computeTimes: DurationSampler
  let serviceTimes: DurationSampler?
  var links: NetworkLinks
  let stopsCalculations: Bool
  var pullOrder: PullOrder
  var oldestWanted = 0
  let slice: Double
  let sharesCores: Bool
  var freeCores: Int
  var runQueue: RunQueue
  var faults: FaultPlan
  /// Workers that take part in this stretch, and how many have not left it.
  var stretch = 0..<0
  var active = 0
  /// Workers that are down and will join again.
  var returning = 0
  /// Whether a worker has found that no minibatch was left.
  var isRunningOut = false

  /// Creates a cluster at time 0 whose workers hold the first version.
  ///
  /// - Parameters:
  ///   - description: How fast the workers are, what lies between them and the server, and what goes wrong.
  ///   - count: The number of workers, at least 1.
  ///   - seed: The seed of all durations and faults.
  ///   - trainee: What is trained.
  /// - Precondition: ``ClusterDescription/missingWorker(of:)`` is `nil`.
  init(_ description: ClusterDescription, workers count: Int, seed: UInt64, trainee: Trainee) {
    precondition(count >= 1, "there must be at least 1 worker, not \(count)")
    precondition(description.missingWorker(of: count) == nil, "the description is of more workers than \(count)")
    self.trainee = trainee
    var slowness = Array(repeating: 1.0, count: count)
    for each in description.classes {
      guard let speed = each.speed else { continue }
      for worker in each.workers { slowness[worker] = 1 / speed }
    }
    workers = slowness.map { VirtualWorker(slowness: $0) }
    computeTimes = DurationSampler(description.compute, seed: seed)
    serviceTimes = description.network.service.map { DurationSampler($0, seed: seed, purpose: .serviceTime) }
    links = NetworkLinks(description, workers: count)
    stopsCalculations = trainee.stopsCalculations
    pullOrder = PullOrder(workers: stopsCalculations ? count : 0)
    slice = description.cores?.slice ?? .infinity
    sharesCores = description.cores != nil
    freeCores = description.cores?.count ?? 0
    runQueue = RunQueue(workers: sharesCores ? count : 0)
    faults = FaultPlan(description.faults, workers: count, seed: seed)
    queue = EventQueue(slots: count + faults.slots)
    arrived.reserveCapacity(count)
    if stopsCalculations { for worker in 0..<count { pullOrder.moveToEnd(worker) } }
    for worker in faults.absent { workers[worker].phase = .down }
    returning = faults.absent.count
    for (slot, first) in faults.firstTimes(after: 0) { queue.schedule(count + slot, at: first) }
  }

  // MARK: Driving

  /// Lets workers start on minibatches.
  ///
  /// Those that are down leave at once, and join when they are back.
  ///
  /// - Parameters:
  ///   - participants: The workers that take part.
  ///   - pulling: Those of them that begin with the latest parameters; the others go on with what they pulled last.
  /// - Precondition: The last stretch is over.
  mutating func begin(workers participants: Range<Int>, pulling: Range<Int> = 0..<0) {
    precondition(active == 0, "a stretch begins while \(active) workers are at work")
    stretch = participants
    isRunningOut = false
    for worker in participants {
      if workers[worker].phase == .down {
        trainee.leave(worker: worker, at: seconds)
      } else {
        active += 1
        workers[worker].isConcluding = false
        let pulls = pulling.contains(worker) || workers[worker].hasLostParameters
        workers[worker].hasLostParameters = false
        if pulls { deal(worker, .pull) } else { beginNext(worker) }
      }
    }
    settle()
  }

  /// Carries out the next event.
  ///
  /// - Returns: Whether there was one; if not, no minibatch is left for any worker, or all are lost, or the clock is at its
  ///   end.
  mutating func step() -> Bool {
    guard !isStopped, active > 0 || isReturnAwaited, let event = queue.first else { return false }
    guard event.seconds <= RunClock.largestSeconds else {
      isOverdue = true
      return false
    }
    seconds = event.seconds
    events += 1
    if event.slot < workers.count { carryOn(event.slot) } else { strike(slot: event.slot - workers.count) }
    settle()
    queue.remove(event)
    return true
  }

  /// Carries out events until none is left or `isEnough` says so after one of them.
  ///
  /// - Returns: Whether to go on: `isEnough` was so before the end.
  mutating func run(until isEnough: (borrowing Self) -> Bool) -> Bool {
    while step() {
      if isEnough(self) { return true }
    }
    return false
  }

  /// Carries out all events.
  mutating func run() {
    while step() {}
  }

  /// Whether someone is down for whose sake a stretch goes on though nobody works.
  var isReturnAwaited: Bool {
    guard returning > 0 else { return false }
    // Nobody works, so no update will come that someone could wait for.
    return stretch.contains { worker in
      workers[worker].phase == .down && (queue.isScheduled(worker) || faults.awaitsTimedJoin(of: worker))
        && (!isRunningOut || trainee.isAwaited(worker: worker))
    }
  }

  /// Whether all workers are down.
  var isDeserted: Bool { workers.allSatisfy { $0.phase == .down } }

  // MARK: Figures

  /// What a worker's time went into up to now.
  func usage(of worker: Int) -> WorkerUsage {
    var worker = workers[worker]
    worker.enter(worker.phase, at: seconds)
    return worker.usage
  }

  /// When a worker pulled last, and the stations of its last push.
  func times(of worker: Int) -> VirtualPushTimes { workers[worker].times }
}

extension VirtualCluster: Sendable where Trainee: Sendable {}
