internal import AsyncSGD
internal import Reporting

/// Collects the evaluations of a run, in order.
final class CurveObserver: TrainingObserver, @unchecked Sendable {
  /// What was evaluated so far; written by one event at a time, read after the last one.
  private(set) var points: [LearningCurve.Point] = []
  /// The ends of epochs among it.
  private(set) var epochs: [EpochReport] = []
  private let progress: @Sendable (TrainingProgress) -> Void

  /// Creates an observer that hands progress on.
  init(_ progress: @escaping @Sendable (TrainingProgress) -> Void) {
    self.progress = progress
  }

  func observe(_ event: TrainingEvent) {
    switch event {
    case .evaluation(let report): points.append(LearningCurve.Point(report))
    case .epoch(let report):
      points.append(LearningCurve.Point(report))
      epochs.append(report)
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
  ///   - points: Its evaluations.
  ///   - beginning: The evaluation of its initial parameters.
  init?(_ report: FinalReport, points: [LearningCurve.Point], beginning: LearningCurve.Point) {
    guard report.outcome != .interrupted else { return nil }
    let end = LearningCurve.Point(report.last)
    let points = points.last?.examples == end.examples ? points : points + [end]
    let outcome: ComparisonRun.Outcome =
      switch report.outcome {
      case .completed where report.last.testLoss.isFinite: .completed
      case .deserted: .deserted
      case .completed, .diverged, .interrupted: .diverged
      }
    let seconds = report.last.virtualSeconds
    self.init(
      outcome: outcome,
      curve: LearningCurve([beginning] + points), staleness: report.last.staleness,
      stalenessBins: report.last.figures.stalenessBins,
      examplesPerSecond: seconds.map { $0 > 0 ? Double(report.last.examples) / $0 : 0 }
        ?? report.last.examplesPerSecond,
      parametersHash: report.parametersHash)
  }
}

extension LearningCurve.Point {
  fileprivate init(_ report: EvaluationReport) {
    self.init(
      examples: report.examples, updates: report.updates, seconds: report.virtualSeconds ?? report.seconds,
      trainLoss: nil, testLoss: report.testLoss, testAccuracy: report.testAccuracy)
  }

  fileprivate init(_ report: EpochReport) {
    self.init(
      examples: report.examples, updates: report.updates, seconds: report.virtualSeconds ?? report.seconds,
      trainLoss: report.trainLoss, testLoss: report.testLoss, testAccuracy: report.testAccuracy)
  }
}
