internal import AsyncSGD
internal import Foundation

/// A way to the server that notes when each push was done, and calls a halt when there are enough.
///
/// The rate follows from the pushes of the time in between: what comes before is warming up, and the end of a run, where
/// some workers have no work any more, is not part of it.
final class PushLog: @unchecked Sendable {  // all variables are protected by `lock`
  private let lock = NSLock()
  private let seconds: Double
  private let warmUpPushes: Int
  private let leastPushes: Int
  private let halt: @Sendable () -> Void

  private var pushes = 0
  private var isHalted = false
  /// The end of the last push of the warm-up.
  private var start: Double?
  private var end = 0.0
  private var examples = 0

  /// Creates an empty log.
  ///
  /// - Parameters:
  ///   - workers: The workers that push; two pushes of each are warm-up, and there are at least as many afterwards.
  ///   - seconds: How long to measure.
  ///   - halt: Called once, from a worker, when it was long enough.
  init(workers: Int, seconds: Double, halt: @escaping @Sendable () -> Void) {
    self.seconds = seconds
    self.halt = halt
    warmUpPushes = 2 * workers
    leastPushes = 2 * workers
  }

  /// Examples a second from the end of the warm-up to the last push before the halt.
  var examplesPerSecond: Double {
    lock.withLock { start.map { Double(examples) / (end - $0) } ?? 0 }
  }

  /// Returns a worker's way to `server`.
  func service(_ server: any ParameterService) -> any ParameterService {
    Service(base: server, log: self)
  }

  /// Notes a push that ended at `now`.
  func note(examples count: Int, now: Double) {
    let isEnough = lock.withLock {
      guard !isHalted else { return false }
      pushes += 1
      guard let start else {
        if pushes >= warmUpPushes { self.start = now }
        return false
      }
      examples += count
      end = max(end, now)
      isHalted = now - start >= seconds && pushes - warmUpPushes >= leastPushes
      return isHalted
    }
    if isEnough { halt() }
  }

  private struct Service: ServiceDecorator {
    let base: any ParameterService
    let log: PushLog

    func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
      let examples = push.examples
      let reply = base.push(push, snapshot: &snapshot)
      log.note(examples: examples, now: monotonicSeconds())
      return reply
    }
  }
}
