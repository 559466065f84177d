internal import AsyncSGD
internal import Reporting

/// What is going to be injected into a live run, in a line.
struct InjectionNote {
  /// The directives that are shown.
  private static let mostShown = 6

  /// The line.
  let text: String

  /// Sums up the slow workers and the faults of a script.
  ///
  /// - Parameters:
  ///   - faults: What the script says.
  ///   - path: The script.
  init(_ faults: ClusterDescription, path: String) {
    let directives = faults.classes.map(\.description) + faults.faults.map(\.description)
    let shown = directives.prefix(Self.mostShown).joined(separator: "; ")
    let others = directives.count - Self.mostShown
    text =
      directives.isEmpty
      ? "injecting nothing: '\(path)' says nothing"
      : "injecting \(shown)" + (others > 0 ? "; and \(NumberText.count(others)) more of '\(path)'" : "")
  }
}
