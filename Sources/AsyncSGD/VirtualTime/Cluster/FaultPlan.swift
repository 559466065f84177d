internal import Randomness

/// Which faults strike whom, and when: a description's faults, made ready for the loop of events.
struct FaultPlan: Sendable {
  /// A fault that strikes now.
  struct Strike: Sendable {
    var kind: Fault.Kind
    var workers: ClosedRange<Int>
  }

  /// A fault that strikes at times.
  private struct Timed: Sendable {
    var strike: Strike
    /// When it strikes, the only time.
    var time: Double?
    /// How often it strikes any of its workers, in times a second.
    var rate: Double
    var strikes = 0
  }

  /// A fault that strikes pushes by chance.
  private struct Chance: Sendable {
    var kind: Fault.Kind
    var workers: ClosedRange<Int>
    var probability: Double
  }

  private let seed: UInt64
  private let count: Int
  private var timed: [Timed] = []
  /// Those that wait for an update, the first one last.
  private var awaited: [(update: Int, strike: Strike)] = []
  private var chances: [Chance] = []
  /// Whether each worker has not joined yet; empty if all have.
  private var isAbsent: [Bool] = []
  /// Whether pushes can be lost or doubled at all.
  let strikesPushes: Bool

  /// Creates the plan of some faults.
  init(_ faults: [Fault], workers count: Int, seed: UInt64) {
    self.seed = seed
    self.count = count
    strikesPushes = faults.contains { $0.strikesPushes }
    for fault in faults {
      let strike = Strike(kind: fault.kind, workers: fault.workers ?? 0...count - 1)
      if fault.kind == .join {
        if isAbsent.isEmpty { isAbsent = Array(repeating: false, count: count) }
        for worker in strike.workers { isAbsent[worker] = true }
      }
      switch fault.trigger {
      case .time(let time): timed.append(Timed(strike: strike, time: time, rate: 0))
      case .rate(let rate): timed.append(Timed(strike: strike, time: nil, rate: rate * Double(strike.workers.count)))
      case .update(let update): awaited.append((update, strike))
      case .probability(let probability):
        chances.append(Chance(kind: fault.kind, workers: strike.workers, probability: probability))
      }
    }
    // Of those that wait for the same update, the first one in the description strikes first.
    let order = awaited.indices.sorted { (awaited[$0].update, $0) > (awaited[$1].update, $1) }
    awaited = order.map { awaited[$0] }
  }

  /// The events of its own that the plan needs room for.
  var slots: Int { timed.count }

  /// The workers that have not joined yet.
  var absent: [Int] { isAbsent.indices.filter { isAbsent[$0] } }

  /// Whether a worker has not joined yet, and will.
  func awaitsJoin(of worker: Int) -> Bool { !isAbsent.isEmpty && isAbsent[worker] }

  /// Whether a worker has not joined yet, and will at some time, whatever happens until then.
  func awaitsTimedJoin(of worker: Int) -> Bool {
    awaitsJoin(of: worker) && timed.contains { $0.strike.kind == .join && $0.strike.workers.contains(worker) }
  }

  /// Notes that a worker joins; returns whether it had not yet.
  mutating func join(_ worker: Int) -> Bool {
    guard awaitsJoin(of: worker) else { return false }
    isAbsent[worker] = false
    return true
  }

  /// Returns when each fault of an own event strikes first.
  func firstTimes(after now: Double) -> [(slot: Int, seconds: Double)] {
    timed.indices.map { ($0, timed[$0].time ?? now + interval(slot: $0)) }
  }

  /// Returns whom a fault strikes whose time has come, and when it strikes next.
  mutating func strike(slot: Int, at now: Double) -> (strike: Strike, next: Double?) {
    var strike = timed[slot].strike
    guard timed[slot].time == nil else { return (strike, nil) }
    // Of m workers that fail r times a second each, any one fails m·r times a second.
    var stream = stream(slot: slot)
    let index = Int(stream.uniform(below: UInt32(strike.workers.count)))
    let worker = strike.workers.lowerBound + index
    strike.workers = worker...worker
    timed[slot].strikes += 1
    return (strike, now + interval(slot: slot))
  }

  private func interval(slot: Int) -> Double {
    var stream = stream(slot: slot)
    _ = stream.next()
    return stream.standardExponential() / timed[slot].rate
  }

  private func stream(slot: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: .faults, worker: count + slot, step: timed[slot].strikes)
  }

  /// Whether a fault has waited for this version.
  @inline(__always)
  func isDue(at version: Int) -> Bool {
    guard let last = awaited.last else { return false }
    return last.update <= version
  }

  /// Returns the next fault that has waited for this version.
  mutating func nextDue(at version: Int) -> Strike? {
    isDue(at: version) ? awaited.removeLast().strike : nil
  }

  /// Returns after how many seconds a worker notices that its push is lost, or `nil` if it is not.
  func losesPush(_ index: Int, _ worker: inout VirtualWorker) -> Double? {
    if let delay = worker.losesPush.take() { return delay }
    var stream = RandomStream(seed: seed, purpose: .faults, worker: index, step: worker.pushes)
    for chance in chances {
      guard case .losePush(let delay) = chance.kind, chance.workers.contains(index) else { continue }
      if stream.positiveUniform() <= chance.probability { return delay }
    }
    return nil
  }

  /// Returns whether a push arrives twice.
  func duplicatesPush(_ index: Int, _ worker: inout VirtualWorker) -> Bool {
    if worker.duplicatesPush {
      worker.duplicatesPush = false
      return true
    }
    // The upper half of steps, so that the numbers are others than those of losses.
    var stream = RandomStream(seed: seed, purpose: .faults, worker: index, step: 1 << 31 | worker.pushes)
    for chance in chances where chance.kind == .duplicatePush && chance.workers.contains(index) {
      if stream.positiveUniform() <= chance.probability { return true }
    }
    return false
  }
}

/// How many faults struck.
public struct FaultCounts: Hashable, Sendable {
  /// Workers that crashed.
  public internal(set) var crashes = 0
  /// Workers that joined again after a crash.
  public internal(set) var restarts = 0
  /// Workers that joined for the first time, later than the others.
  public internal(set) var joins = 0
  /// Workers that were paused.
  public internal(set) var pauses = 0
  /// Pushes that did not reach the server.
  public internal(set) var lostPushes = 0
  /// Pushes that reached it twice.
  public internal(set) var duplicatedPushes = 0

  /// Creates counts of nothing.
  public init() {}

  /// Whether nothing went wrong.
  public var isEmpty: Bool { self == FaultCounts() }

  mutating func add(_ other: FaultCounts) {
    crashes += other.crashes
    restarts += other.restarts
    joins += other.joins
    pauses += other.pauses
    lostPushes += other.lostPushes
    duplicatedPushes += other.duplicatedPushes
  }
}
