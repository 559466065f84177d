/// Turns the server's state into reports.
///
/// Confined to the trainer's event queue.
struct ProgressMeter {
  private let run: RunDescription
  private let examplesPerEpoch: Int
  /// Examples trained on by earlier processes.
  private let earlierExamples: Int
  private var last: (seconds: Double, totals: TrainingTotals) = (0, TrainingTotals())
  private var epochStart = TrainingTotals()

  init(run: RunDescription, examplesPerEpoch: Int, earlierExamples: Int) {
    self.run = run
    self.examplesPerEpoch = examplesPerEpoch
    self.earlierExamples = earlierExamples
  }

  /// Marks the begin of an epoch's sums.
  mutating func beginEpoch(_ status: ServerStatus) {
    epochStart = status.totals
  }

  /// Reports on the time since the last report.
  ///
  /// - Parameters:
  ///   - status: The server's state.
  ///   - seconds: Seconds of training so far, evaluations left out.
  /// - Returns: The report.
  mutating func progress(_ status: ServerStatus, seconds: Double) -> TrainingProgress {
    let recent = status.totals.since(last.totals)
    let recentSeconds = seconds - last.seconds
    last = (seconds, status.totals)
    let examples = earlierExamples + status.totals.examples
    let total = run.epochs * examplesPerEpoch
    let pace = seconds > 0 ? Double(status.totals.examples) / seconds : 0
    return TrainingProgress(
      seconds: seconds, epoch: Double(examples) / Double(max(1, examplesPerEpoch)), epochs: run.epochs,
      examples: examples, examplesPerSecond: recentSeconds > 0 ? Double(recent.examples) / recentSeconds : 0,
      updates: status.version, plannedUpdates: run.plannedUpdates, trainLoss: recent.meanLoss,
      learningRate: status.nextLearningRate, stalenessMean: status.stalenessMean,
      stalenessMax: status.stalenessMax, secondsRemaining: pace > 0 ? Double(max(0, total - examples)) / pace : nil)
  }

  /// Reports on the epoch under way.
  func epochReport(
    _ status: ServerStatus, epoch: Int, seconds: Double, evaluation: Evaluation, staleness: StalenessSummary
  ) -> EpochReport {
    let sums = status.totals.since(epochStart)
    return EpochReport(
      epoch: epoch, seconds: seconds, examples: earlierExamples + status.totals.examples,
      examplesPerSecond: seconds > 0 ? Double(status.totals.examples) / seconds : 0, updates: status.version,
      trainLoss: sums.meanLoss, trainAccuracy: sums.accuracy, testLoss: evaluation.loss,
      testAccuracy: evaluation.accuracy, staleness: staleness)
  }
}
