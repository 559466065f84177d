import AsyncSGD

/// A coordinator with workers that are only numbers, and books of its own to check the coordinator's by.
///
/// A value: a test may copy it, and let two copies go different ways.
struct PolicyModel {
  /// What a worker is doing.
  enum Phase {
    case computing, waiting, left
  }

  let policy: PolicyCase
  private let limits: Limits
  private(set) var coordinator: Coordinator
  private(set) var phases: [Phase]
  /// The version that each worker computes at.
  private(set) var bases: [Int]
  /// Pushes of each worker in this epoch.
  private(set) var clocks: [Int]
  /// How far the clocks of two workers that had not left were ever apart.
  private(set) var largestClockGap = 0
  private(set) var pushes = 0
  /// Updates that were to be carried out.
  private(set) var updates = 0
  /// Σ τ of all pushes, by this model's own count.
  private(set) var stalenessSum = 0
  /// Drops of which each worker was told when it went on.
  private(set) var toldDrops: [Int]
  private var untoldDrops: [Bool]

  init(_ policy: PolicyCase, workers: Int, divergencePolicy: DivergencePolicy = .skip) {
    self.policy = policy
    limits = Limits(policy, workers: workers)
    coordinator = Coordinator(
      mode: policy.mode, workers: workers, hyperparameters: policy.hyperparameters, divergencePolicy: divergencePolicy)
    phases = Array(repeating: .computing, count: workers)
    bases = Array(repeating: 0, count: workers)
    clocks = Array(repeating: 0, count: workers)
    toldDrops = Array(repeating: 0, count: workers)
    running = workers
    untoldDrops = Array(repeating: false, count: workers)
  }

  var workers: Range<Int> { phases.indices }
  private(set) var running: Int
  var isOver: Bool { running == 0 }
  func isComputing(_ worker: Int) -> Bool { phases[worker] == .computing }
  /// Whether a worker's calculation is one that it may give up.
  func isUnwanted(_ worker: Int) -> Bool { isComputing(worker) && bases[worker] < coordinator.oldestWanted }

  mutating func begin() {
    coordinator.begin(workers: workers)
    running = phases.count
    for worker in workers {
      phases[worker] = .computing
      clocks[worker] = 0
    }
  }

  mutating func push(_ worker: Int, isFinite: Bool = true, seconds: Double = 0) {
    pushes += 1
    stalenessSum += coordinator.version - bases[worker]
    let decision = coordinator.push(worker: worker, baseVersion: bases[worker], isFinite: isFinite, seconds: seconds)
    phases[worker] = .waiting
    untoldDrops[worker] = decision.dropped != nil
    clocks[worker] += 1
    if !coordinator.isStopped {
      for other in workers where phases[other] != .left {
        largestClockGap = max(largestClockGap, abs(clocks[worker] - clocks[other]))
      }
    }
    if decision.updates { updates += 1 }
    settle()
  }

  mutating func leave(_ worker: Int) {
    phases[worker] = .left
    running -= 1
    if coordinator.leave(worker: worker) { updates += 1 }
    settle()
  }

  mutating func restart(_ worker: Int) {
    coordinator.restarted(worker: worker)
    bases[worker] = coordinator.version
  }

  private mutating func settle() {
    while coordinator.nextInTurn() != nil { updates += 1 }
    for worker in coordinator.release() {
      phases[worker] = .computing
      bases[worker] = coordinator.version
      if untoldDrops[worker] { toldDrops[worker] += 1 }
      untoldDrops[worker] = false
    }
  }

  /// What is wrong at this moment, `nil` if nothing is.
  var violation: String? {
    if coordinator.stalenessLawResidual != 0 { return "the law is off by \(coordinator.stalenessLawResidual ?? -1)" }
    var (applied, dropped, computing) = (0, 0, 0)
    for worker in workers {
      applied += coordinator.updatesByWorker[worker]
      dropped += coordinator.dropsByWorker[worker]
      if isComputing(worker) { computing += 1 }
      let known = toldDrops[worker] + (untoldDrops[worker] ? 1 : 0)
      if coordinator.dropsByWorker[worker] != known && !coordinator.isStopped {
        return "worker \(worker) knows of \(known) drops, not of \(coordinator.dropsByWorker[worker])"
      }
    }
    if pushes != applied + dropped + coordinator.pendingPushes {
      return "\(pushes) pushes, but \(applied) applied, \(dropped) dropped, \(coordinator.pendingPushes) pending"
    }
    if updates != coordinator.version { return "\(updates) updates made version \(coordinator.version)" }
    if !isOver && computing == 0 { return "all wait for one another: \(phases)" }
    if isOver && coordinator.pendingPushes > 0 { return "\(coordinator.pendingPushes) pushes are pending at the end" }
    let stalest = coordinator.staleness.applied.max
    if stalest > limits.staleness { return "a gradient of staleness \(stalest) was applied" }
    if largestClockGap > limits.clockGap { return "clocks differed by \(largestClockGap)" }
    return nil
  }

  /// What a mode promises.
  private struct Limits {
    var staleness = Int.max
    var clockGap = Int.max

    init(_ policy: PolicyCase, workers: Int) {
      let setting = Hyperparameter.Setting(workers: workers, mode: policy.mode)
      func integer(_ hyperparameter: Hyperparameter) -> Int {
        policy.hyperparameters.integer(hyperparameter, in: setting)
      }
      switch policy.mode {
      case .sync, .rennala: staleness = 0
      case .ringmaster: staleness = integer(.delayThreshold) - 1
      case .ssp: clockGap = integer(.stalenessBound) + 1
      case .dssp: clockGap = integer(.stalenessBound) + integer(.stalenessBoundRange) + 1
      default: break
      }
    }
  }
}
