internal import Dispatch

/// A few threads that compute for many workers, ahead of the time when it is needed.
///
/// A driver submits what a worker computes next with the moment when it will be due, and collects it when that has come.
/// Meanwhile the lanes work through what was submitted, what is due first before the rest. What they do does not depend on
/// when, or on which lane; so the results are the same for any number of lanes.
///
/// One driver thread calls all methods. It is one of the crew: while it waits for a result it computes what is due next, on the
/// first lane, so that there are as many threads as lanes, and with one lane nobody hands anything over.
final class ComputeCrew: @unchecked Sendable {  // all state is protected by `monitor`
  /// What a lane does for a worker.
  typealias Work = (ComputeLane) -> Void

  private enum Phase {
    case idle
    case ready(Work)
    case running
    case done
  }

  /// The threads; idle outside of ``run(_:)`` and within ``pause(_:)``.
  let lanes: [ComputeLane]
  /// The most results that are computed before somebody collects one of them, which bounds the buffers in use.
  private let window: Int
  private let monitor = Monitor()
  private var phases: [Phase]
  /// What is ready, by the moment when it is due; entries of workers that are not ready any more are passed over.
  private var due: WaitingRoom
  /// How many workers are running or done.
  private var outstanding = 0
  private var isOpen = false
  private let group = DispatchGroup()

  /// Creates a crew that does nothing yet.
  ///
  /// - Parameters:
  ///   - lanes: The threads, at least one.
  ///   - workers: The number of workers.
  init(lanes: [ComputeLane], workers: Int) {
    precondition(!lanes.isEmpty, "a crew needs a lane")
    self.lanes = lanes
    window = 4 * lanes.count + 4
    phases = Array(repeating: .idle, count: workers)
    due = WaitingRoom(workers: workers)
  }

  /// Runs `body` on the calling thread while the lanes work.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    open()
    defer { close() }
    return try body()
  }

  /// Runs `body` while the lanes are idle, within ``run(_:)``.
  func pause<Result>(_ body: () throws -> Result) rethrows -> Result {
    close()
    defer { open() }
    return try body()
  }

  private func open() {
    monitor.withLock { isOpen = true }
    // The first one is the driver's own.
    for lane in lanes.dropFirst() {
      lane.queue.async(group: group) { [self] in work(on: lane) }
    }
  }

  private func close() {
    monitor.withLock {
      isOpen = false
      monitor.wakeAll()
    }
    group.wait()
  }

  // MARK: The driver

  /// Lets a worker compute.
  ///
  /// - Parameters:
  ///   - worker: The worker, of whom nothing is outstanding.
  ///   - moment: When it will be due, by any measure that grows.
  ///   - work: What to do.
  func submit(_ worker: Int, due moment: Int, _ work: @escaping Work) {
    monitor.withLock {
      guard case .idle = phases[worker] else { preconditionFailure("worker \(worker) computes already") }
      phases[worker] = .ready(work)
      // With one lane the driver computes what it waits for, and nothing ahead.
      if lanes.count > 1 { due.enter(worker, goal: moment) }
      monitor.wakeAll()
    }
  }

  /// Waits until what a worker computes is done, and computes meanwhile.
  func collect(_ worker: Int) {
    while let (other, work) = step(towards: worker) {
      work(lanes[0])
      finish(other)
    }
  }

  /// Returns what the driver computes while a worker's result is not there; `nil` when it is.
  private func step(towards worker: Int) -> (worker: Int, work: Work)? {
    monitor.withLock {
      while true {
        switch phases[worker] {
        case .idle: preconditionFailure("worker \(worker) computes nothing")
        case .done:
          settle(worker)
          return nil
        case .ready(let work): return (worker, begin(worker, work))
        case .running:
          if let other = takeDue(), case .ready(let work) = phases[other] { return (other, begin(other, work)) }
          monitor.wait()
        }
      }
    }
  }

  /// Forgets what a worker computes; blocks while it is under way.
  ///
  /// - Returns: Whether it was computed, so that it must be undone.
  func cancel(_ worker: Int) -> Bool {
    monitor.withLock {
      while true {
        switch phases[worker] {
        case .idle: return false
        case .ready:
          phases[worker] = .idle
          return false
        case .done:
          settle(worker)
          return true
        case .running: monitor.wait()
        }
      }
    }
  }

  private func settle(_ worker: Int) {
    phases[worker] = .idle
    outstanding -= 1
    monitor.wakeAll()
  }

  // MARK: The lanes

  private func work(on lane: ComputeLane) {
    while let (worker, work) = next() {
      work(lane)
      finish(worker)
    }
  }

  /// Blocks until there is something to do; `nil` when the crew is closed.
  private func next() -> (worker: Int, work: Work)? {
    monitor.withLock {
      while isOpen {
        if let worker = takeDue(), case .ready(let work) = phases[worker] { return (worker, begin(worker, work)) }
        monitor.wait()
      }
      return nil
    }
  }

  private func takeDue() -> Int? {
    guard outstanding < window else { return nil }
    while let worker = due.leave(at: .max) {
      if case .ready = phases[worker] { return worker }
    }
    return nil
  }

  private func begin(_ worker: Int, _ work: @escaping Work) -> Work {
    phases[worker] = .running
    outstanding += 1
    return work
  }

  private func finish(_ worker: Int) {
    monitor.withLock {
      phases[worker] = .done
      monitor.wakeAll()
    }
  }
}
