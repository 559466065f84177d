/// Turns the server's state into reports.
///
/// Confined to the trainer's event queue.
struct ProgressMeter {
  private let run: RunDescription
  private let examplesPerEpoch: Int
  /// Examples trained on by earlier processes.
  private let earlierExamples: Int
  /// Examples that this process will train on.
  private let examplesToCome: Int
  private var lastSeconds = 0.0
  /// The loss of the last report that had one.
  private var lastLoss: Double?
  /// Where the last glance found the run.
  private var glance = (seconds: 0.0, examples: 0)
  private var epochSums = TrainingTotals()

  /// Creates a meter at the start of a run; without `examplesToCome`, all epochs that are left will be trained.
  init(run: RunDescription, examplesPerEpoch: Int, earlierExamples: Int, examplesToCome: Int? = nil) {
    self.run = run
    self.examplesToCome = examplesToCome ?? max(0, run.epochs * examplesPerEpoch - earlierExamples)
    self.examplesPerEpoch = examplesPerEpoch
    self.earlierExamples = earlierExamples
  }

  /// Begins an epoch's sums anew.
  mutating func beginEpoch() {
    epochSums = TrainingTotals()
  }

  /// Reports on the time since the last report.
  ///
  /// - Parameters:
  ///   - status: The server's state, with the sums since the last report.
  ///   - seconds: Seconds of training so far, evaluations left out.
  /// - Returns: The report.
  mutating func progress(_ status: ServerStatus, seconds: Double) -> TrainingProgress {
    let recent = status.recent
    let recentSeconds = seconds - lastSeconds
    lastSeconds = seconds
    epochSums.add(recent)
    lastLoss = recent.meanLoss ?? lastLoss
    return progress(
      status, seconds: seconds, trainLoss: recent.meanLoss,
      examplesPerSecond: recentSeconds > 0 ? Double(recent.examples) / recentSeconds : 0)
  }

  /// Reports on the time since the last glance, for whoever watches, and leaves the sums of the next report alone.
  ///
  /// - Parameters:
  ///   - status: The server's state, with the sums since the last report.
  ///   - seconds: Seconds of training so far, evaluations left out.
  /// - Returns: The report.
  mutating func glance(_ status: ServerStatus, seconds: Double) -> TrainingProgress {
    let (recentSeconds, recentExamples) = (seconds - glance.seconds, status.examples - glance.examples)
    glance = (seconds, status.examples)
    var progress = progress(
      status, seconds: seconds, trainLoss: status.recent.meanLoss ?? lastLoss,
      examplesPerSecond: recentSeconds > 0 ? Double(recentExamples) / recentSeconds : 0)
    progress.isGlance = true
    return progress
  }

  private func progress(
    _ status: ServerStatus, seconds: Double, trainLoss: Double?, examplesPerSecond: Double
  ) -> TrainingProgress {
    let examples = earlierExamples + status.examples
    let pace = seconds > 0 ? Double(status.examples) / seconds : 0
    return TrainingProgress(
      seconds: seconds, epoch: Double(examples) / Double(max(1, examplesPerEpoch)), epochs: run.epochs,
      examples: examples, examplesPerSecond: examplesPerSecond,
      updates: status.version, plannedUpdates: run.plannedUpdates, trainLoss: trainLoss,
      learningRate: status.nextLearningRate, stalenessMean: status.stalenessMean,
      stalenessMax: status.stalenessMax,
      secondsRemaining: pace > 0 ? Double(max(0, examplesToCome - status.examples)) / pace : nil)
  }

  /// The training accuracy of the epoch under way, `nil` before its first example.
  var epochAccuracy: Double? { epochSums.accuracy }

  /// Reports on the epoch under way.
  func epochReport(
    _ status: ServerStatus, epoch: Int, seconds: Double, evaluation: Evaluation, staleness: StalenessSummary,
    diagnosis: EpochDiagnosis, figures: RunFigures
  ) -> EpochReport {
    // Sums that do not depend on when progress was reported, where the server has them.
    let totals = status.epoch ?? epochSums
    return EpochReport(
      epoch: epoch, seconds: seconds, examples: earlierExamples + status.examples,
      examplesPerSecond: seconds > 0 ? Double(status.examples) / seconds : 0, updates: status.version,
      trainLoss: totals.meanLoss, trainAccuracy: totals.accuracy, testLoss: evaluation.loss,
      testAccuracy: evaluation.accuracy, staleness: staleness, diagnosis: diagnosis, figures: figures)
  }
}
