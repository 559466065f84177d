public import AsyncSGD

/// What asynchrony did in a run, as a page of pictures that needs nothing else.
///
/// It has no script and loads nothing. Colors follow the reader's choice of light or dark.
public struct StalenessPage {
  private let report: FinalReport
  private let command: String

  /// Creates a page.
  ///
  /// - Parameters:
  ///   - report: The end of the run.
  ///   - moreArguments: Options that repeat the run and that its description does not know.
  public init(_ report: FinalReport, moreArguments: [String]) {
    self.report = report
    command = report.run.commandLine(moreArguments: moreArguments)
  }

  /// The page.
  public var html: String {
    let run = report.run
    let title = "Staleness of \(run.model) on \(run.dataset), \(run.mode), \(run.workers) workers"
    let pictures = StalenessPlots(report.last.figures).pictures(id: "run")
    let body =
      pictures.isEmpty
      ? "<p>No gradient was stale: there is nothing to see.</p>"
      : pictures.map { "<figure>\($0)</figure>" }.joined(separator: "\n")
    return HTMLPage(
      title: title, css: "figure{margin:1.5em 0;max-width:900px}",
      body: """
        <p><code>\(SVG.escaped(command))</code></p>
        <pre>\(SVG.escaped("\(SummaryTable(report))"))</pre>
        \(body)

        """
    ).html
  }
}
