import AsyncSGD

@testable import Reporting

/// A run whose accuracy rises in a straight line from 10 % at the start to `accuracy` at the end.
func sampleComparisonRun(
  _ cell: ComparisonCell, seed: UInt64, accuracy: Double, seconds: Double = 10, examples: Int = 1000,
  outcome: ComparisonRun.Outcome = .completed
) -> ComparisonRun {
  // So many evaluations that no two are more than five points apart.
  let points = (0...20).map { index in
    let share = Double(index) / 20
    return LearningCurve.Point(
      examples: Int(share * Double(examples)), updates: Int(share * 100), seconds: share * seconds,
      trainLoss: share == 0 ? nil : 2 - share, testLoss: 2.3 - share,
      testAccuracy: 0.1 + share * (accuracy - 0.1))
  }
  return ComparisonRun(
    cell: cell, seed: seed, settings: ["seed": "\(seed)", "mode": cell.mode], outcome: outcome,
    curve: LearningCurve(points), staleness: StalenessSummary(mean: 1.5, p50: 1, p95: 3, p99: 4, max: 5),
    stalenessBins: [
      StalenessBin(lower: 0, upper: 0, count: 10), StalenessBin(lower: 1, upper: 1, count: 60),
      StalenessBin(lower: 2, upper: 3, count: 30),
    ],
    examplesPerSecond: Double(examples) / seconds, parametersHash: "0123456789abcdef")
}

func sampleCell(_ mode: String, rule: String = "plain", workers: Int = 4) -> ComparisonCell {
  ComparisonCell(mode: mode, rule: rule, workers: workers)
}

/// Runs of a cell with the seeds from 1 on, one for each accuracy.
func sampleRuns(_ cell: ComparisonCell, _ accuracies: [Double], seconds: [Double]) -> [ComparisonRun] {
  zip(accuracies, seconds).enumerated().map { index, figures in
    sampleComparisonRun(cell, seed: UInt64(index + 1), accuracy: figures.0, seconds: figures.1)
  }
}
