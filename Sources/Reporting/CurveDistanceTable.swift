public import AsyncSGD

/// How far the accuracies of a simulated run are from those of the recorded one, epoch by epoch, for standard output.
public struct CurveDistanceTable: Sendable, CustomStringConvertible {
  private let pairs: [(recorded: EpochReport, simulated: EpochReport)]

  /// Creates the table of two runs; epochs that only one of them has are left out.
  public init(recorded: [EpochReport], simulated: [EpochReport]) {
    pairs = recorded.compactMap { epoch in
      simulated.first { $0.epoch == epoch.epoch }.map { (epoch, $0) }
    }
  }

  /// The largest difference of test accuracies; `nil` if there is no epoch to compare.
  public var largestDifference: Double? {
    pairs.map { abs($0.recorded.testAccuracy - $0.simulated.testAccuracy) }.max()
  }

  /// The table, each line with its newline.
  public var description: String {
    guard let largest = largestDifference else {
      return "no epoch of the recording is whole: there are no accuracies\n"
    }
    let rows =
      [["epoch", "recorded", "simulated", "difference"]]
      + pairs.map { recorded, simulated in
        [
          "\(recorded.epoch)", NumberText.percent(recorded.testAccuracy), NumberText.percent(simulated.testAccuracy),
          NumberText.percent(abs(recorded.testAccuracy - simulated.testAccuracy)),
        ]
      }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ") + "\n"
    }
    return lines.joined() + "largest difference of test accuracy: \(NumberText.percent(largest))\n"
  }
}
