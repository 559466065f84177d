/// A parameter service as its driver sees it.
protocol TrainingServer: ParameterService {
  /// Returns the latest parameters, for whoever evaluates or saves them.
  ///
  /// The service does not count this snapshot as a worker's.
  func latest() -> ParameterSnapshot

  /// Returns what workers pull now, for those that have not pulled yet.
  func servedSnapshot() -> ParameterSnapshot

  /// The state of the service, all of one moment.
  var status: ServerStatus { get }

  /// Returns ``status``, and begins its ``ServerStatus/recent`` sums anew.
  func takeStatus() -> ServerStatus

  /// The decisions so far.
  var record: CoordinationRecord { get }

  /// Begins the sums of ``ServerStatus/epoch`` anew.
  func beginEpochTotals()

  /// Notes the cosine between a stale gradient and the fresh one.
  func note(cosine: Double)

  /// The workers that the last push or leave let go, in order; for drivers that carry out one event at a time.
  var released: [Int] { get }

  /// The present version, and the least one whose gradients are still wanted; for drivers that carry out one event at a time.
  var wanted: (version: Int, oldest: Int) { get }

  /// Begins an epoch in which some workers take part; nobody waits for the others.
  func begin(workers: Range<Int>)

  /// Copies what the run must carry over to continue exactly: optimizer and rule.
  func carriedState() -> CarriedState
}

extension TrainingServer {
  func servedSnapshot() -> ParameterSnapshot { latest() }

  func note(cosine: Double) {}

  func beginEpochTotals() {}

  /// None: nobody ever waits.
  var released: [Int] { [] }

  /// All gradients are wanted.
  var wanted: (version: Int, oldest: Int) { (status.version, 0) }
}

/// What a service decided in a run.
struct CoordinationRecord: Sendable {
  /// Staleness of the pushes.
  var staleness: StalenessStatistics
  /// Pushes of each worker that became part of an update.
  var updatesByWorker: [Int]
  /// Pushes that were dropped, by reason.
  var drops: [DropReason: Int]
  /// Pushes that were dropped, by worker.
  var dropsByWorker: [Int]
  /// Calculations that were given up.
  var abandoned: Int
  /// The error in the law of staleness; `nil` where there is none.
  var stalenessLawResidual: Int?
  /// What was given up of consistency; `nil` where nothing is.
  var consistency: ConsistencyRecord? = nil
  /// What else was measured of asynchrony; `nil` where nothing was.
  var observations: AsynchronyObservations? = nil
}

extension CoordinationRecord {
  init(_ coordinator: Coordinator) {
    staleness = coordinator.staleness
    updatesByWorker = coordinator.updatesByWorker
    drops = coordinator.drops
    dropsByWorker = coordinator.dropsByWorker
    abandoned = coordinator.abandoned
    stalenessLawResidual = coordinator.stalenessLawResidual
  }
}

/// A copy of what ``Carried`` things carry over, by name.
public struct CarriedState: Hashable, Sendable {
  /// Vectors, each laid out like the parameters.
  public var vectors: [String: [Float]]
  /// Numbers.
  public var scalars: [String: Double]

  /// Creates a state.
  public init(vectors: [String: [Float]] = [:], scalars: [String: Double] = [:]) {
    self.vectors = vectors
    self.scalars = scalars
  }
}

extension Carried {
  /// A copy, its names prefixed.
  func state(prefix: String = "") -> CarriedState {
    CarriedState(
      vectors: Dictionary(uniqueKeysWithValues: vectors.map { (prefix + $0.key, Array($0.value)) }),
      scalars: Dictionary(uniqueKeysWithValues: scalars.map { (prefix + $0.key, $0.value) }))
  }

  /// Takes over what ``state(prefix:)`` copied; what is missing there stays as it is.
  mutating func restore(_ state: CarriedState, prefix: String = "") {
    for (name, vector) in vectors {
      guard let saved = state.vectors[prefix + name], saved.count == vector.count else { continue }
      _ = vector.update(from: saved)
    }
    for name in scalars.keys {
      if let saved = state.scalars[prefix + name] { scalars[name] = saved }
    }
  }
}
