/// Keeps the books of a run without its gradients: who pulls, computes and pushes when, and what the coordinator makes of it.
///
/// The decisions are the real ones, of the same ``Coordinator`` as in a live run. What it does not know is what depends on
/// gradients: whether they are finite, and what they weigh where that differs from push to push.
struct TimingTrainee: VirtualTrainee {
  /// What a worker keeps to itself.
  private struct Books: Sendable {
    var pulledVersion = 0
    /// The staleness of its pushes that became part of an update.
    var staleness = StalenessSums()
    /// Minibatches since its last push.
    var minibatches: Int32 = 0
    /// Steps since its last pull, in the modes with a period for that.
    var stepsSincePull: Int32 = 0
    /// In elastic modes, steps since the last exchange, modulo the period.
    var clock: Int32 = 0
    /// In elastic modes, whether it has moved since the last exchange; a step exchanges before it moves.
    var hasMoved = false
    /// In local SGD, the steps of this period.
    var period: Int32 = 1
    /// Whether its push under way takes the latest parameters with it.
    var pulls = true
    /// Where its last minibatch stands in the run.
    var position = 0
  }

  /// The decisions.
  private(set) var coordinator: Coordinator
  /// Workers that were let go, but for the one that pushed.
  private(set) var released: [Int] = []
  /// The weight of a push.
  private let payload: PayloadSize
  let pullBytes: Int
  private let recognizesDuplicates: Bool
  let stopsCalculations: Bool
  private let steps: StepPattern
  private var deal: MinibatchDeal
  private var books: [Books]
  /// The minibatch of the run with which the present epoch begins.
  private var epochStart = 0

  /// Creates the books of a run that has not begun.
  ///
  /// - Parameters:
  ///   - configuration: The algorithm and the workers.
  ///   - minibatches: The minibatches of an epoch.
  ///   - parameters: The number of the model's parameters, of four bytes each.
  ///   - payload: The weight of a push; `nil` for that of all parameters.
  init(_ configuration: TrainingConfiguration, minibatches: Int, parameters: Int, payload: PayloadSize? = nil) {
    let workers = configuration.workers
    coordinator = Coordinator(
      mode: configuration.mode, workers: workers, hyperparameters: configuration.hyperparameters)
    released.reserveCapacity(workers)
    self.payload = payload ?? PayloadSize(parameters: parameters)
    pullBytes = MemoryLayout<Float>.stride * parameters
    recognizesDuplicates = configuration.recognizesDuplicates
    stopsCalculations = configuration.stopsCalculations
    steps = StepPattern(configuration, minibatches: minibatches)
    deal = MinibatchDeal(workers: workers, inRounds: configuration.dealsInRounds)
    books = Array(repeating: Books(), count: workers)
  }

  /// Begins a stretch of an epoch, before its cluster does.
  mutating func begin(_ stretch: EpochStretch, epochStart: Int) {
    self.epochStart = epochStart
    deal.begin(stretch.minibatches)
    coordinator.begin(workers: stretch.workers)
  }

  /// The staleness of each worker's pushes that became part of an update.
  var stalenessByWorker: [StalenessSums] { books.map(\.staleness) }

  /// The minibatches dealt in this epoch.
  var position: Int { deal.position }

  // MARK: The life of a worker

  mutating func begin(worker: Int) -> Bool {
    guard let minibatch = deal.next(for: worker) else { return false }
    books[worker].position = epochStart + deal.roundStart(of: minibatch, worker: worker)
    if books[worker].minibatches == 0 { books[worker].period = steps.period(from: books[worker].position) }
    return true
  }

  mutating func finish(worker: Int) -> VirtualDealing {
    books[worker].minibatches += 1
    switch steps.kind {
    case .single:
      return push(worker)
    case .downpour(let pushEvery, let fetchEvery):
      books[worker].stepsSincePull += 1
      let pulls = books[worker].stepsSincePull == fetchEvery
      if books[worker].minibatches == pushEvery { return push(worker, pulls: pulls) }
      return pulls ? .pull : .nothing
    case .elastic(let period):
      let exchanges = books[worker].clock == 0
      books[worker].clock = (books[worker].clock + 1) % period
      books[worker].hasMoved = true
      return exchanges ? push(worker) : .nothing
    case .local:
      return books[worker].minibatches == books[worker].period ? push(worker) : .nothing
    }
  }

  mutating func conclude(worker: Int) -> VirtualDealing {
    defer { books[worker].hasMoved = false }
    switch steps.kind {
    case .single:
      return .nothing
    case .downpour:
      if books[worker].minibatches > 0 { return push(worker) }
      return books[worker].stepsSincePull > 0 ? .pull : .nothing
    case .elastic:
      return books[worker].hasMoved ? push(worker) : .nothing
    case .local:
      return books[worker].minibatches > 0 ? push(worker) : .nothing
    }
  }

  mutating func resume(worker: Int) -> VirtualDealing {
    .nothing
  }

  private mutating func push(_ worker: Int, pulls: Bool = true) -> VirtualDealing {
    books[worker].pulls = pulls
    return .push(bytes: payload.bytes(at: books[worker].position), pulls: pulls)
  }

  // MARK: At the server

  mutating func push(worker: Int, at seconds: Double) -> VirtualAnswer {
    let lets = carryOut(worker, pulls: books[worker].pulls, at: seconds)
    books[worker].minibatches = 0
    return coordinator.isStopped ? .stopped : lets ? .proceed : .wait
  }

  mutating func pushFirstOfTwo(worker: Int, at seconds: Double) -> Bool {
    if recognizesDuplicates {
      // The second arrival changes nothing, so the first one is all there is; its worker may be let go by it.
      if push(worker: worker, at: seconds) == .proceed { released.append(worker) }
      return false
    }
    _ = carryOut(worker, pulls: false, at: seconds)
    return true
  }

  mutating func pull(worker: Int, at seconds: Double) {
    coordinator.pulled(worker: worker)
    notePull(worker)
  }

  mutating func restart(worker: Int, at seconds: Double) {
    coordinator.restarted(worker: worker)
    notePull(worker)
  }

  mutating func losePush(worker: Int, at seconds: Double) {
    books[worker].minibatches = 0
  }

  mutating func leave(worker: Int, at seconds: Double) {
    _ = coordinator.leave(worker: worker)
    _ = settle(caller: nil)
  }

  mutating func join(worker: Int, at seconds: Double) {
    coordinator.join(worker: worker)
    books[worker] = Books(staleness: books[worker].staleness)
    notePull(worker)
  }

  mutating func crash(worker: Int, at seconds: Double) {
    books[worker] = Books(pulledVersion: books[worker].pulledVersion, staleness: books[worker].staleness)
  }

  /// Pushes; returns whether the worker goes on at once.
  private mutating func carryOut(_ worker: Int, pulls: Bool, at seconds: Double) -> Bool {
    let decision = coordinator.push(
      worker: worker, baseVersion: books[worker].pulledVersion, minibatches: Int(books[worker].minibatches),
      isFinite: true,
      // The server's clock has whole microseconds.
      pulls: pulls, seconds: Double(Int(microsecondsOf: seconds)) * 1e-6)
    if decision.dropped == nil { books[worker].staleness.record(decision.staleness) }
    return settle(caller: worker)
  }

  /// Lets workers go; returns whether the one that calls is among them.
  private mutating func settle(caller: Int?) -> Bool {
    while coordinator.nextInTurn() != nil {}
    released.removeAll(keepingCapacity: true)
    var isReleased = false
    for worker in coordinator.release() {
      if coordinator.pulls(worker) { notePull(worker) }
      if worker == caller { isReleased = true } else { released.append(worker) }
    }
    return isReleased
  }

  private mutating func notePull(_ worker: Int) {
    books[worker].pulledVersion = coordinator.version
    books[worker].stepsSincePull = 0
  }

  // MARK: What the cluster asks

  var oldestWanted: Int { coordinator.oldestWanted }
  var version: Int { coordinator.version }
  var hasStopped: Bool { coordinator.isStopped }
  func pulledVersion(of worker: Int) -> Int { books[worker].pulledVersion }
  func isAwaited(worker: Int) -> Bool { deal.keepsMinibatches(for: worker) }
}

/// The staleness of one worker's pushes, in sums.
public struct StalenessSums: Hashable, Sendable {
  /// How many there were.
  public private(set) var count = 0
  /// The sum of their staleness.
  public private(set) var sum = 0
  /// The largest.
  public private(set) var max = 0

  /// Creates empty sums.
  public init() {}

  /// The arithmetic mean, 0 if there were none.
  public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

  mutating func record(_ staleness: Int) {
    count += 1
    sum += staleness
    max = Swift.max(max, staleness)
  }
}
