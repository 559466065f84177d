internal import Foundation
internal import Randomness

/// What a live worker is made to suffer: slowness, pauses, crashes, a late start, pushes that are lost or arrive twice.
///
/// The faults are those of a ``ClusterDescription``; when those strike that come at random is a function of the seed and the
/// worker. Confined to the worker's thread.
final class InjectedFaults {
  /// What happens to the worker before its push.
  enum Strike {
    /// It loses everything, and comes back after some seconds, or never.
    case crash(restartAfter: Double?)
    /// It does nothing for some seconds.
    case pause(seconds: Double)
  }

  /// What happens to a push.
  enum PushStrike {
    /// It does not arrive; its worker notices after some seconds.
    case lose(noticedAfter: Double)
    /// It arrives twice.
    case duplicate
  }

  /// A fault, and when it strikes next.
  private struct Pending {
    let kind: Fault.Kind
    let trigger: Fault.Trigger
    /// In seconds since the run began; `nil` if it does not depend on the time, or never strikes again.
    var time: Double?
    var strikes = 0
    var isOver = false
  }

  /// How fast the worker computes; 1 as the machine does.
  let speed: Double
  /// When it takes part for the first time; `nil` from the beginning.
  private(set) var joining: Fault.Trigger?
  private var pending: [Pending]
  private let worker: Int
  private let seed: UInt64
  private var pushes = 0

  /// Creates the faults of one worker; `nil` if it has none.
  ///
  /// - Parameters:
  ///   - description: The faults of all; compute times and network mean nothing here.
  ///   - worker: The number of the worker.
  ///   - seed: The seed of what comes at random.
  init?(_ description: ClusterDescription, worker: Int, seed: UInt64) {
    let own = description.faults.filter { $0.workers?.contains(worker) ?? true }
    speed = description.speed(of: worker)
    guard !own.isEmpty || speed < 1 else { return nil }
    self.worker = worker
    self.seed = seed
    joining = own.last { $0.kind == .join }?.trigger
    pending = own.filter { $0.kind != .join }.map { fault in
      var time: Double?
      if case .time(let seconds) = fault.trigger { time = seconds }
      return Pending(kind: fault.kind, trigger: fault.trigger, time: time)
    }
    for index in pending.indices {
      if case .rate(let rate) = pending[index].trigger { pending[index].time = interval(index, rate) }
    }
  }

  /// Whether it is an update that the worker waits for before it takes part.
  var joinsAtUpdate: Bool {
    if case .update? = joining { true } else { false }
  }

  /// Whether the worker takes part by now.
  func hasJoined(seconds: Double, version: Int) -> Bool {
    switch joining {
    case nil: return true
    case .time(let time)?: if seconds < time { return false }
    case .update(let update)?: if version < update { return false }
    case .rate?, .probability?: break
    }
    joining = nil
    return true
  }

  /// Returns what strikes the worker now, if anything does.
  func strike(seconds: Double, version: Int) -> Strike? {
    for index in pending.indices where isDue(index, seconds: seconds, version: version) {
      switch pending[index].kind {
      case .crash(let delay):
        pass(index, seconds)
        return .crash(restartAfter: delay)
      case .pause(let duration):
        pass(index, seconds)
        return .pause(seconds: duration)
      case .join, .losePush, .duplicatePush: continue
      }
    }
    return nil
  }

  /// Returns what strikes the push that is about to be made, if anything does.
  func strikePush(seconds: Double, version: Int) -> PushStrike? {
    defer { pushes += 1 }
    for index in pending.indices where isDue(index, seconds: seconds, version: version) {
      switch pending[index].kind {
      case .losePush(let delay):
        pass(index, seconds)
        return .lose(noticedAfter: delay)
      case .duplicatePush:
        pass(index, seconds)
        return .duplicate
      case .crash, .pause, .join: continue
      }
    }
    return nil
  }

  private func isDue(_ index: Int, seconds: Double, version: Int) -> Bool {
    guard !pending[index].isOver else { return false }
    switch pending[index].trigger {
    case .time, .rate: return pending[index].time.map { seconds >= $0 } ?? false
    case .update(let update): return version >= update
    case .probability(let probability):
      var stream = RandomStream(seed: seed, purpose: .faults, worker: worker, step: pushes << 8 | index)
      return stream.positiveUniform() <= probability
    }
  }

  /// Notes that a fault has struck.
  private func pass(_ index: Int, _ seconds: Double) {
    switch pending[index].trigger {
    case .time, .update: pending[index].isOver = true
    case .rate(let rate):
      pending[index].strikes += 1
      pending[index].time = seconds + interval(index, rate)
    case .probability: break
    }
  }

  private func interval(_ index: Int, _ rate: Double) -> Double {
    // The upper half of steps: the lower one is of pushes.
    let step = 1 << 31 | pending[index].strikes << 8 | index
    var stream = RandomStream(seed: seed, purpose: .faults, worker: worker, step: step & 0xFFFF_FFFF)
    return stream.standardExponential() / rate
  }
}
