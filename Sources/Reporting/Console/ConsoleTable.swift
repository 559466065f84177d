internal import AsyncSGD

/// The rows of the progress display: one set of columns for progress and epochs.
enum ConsoleTable {
  private enum Column: String, CaseIterable {
    case epoch
    case done
    case virtualTime = "virtual"
    case virtualSpeed = "speed"
    case examplesPerSecond = "examples/s"
    case loss
    case staleness
    case stalenessMax = "max"
    case testLoss = "test loss"
    case accuracy
    case left
    case learningRate = "learning rate"

    /// The columns of a run in the time of the wall; all but the last fit into 77 characters.
    static let live: [Column] = [
      .epoch, .done, .examplesPerSecond, .loss, .staleness, .stalenessMax, .testLoss, .accuracy, .left, .learningRate,
    ]
    /// The columns of a run in virtual time; what a narrow terminal has no room for comes last.
    static let virtual: [Column] = [
      .epoch, .done, .virtualTime, .virtualSpeed, .left, .loss, .staleness, .testLoss, .accuracy, .examplesPerSecond,
      .stalenessMax, .learningRate,
    ]

    /// The characters that the column takes, with the space before it.
    var width: Int {
      switch self {
      case .epoch, .stalenessMax: 5
      case .done: 6
      case .virtualSpeed: 7
      case .virtualTime: 10
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
  static func header(isVirtual: Bool, width: Int) -> String {
    row(
      Dictionary(uniqueKeysWithValues: Column.allCases.map { ($0, $0.rawValue) }), isVirtual: isVirtual, width: width)
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
        .virtualTime: progress.virtualSeconds.map(NumberText.time) ?? "-",
        .virtualSpeed: speed(progress.virtualSeconds, progress.seconds),
      ], isVirtual: progress.virtualSeconds != nil, width: width)
  }

  /// The row of an evaluation within an epoch.
  static func row(_ report: EvaluationReport, width: Int) -> String {
    row(
      [
        .epoch: NumberText.fixed(report.epoch, digits: 2), .testLoss: NumberText.loss(report.testLoss),
        .accuracy: NumberText.percent(report.testAccuracy),
        .virtualTime: report.virtualSeconds.map(NumberText.time) ?? "-",
        .virtualSpeed: speed(report.virtualSeconds, report.seconds),
      ], isVirtual: report.virtualSeconds != nil, width: report.virtualSeconds == nil ? .max : width)
  }

  /// The row of an epoch's end.
  ///
  /// That of a run in the time of the wall has the same columns whatever the width.
  static func row(_ report: EpochReport, width: Int) -> String {
    row(
      [
        .epoch: "\(report.epoch)",
        .examplesPerSecond: NumberText.rate(report.examplesPerSecond),
        .loss: report.trainLoss.map(NumberText.loss) ?? "-",
        .staleness: NumberText.fixed(report.staleness.mean, digits: 2),
        .stalenessMax: "\(report.staleness.max)",
        .testLoss: NumberText.loss(report.testLoss),
        .accuracy: NumberText.percent(report.testAccuracy),
        .virtualTime: report.virtualSeconds.map(NumberText.time) ?? "-",
        .virtualSpeed: speed(report.virtualSeconds, report.seconds),
      ], isVirtual: report.virtualSeconds != nil, width: report.virtualSeconds == nil ? .max : width)
  }

  /// How many virtual seconds pass in a second: `12.5x`.
  private static func speed(_ virtualSeconds: Double?, _ seconds: Double) -> String {
    guard let virtualSeconds, seconds > 0 else { return "-" }
    let speed = virtualSeconds / seconds
    return (speed < 99.95 ? NumberText.fixed(speed, digits: speed < 9.995 ? 2 : 1) : NumberText.rate(speed)) + "x"
  }

  /// Joins the columns from the left, as many whole ones as fit: half a number would be another number.
  private static func row(_ cells: [Column: String], isVirtual: Bool, width: Int) -> String {
    var line = ""
    for column in isVirtual ? Column.virtual : Column.live {
      let cell = cells[column] ?? ""
      let padded = String(repeating: " ", count: max(line.isEmpty ? 0 : 1, column.width - cell.count)) + cell
      guard line.count + padded.count <= width else { break }
      line += padded
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
