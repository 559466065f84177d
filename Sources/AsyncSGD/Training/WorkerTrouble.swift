internal import Dispatch
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
  /// Whether it has come to the epoch after its beginning, and so has pulled.
  private(set) var hasJustJoined = false
  private let faults: InjectedFaults
  private let clock: RunClock
  private let recorder: (any EventRecorder)?
  private let recognizesDuplicates: Bool
  private var began = DispatchTime.now()

  /// Creates the trouble of a worker; `nil` if it has none.
  init?(
    _ description: ClusterDescription, worker: Int, configuration: TrainingConfiguration, clock: RunClock,
    recorder: (any EventRecorder)?
  ) {
    guard let faults = InjectedFaults(description, worker: worker, seed: configuration.seed) else { return nil }
    self.faults = faults
    self.clock = clock
    self.recorder = recorder
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
    hasJustJoined = true
    return true
  }

  /// Notes that a worker begins to compute.
  func beginCalculation() { began = .now() }

  /// Makes a calculation that is done as long as it is to be, and lets happen what is to happen before the push.
  func strike(_ core: LogicalWorker, _ dispenser: MinibatchDispenser) -> Outcome {
    if faults.speed < 1 {
      let taken = Double(DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds) * 1e-9
      sleep(taken * (1 / faults.speed - 1), dispenser)
    }
    switch faults.strike(seconds: clock.seconds, version: core.latestVersion) {
    case nil: return .unharmed
    case .pause(let seconds)?:
      record(.pause, core, duration: seconds)
      sleep(seconds, dispenser)
      return .unharmed
    case .crash(let delay)?:
      record(.crash, core, minibatches: core.unsettledMinibatches)
      core.crash()
      core.leave()
      guard let delay else {
        isLost = true
        return .struck
      }
      sleep(delay, dispenser)
      core.join()
      return .struck
    }
  }

  /// Returns whether the push that is to be made is lost; lets it arrive once before if it comes twice.
  func losesPush(_ core: LogicalWorker, _ dispenser: MinibatchDispenser) -> Bool {
    switch faults.strikePush(seconds: clock.seconds, version: core.latestVersion) {
    case nil: return false
    case .lose(let delay)?:
      record(.lostPush, core, minibatches: core.unsettledMinibatches)
      core.losePush()
      sleep(delay, dispenser)
      return true
    case .duplicate?:
      record(.duplicatedPush, core)
      if !recognizesDuplicates { core.pushFirstOfTwo() }
      return false
    }
  }

  private func record(
    _ kind: RecordedFault.Kind, _ core: LogicalWorker, minibatches: [Int] = [], duration: Double = 0
  ) {
    recorder?.record(
      .fault(
        RecordedFault(
          kind: kind, worker: core.index, minibatches: minibatches, microseconds: clock.microseconds(),
          duration: Int((duration * 1e6).rounded()))))
  }

  /// Blocks the thread for a while, or until a stop was requested.
  private func sleep(_ seconds: Double, _ dispenser: MinibatchDispenser) {
    let end = clock.seconds + seconds
    while !dispenser.isStopped, clock.seconds < end {
      Thread.sleep(forTimeInterval: min(0.01, max(0, end - clock.seconds)))
    }
  }
}
