/// Decides what happens to every push: the server's logic without its threads.
///
/// A pure state machine: no locks, no awaits, no clock. The actor executes its decisions for live threads, and tests
/// step it directly. Version, staleness and decision come from one call, so they always belong together.
///
/// **Version.** The number of updates applied.
///
/// **Staleness.** Of a push: the version at which it arrives minus the version it was computed at, in updates.
public struct Coordinator: Sendable {
  /// What to do with a push.
  public enum Decision: Hashable, Sendable {
    /// Apply this gradient alone; its worker goes on at the new version.
    case apply
    /// Keep this gradient; its worker waits for the rest of the round.
    case hold
    /// Apply the mean of the round's finite gradients, this one included if it is finite; all its workers go on.
    case applyRound
    /// The round is complete but none of its gradients is finite: apply nothing; all its workers go on.
    case releaseRound
    /// Drop this gradient, which is not finite; its worker goes on at the present version.
    case discard
    /// Drop this gradient: training has stopped. Workers that wait are released.
    case stop
  }

  /// Who waits for whom.
  public let mode: CoordinationMode
  /// The number of workers.
  public let workers: Int
  private let divergencePolicy: DivergencePolicy
  /// The refused pushes in a row, per worker, that ``DivergencePolicy/skip`` bears: a run that is beyond them learns
  /// nothing any more.
  static let hopelessRefusals = 100

  /// The number of updates applied since the run began.
  public private(set) var version: Int
  /// Where the run is on its schedule: updates applied, and updates missed because nothing in them was finite.
  public private(set) var step: Int
  /// Whether all further pushes are dropped.
  public private(set) var isStopped = false
  /// Staleness of what was pushed so far.
  public private(set) var staleness: StalenessStatistics
  /// Updates that each worker's gradients were part of.
  public private(set) var updatesByWorker: [Int]
  /// Pushes dropped because they were not finite.
  public private(set) var refusedPushes = 0
  /// Of these, the ones since the last push that was finite.
  private var refusedInARow = 0

  /// The version of each worker's snapshot.
  private var baseVersions: [Int]
  /// Pushes that the epoch still expects.
  private var remaining = 0
  /// Workers of the present round that have pushed, whether their gradient was finite or not.
  private var arrived: [Bool]
  private var arrivals = 0
  /// Workers of the present round whose gradient counts.
  public private(set) var contributes: [Bool]

  /// Creates the state before the first push.
  ///
  /// All workers are taken to hold a snapshot of `version`.
  ///
  /// - Parameters:
  ///   - mode: Who waits for whom.
  ///   - workers: The number of workers, at least 1.
  ///   - version: The updates applied before, by the run that is resumed.
  ///   - step: Where the run that is resumed was on its schedule.
  ///   - divergencePolicy: What happens to a gradient that is not finite.
  public init(
    mode: CoordinationMode, workers: Int, version: Int = 0, step: Int = 0, divergencePolicy: DivergencePolicy = .stop
  ) {
    precondition(workers >= 1, "there must be at least 1 worker, not \(workers)")
    self.mode = mode
    self.workers = workers
    self.version = version
    self.step = step
    self.divergencePolicy = divergencePolicy
    staleness = StalenessStatistics()
    updatesByWorker = Array(repeating: 0, count: workers)
    baseVersions = Array(repeating: version, count: workers)
    arrived = Array(repeating: false, count: workers)
    contributes = Array(repeating: false, count: workers)
  }

  /// Tells how many pushes are to come until the next call; a round never waits for more than that.
  ///
  /// - Precondition: No round is open.
  public mutating func expect(pushes: Int) {
    precondition(arrivals == 0, "a round of \(arrivals) pushes is still open")
    remaining = pushes
  }

  /// Notes that a worker took a snapshot of the present version.
  public mutating func pulled(worker: Int) {
    baseVersions[worker] = version
  }

  /// Decides what happens to a push of `worker`.
  ///
  /// After ``Decision/apply`` and ``Decision/applyRound`` the version has gone up by 1. A worker that goes on takes its
  /// next snapshot in the same step: whoever executes the decision calls ``pulled(worker:)`` for it.
  ///
  /// - Parameters:
  ///   - worker: The worker that pushes.
  ///   - baseVersion: The version of the snapshot that the gradient was computed at.
  ///   - isFinite: Whether all of the gradient is.
  /// - Returns: What to do with it.
  /// - Precondition: `baseVersion` is what the worker pulled last, and the worker has no push in the open round.
  public mutating func push(worker: Int, baseVersion: Int, isFinite: Bool) -> Decision {
    precondition(
      baseVersion == baseVersions[worker],
      "worker \(worker) pushes a gradient of version \(baseVersion), but pulled version \(baseVersions[worker])")
    guard !isStopped else { return .stop }
    refusedInARow = isFinite ? 0 : refusedInARow + 1
    if !isFinite {
      refusedPushes += 1
      if divergencePolicy == .stop || refusedInARow > Self.hopelessRefusals * workers {
        isStopped = true
        return .stop
      }
    }
    remaining -= 1
    return mode.dealsInRounds
      ? arrive(worker: worker, isFinite: isFinite)
      : applyAtOnce(worker: worker, isFinite: isFinite)
  }

  /// The error in the law that ties staleness and age together; 0 unless the bookkeeping is wrong.
  ///
  /// If each of n workers always has one gradient in flight and pulls again in one step with its push, then after T
  /// updates
  ///
  ///     Σ staleness(applied) + Σ staleness(refused) + Σ age(in flight) = (n − 1)·T
  ///
  /// for any delays, because an update makes each of the other n − 1 gradients in flight older by 1. `nil` in modes
  /// where workers wait.
  public var stalenessLawResidual: Int? {
    guard mode.obeysStalenessLaw else { return nil }
    let age = baseVersions.reduce(0) { $0 + (version - $1) }
    return (workers - 1) * staleness.applied.count - staleness.applied.sum - staleness.refusedSum - age
  }

  private mutating func applyAtOnce(worker: Int, isFinite: Bool) -> Decision {
    let age = version - baseVersions[worker]
    step += 1
    guard isFinite else {
      staleness.recordRefused(age)
      return .discard
    }
    staleness.recordApplied(age)
    updatesByWorker[worker] += 1
    version += 1
    return .apply
  }

  private mutating func arrive(worker: Int, isFinite: Bool) -> Decision {
    precondition(!arrived[worker], "worker \(worker) pushes twice in one round")
    arrived[worker] = true
    contributes[worker] = isFinite
    arrivals += 1
    guard arrivals == workers || remaining == 0 else { return .hold }
    // Whoever executes the decision reads `contributes` before the next push, which opens a round of its own.
    arrivals = 0
    step += 1
    var anyContributes = false
    for member in 0..<workers {
      if !arrived[member] { contributes[member] = false }
      arrived[member] = false
      guard contributes[member] else { continue }
      anyContributes = true
      staleness.recordApplied(version - baseVersions[member])
      updatesByWorker[member] += 1
    }
    guard anyContributes else { return .releaseRound }
    version += 1
    return .applyRound
  }
}
