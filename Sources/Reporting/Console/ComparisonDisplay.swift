package import AsyncSGD
internal import Foundation

/// Shows how far a comparison is: on a terminal a row that is updated in place, and a line that stays for each run.
package final class ComparisonDisplay: Sendable {
  private struct State {
    var hasRow = false
    var lastRow = -Double.infinity
  }

  private let width: @Sendable () -> Int?
  private let isQuiet: Bool
  private let now: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  private let state = Locked(State())

  /// Creates a display.
  ///
  /// - Parameters:
  ///   - isQuiet: Whether only alerts are shown.
  ///   - width: The present width of the terminal in columns; `nil` where there is none, and then there are no rows.
  ///   - now: The time in seconds since any moment; never goes back.
  ///   - write: Takes the text; called by one thread at a time.
  package init(
    isQuiet: Bool, width: @escaping @Sendable () -> Int?, now: @escaping @Sendable () -> Double,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isQuiet = isQuiet
    self.width = width
    self.now = now
    self.write = write
  }

  /// Creates a display on standard error.
  package static func standardError(isQuiet: Bool) -> ComparisonDisplay {
    let output = OutputDescriptor.standardError
    let isTerminal = output.isTerminal
    return ComparisonDisplay(
      isQuiet: isQuiet, width: { isTerminal ? output.terminalWidth ?? 80 : nil },
      now: { ProcessInfo.processInfo.systemUptime }, write: { try? output.write($0) })
  }

  /// Shows how far the run under way is.
  ///
  /// - Parameters:
  ///   - title: Which run it is.
  ///   - progress: How far it is.
  ///   - remaining: Seconds until the comparison's end; `nil` while unknown.
  package func progress(_ title: String, _ progress: TrainingProgress, remaining: Double?) {
    guard !isQuiet, let width = width() else { return }
    let epoch = NumberText.fixed(progress.epoch, digits: 1)
    let row = title + "  epoch \(epoch) of \(progress.epochs)" + Self.left(remaining)
    let now = now()
    state.withLock { state in
      guard now - state.lastRow >= 0.1 else { return }
      state.lastRow = now
      state.hasRow = true
      write("\r\(row.prefix(max(0, width - 1)))\u{1B}[K")
    }
  }

  /// Shows what came of a run.
  package func finished(_ title: String, _ run: ComparisonRun, remaining: Double?) {
    let last = run.curve.points.last
    let accuracy = last.map { "  \(NumberText.percent($0.testAccuracy))" } ?? ""
    let time = last.map { " in \(ComparisonText.seconds($0.seconds))" } ?? ""
    let outcome =
      switch run.outcome {
      case .completed: ""
      case .diverged: "  diverged"
      case .deserted: "  no worker was left"
      }
    note(title + accuracy + time + outcome + Self.left(remaining))
  }

  /// Shows a line that stays, unless the display is quiet.
  package func note(_ line: String) {
    if !isQuiet { alert(line) }
  }

  /// Shows a line that stays, even if the display is quiet.
  package func alert(_ line: String) {
    state.withLock { state in
      write((state.hasRow ? "\r\u{1B}[K" : "") + line + "\n")
      state.hasRow = false
    }
  }

  private static func left(_ remaining: Double?) -> String {
    remaining.flatMap { $0 > 0 ? "  (\(NumberText.duration($0)) left)" : nil } ?? ""
  }
}
