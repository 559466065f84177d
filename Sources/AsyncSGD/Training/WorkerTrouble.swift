internal import Foundation

/// Lets the faults of a live worker happen, and records them.
///
/// Confined to the worker's thread.
final class WorkerTrouble: @unchecked Sendable {  // see above
  /// Whether a calculation came to nothing.
  enum Outcome {
    case unharmed
    case struck
  }

  /// Whether the worker will never come back.
  private(set) var isLost = false
  /// Whether it has not come yet, or will never come back.
  var isOut: Bool { isLost || faults.joining != nil }
  /// What has struck; read while the worker pauses.
  private(set) var counts = FaultCounts()
  /// Whether it has come to the epoch after its beginning, and so has pulled.
  private(set) var hasJustJoined = false
  private let faults: InjectedFaults
  private let clock: RunClock
  private let recorder: (any EventRecorder)?
  private let announce: @Sendable (FaultNotice) -> Void
  private let recognizesDuplicates: Bool
  /// When the calculation under way began, by the clock.
  private var began = 0.0

  /// Creates the trouble of a worker; `nil` if it has none.
  ///
  /// - Parameters:
  ///   - description: What goes wrong.
  ///   - worker: The number of the worker.
  ///   - configuration: The run.
  ///   - clock: Its time.
  ///   - recorder: Who is told what the server does not know; `nil` for nobody.
  ///   - announce: Is told of each fault when it strikes, on the worker's thread.
  init?(
    _ description: ClusterDescription, worker: Int, configuration: TrainingConfiguration, clock: RunClock,
    recorder: (any EventRecorder)?, announce: @escaping @Sendable (FaultNotice) -> Void
  ) {
    guard let faults = InjectedFaults(description, worker: worker, seed: configuration.seed) else { return nil }
    self.faults = faults
    self.clock = clock
    self.recorder = recorder
    self.announce = announce
    recognizesDuplicates = configuration.recognizesDuplicates
  }

  /// Returns whether a worker takes part in an epoch that begins, and blocks until then if it comes late.
  func takesPart(_ core: LogicalWorker, _ dispenser: MinibatchDispenser) -> Bool {
    hasJustJoined = false
    guard !isLost else {
      core.leave()
      dispenser.note(isPresent: false)
      return false
    }
    guard !faults.hasJoined(seconds: clock.seconds, version: core.latestVersion) else { return true }
    core.leave()
    dispenser.note(isPresent: false)
    while !faults.hasJoined(seconds: clock.seconds, version: core.latestVersion) {
      // An update for whose sake it waits does not come once nobody works.
      guard !dispenser.isOver, !(faults.joinsAtUpdate && dispenser.isDeserted) else { return false }
      Thread.sleep(forTimeInterval: 0.002)
    }
    dispenser.note(isPresent: true)
    core.join()
    note(.join, core)
    hasJustJoined = true
    return true
  }

  /// Notes that a worker begins to compute.
  func beginCalculation() { began = clock.seconds }

  /// Makes a calculation that is done as long as it is to be, and lets happen what is to happen before the push.
  func strike(_ core: LogicalWorker, _ dispenser: MinibatchDispenser) -> Outcome {
    if faults.speed < 1 {
      sleep((clock.seconds - began) * (1 / faults.speed - 1), dispenser)
    }
    switch faults.strike(seconds: clock.seconds, version: core.latestVersion) {
    case nil: return .unharmed
    case .pause(let seconds)?:
      note(.pause, core, duration: seconds)
      record(.pause, core, duration: seconds)
      sleep(seconds, dispenser)
      return .unharmed
    case .crash(let delay)?:
      note(.crash, core, duration: delay)
      record(.crash, core, minibatches: core.unsettledMinibatches)
      core.crash()
      core.leave()
      guard let delay else {
        isLost = true
        return .struck
      }
      sleep(delay, dispenser)
      core.join()
      note(.restart, core)
      return .struck
    }
  }

  /// Returns whether the push that is to be made is lost; lets it arrive once before if it comes twice.
  func losesPush(_ core: LogicalWorker, _ dispenser: MinibatchDispenser) -> Bool {
    switch faults.strikePush(seconds: clock.seconds, version: core.latestVersion) {
    case nil: return false
    case .lose(let delay)?:
      note(.lostPush, core, duration: delay > 0 ? delay : nil)
      record(.lostPush, core, minibatches: core.unsettledMinibatches)
      core.losePush()
      sleep(delay, dispenser)
      return true
    case .duplicate?:
      note(.duplicatedPush, core)
      record(.duplicatedPush, core)
      if !recognizesDuplicates { core.pushFirstOfTwo() }
      return false
    }
  }

  private func note(_ kind: FaultNotice.Kind, _ core: LogicalWorker, duration: Double? = nil) {
    counts.count(kind)
    announce(
      FaultNotice(
        kind, worker: core.index, update: core.latestVersion, seconds: Double(clock.microseconds()) / 1e6,
        duration: duration))
  }

  private func record(
    _ kind: RecordedFault.Kind, _ core: LogicalWorker, minibatches: [Int] = [], duration: Double = 0
  ) {
    recorder?.record(
      .fault(
        RecordedFault(
          kind: kind, worker: core.index, minibatches: minibatches, microseconds: clock.microseconds(),
          duration: Int(microsecondsOf: duration))))
  }

  /// Blocks the thread for a while, or until a stop was requested.
  private func sleep(_ seconds: Double, _ dispenser: MinibatchDispenser) {
    let end = clock.seconds + seconds
    while !dispenser.isStopped, clock.seconds < end {
      Thread.sleep(forTimeInterval: min(0.01, max(0, end - clock.seconds)))
    }
  }
}
