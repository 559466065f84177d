internal import AsyncSGD

/// The rows of the progress display: one set of columns for progress and epochs.
enum ConsoleTable {
  private enum Column: String, CaseIterable {
    case epoch
    case done
    case examplesPerSecond = "examples/s"
    case loss
    case staleness
    case stalenessMax = "max"
    case testLoss = "test loss"
    case accuracy
    case left
    case learningRate = "learning rate"

    /// The characters that the column takes, with the space before it; all columns but the last fit into 77.
    var width: Int {
      switch self {
      case .epoch, .stalenessMax: 5
      case .done: 6
      case .left: 8
      case .loss: 9
      case .accuracy: 10
      case .staleness, .testLoss: 11
      case .examplesPerSecond: 12
      case .learningRate: 15
      }
    }
  }

  /// The names of the columns that fit into `width` characters.
  static func header(width: Int) -> String {
    row(Dictionary(uniqueKeysWithValues: Column.allCases.map { ($0, $0.rawValue) }), width: width)
  }

  /// A row of the run under way.
  static func row(_ progress: TrainingProgress, width: Int) -> String {
    let share = progress.epochs > 0 ? progress.epoch / Double(progress.epochs) : 1
    return row(
      [
        .epoch: NumberText.fixed(progress.epoch, digits: 2),
        // Rounded down: 100 % is the end.
        .done: NumberText.fixed((share * 100).rounded(.down), digits: 0) + "%",
        .examplesPerSecond: NumberText.rate(progress.examplesPerSecond),
        .loss: progress.trainLoss.map(NumberText.loss) ?? "-",
        .staleness: NumberText.fixed(progress.stalenessMean, digits: 2),
        .stalenessMax: "\(progress.stalenessMax)",
        .left: progress.secondsRemaining.map(NumberText.duration) ?? "-",
        .learningRate: NumberText.learningRate(progress.learningRate),
      ], width: width)
  }

  /// The row of an evaluation within an epoch.
  static func row(_ report: EvaluationReport) -> String {
    row(
      [
        .epoch: NumberText.fixed(report.epoch, digits: 2), .testLoss: NumberText.loss(report.testLoss),
        .accuracy: NumberText.percent(report.testAccuracy),
      ], width: .max)
  }

  /// The row of an epoch's end.
  static func row(_ report: EpochReport) -> String {
    row(
      [
        .epoch: "\(report.epoch)",
        .examplesPerSecond: NumberText.rate(report.examplesPerSecond),
        .loss: report.trainLoss.map(NumberText.loss) ?? "-",
        .staleness: NumberText.fixed(report.staleness.mean, digits: 2),
        .stalenessMax: "\(report.staleness.max)",
        .testLoss: NumberText.loss(report.testLoss),
        .accuracy: NumberText.percent(report.testAccuracy),
      ], width: .max)
  }

  /// Joins the columns from the left, as many whole ones as fit: half a number would be another number.
  private static func row(_ cells: [Column: String], width: Int) -> String {
    var line = ""
    for column in Column.allCases {
      let cell = cells[column] ?? ""
      let padded = String(repeating: " ", count: max(line.isEmpty ? 0 : 1, column.width - cell.count)) + cell
      guard line.count + padded.count <= width else { break }
      line += padded
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
