internal import AsyncSGD
internal import Reporting

/// Collects the evaluations of a run.
final class CurveObserver: TrainingObserver, @unchecked Sendable {
  /// The epochs so far; written by one event at a time, read after the last one.
  private(set) var epochs: [EpochReport] = []
  private let progress: @Sendable (TrainingProgress) -> Void

  /// Creates an observer that hands progress on.
  init(_ progress: @escaping @Sendable (TrainingProgress) -> Void) {
    self.progress = progress
  }

  func observe(_ event: TrainingEvent) {
    switch event {
    case .epoch(let report): epochs.append(report)
    case .progress(let report): progress(report)
    case .run, .warning, .fault, .final: break
    }
  }
}

extension RunResult {
  /// Sums up a run that was observed; `nil` if it was interrupted.
  ///
  /// - Parameters:
  ///   - report: Its end.
  ///   - epochs: Its evaluations.
  ///   - beginning: The evaluation of its initial parameters.
  init?(_ report: FinalReport, epochs: [EpochReport], beginning: LearningCurve.Point) {
    guard report.outcome != .interrupted else { return nil }
    var epochs = epochs
    if epochs.last?.examples != report.last.examples { epochs.append(report.last) }
    let isSound = report.outcome == .completed && report.last.testLoss.isFinite
    let seconds = report.last.virtualSeconds
    self.init(
      outcome: isSound ? .completed : .diverged,
      curve: LearningCurve([beginning] + epochs.map(LearningCurve.Point.init)), staleness: report.last.staleness,
      stalenessBins: report.last.figures.stalenessBins,
      examplesPerSecond: seconds.map { $0 > 0 ? Double(report.last.examples) / $0 : 0 }
        ?? report.last.examplesPerSecond,
      parametersHash: report.parametersHash)
  }
}

extension LearningCurve.Point {
  fileprivate init(_ report: EpochReport) {
    self.init(
      examples: report.examples, updates: report.updates, seconds: report.virtualSeconds ?? report.seconds,
      trainLoss: report.trainLoss, testLoss: report.testLoss, testAccuracy: report.testAccuracy)
  }
}
