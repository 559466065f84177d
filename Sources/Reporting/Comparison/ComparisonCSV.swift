/// The curves of a comparison as comma-separated values: one line for each evaluation of each run.
///
/// Sources: RFC 4180, but for line ends, which are single newlines.
package enum ComparisonCSV {
  private static let columns = [
    "mode", "rule", "workers", "seed", "outcome", "examples", "updates", "seconds", "trainLoss", "testLoss",
    "testAccuracy",
  ]

  /// Returns the text, with a line of names first; what is missing or no number is empty.
  package static func text(_ runs: [ComparisonRun]) -> String {
    let rows = runs.flatMap { run in
      run.curve.points.map { point in
        [
          quoted(run.cell.mode), quoted(run.cell.rule), "\(run.cell.workers)", "\(run.seed)", run.outcome.rawValue,
          "\(point.examples)", "\(point.updates)", number(point.seconds), number(point.trainLoss),
          number(point.testLoss), number(point.testAccuracy),
        ]
      }
    }
    return ([columns] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  private static func number(_ value: Double?) -> String {
    value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
