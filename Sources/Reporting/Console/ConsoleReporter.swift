public import AsyncSGD
internal import Foundation

/// Shows a run to somebody who watches it: its description, its progress, its epochs, its warnings.
///
/// On a terminal one line is updated in place, at most ten times a second; elsewhere progress is a plain line every
/// five seconds and there are no escape codes. Epochs and warnings always have lines that stay.
///
/// A display that cannot be written to is given up silently: nobody is watching.
public final class ConsoleReporter: TrainingObserver {
  /// Where the display is shown.
  public enum Style: Sendable {
    /// On a terminal, whose present width in columns the closure returns.
    case terminal(width: @Sendable () -> Int)
    /// In a file, or through a pipe.
    case plain
  }

  private let style: Style
  private let now: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  private let display: Locked<ConsoleDisplay>

  /// Creates a reporter.
  ///
  /// - Parameters:
  ///   - style: Where the display is shown.
  ///   - isQuiet: Whether only warnings and errors are shown.
  ///   - moreArguments: Options that repeat the run and that its description does not know, such as
  ///     `["--hidden", "500"]`.
  ///   - now: The time in seconds since any moment; never goes back.
  ///   - write: Takes the text; called by one thread at a time.
  public init(
    style: Style, isQuiet: Bool, moreArguments: [String] = [], now: @escaping @Sendable () -> Double,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.now = now
    self.write = write
    let displayStyle: ConsoleDisplay.Style =
      switch style {
      case .terminal: .terminal
      case .plain: .plain
      }
    display = Locked(ConsoleDisplay(style: displayStyle, isQuiet: isQuiet, moreArguments: moreArguments))
  }

  /// Creates a reporter on standard error.
  ///
  /// - Parameters:
  ///   - isQuiet: Whether only warnings and errors are shown.
  ///   - moreArguments: Options that repeat the run and that its description does not know.
  /// - Returns: A reporter that finds out by itself whether it writes to a terminal, and how wide that is.
  public static func standardError(isQuiet: Bool, moreArguments: [String] = []) -> ConsoleReporter {
    let output = OutputDescriptor.standardError
    return ConsoleReporter(
      style: output.isTerminal ? .terminal { output.terminalWidth ?? 80 } : .plain, isQuiet: isQuiet,
      moreArguments: moreArguments, now: { ProcessInfo.processInfo.systemUptime }, write: { try? output.write($0) })
  }

  /// Shows `event`.
  public func observe(_ event: TrainingEvent) {
    let width =
      switch style {
      case .terminal(let width): width()
      case .plain: Int.max
      }
    show { $0.text(for: event, now: now(), width: width) }
  }

  /// Shows a line of information that stays, unless the display is quiet.
  public func note(_ line: String) {
    show { $0.note(line) }
  }

  /// Shows a line below the first one of the run that is about to begin.
  ///
  /// - Parameters:
  ///   - line: The line.
  ///   - isWarning: Whether it is shown even if the display is quiet.
  public func open(with line: String, isWarning: Bool = false) {
    display.withLock { $0.open(with: line, isWarning: isWarning) }
  }

  /// Shows a line that stays, even if the display is quiet.
  public func alert(_ line: String) {
    show { $0.permanent(line) }
  }

  /// Ends the row of progress, if there is one, so that somebody else can write a line.
  public func endRow() {
    show { $0.permanent("") }
  }

  /// Writes under the lock, so that lines of different threads do not mix.
  private func show(_ text: (inout ConsoleDisplay) -> String) {
    display.withLock {
      let text = text(&$0)
      if !text.isEmpty { write(text) }
    }
  }
}
