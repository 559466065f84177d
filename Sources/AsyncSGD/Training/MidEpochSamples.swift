internal import Foundation

/// Parameters of moments within an epoch, kept until the workers pause and there is time to evaluate them.
///
/// The run goes on as if nobody looked. To keep a version of a ``ParameterServer`` costs no copy, only its memory for a while;
/// a sharded server and shared memory are copied, and may mix versions, as what their workers pull.
final class MidEpochSamples: @unchecked Sendable {  // what changes is protected by `lock`
  /// Parameters that are kept.
  final class Sample: Sendable {
    let snapshot: ParameterSnapshot
    /// Examples trained on since the run began.
    let examples: Int
    /// Seconds of training in this process.
    let seconds: Double
    /// The virtual time of an emulated run, in seconds.
    let virtualSeconds: Double?

    fileprivate init(
      _ snapshot: consuming ParameterSnapshot, examples: Int, seconds: Double, virtualSeconds: Double?
    ) {
      self.snapshot = snapshot
      self.examples = examples
      self.seconds = seconds
      self.virtualSeconds = virtualSeconds
    }
  }

  /// The numbers of the minibatches, in their epoch, before which parameters are kept; rising.
  let marks: [Int]
  private let server: any TrainingServer
  private let earlierExamples: Int
  private let stopwatch: Stopwatch
  private let virtualClock: RunClock?
  private let lock = Lock()
  private var samples: [Sample] = []

  /// Creates room for the samples of a run.
  ///
  /// - Parameters:
  ///   - setup: The run.
  ///   - stopwatch: The time of training.
  ///   - virtualClock: The time of an emulated run.
  init(_ setup: RunSetup, stopwatch: Stopwatch, virtualClock: RunClock?) {
    marks = setup.plan.marks(parts: setup.configuration.evaluationsPerEpoch)
    server = setup.server
    earlierExamples = setup.start.examples
    self.stopwatch = stopwatch
    self.virtualClock = virtualClock
  }

  /// Keeps the latest parameters if a minibatch is one of the marks; any thread may call it.
  func deal(_ minibatch: Int) {
    if marks.contains(minibatch) { keep() }
  }

  /// Keeps the latest parameters; any thread may call it.
  func keep() {
    let sample = Sample(
      server.latest(), examples: earlierExamples + server.status.examples, seconds: stopwatch.seconds,
      virtualSeconds: virtualClock?.seconds)
    lock.withLock { samples.append(sample) }
  }

  /// Returns what was kept since the last call, in the order of the run.
  func take() -> [Sample] {
    let taken = lock.withLock {
      defer { samples = [] }
      return samples
    }
    // Two workers may come to marks that lie close together at once.
    return taken.sorted { ($0.snapshot.version, $0.seconds) < ($1.snapshot.version, $1.seconds) }
  }
}

extension EpochPlan {
  /// Cuts an epoch into equal parts.
  ///
  /// - Parameter parts: Their number; there are never more than minibatches.
  /// - Returns: The minibatches with which all parts but the first begin.
  func marks(parts: Int) -> [Int] {
    let parts = min(parts, minibatches)
    guard parts > 1 else { return [] }
    return (1..<parts).map { $0 * minibatches / parts }
  }
}
