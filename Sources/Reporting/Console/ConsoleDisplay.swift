internal import AsyncSGD

/// Decides what a run's events look like: takes events and the time, returns the text to write.
///
/// On a terminal the last line is the state of the run and is written over again and again; what stays (the run, its
/// epochs, warnings) goes above it. Elsewhere there are only lines that stay, and no escape codes.
struct ConsoleDisplay {
  /// Where the text goes.
  enum Style {
    case terminal
    case plain

    /// The least time between two progress rows, in seconds.
    var progressInterval: Double {
      switch self {
      case .terminal: 0.1
      case .plain: 5
      }
    }
  }

  /// Epochs between two headers.
  static let epochsPerHeader = 20
  /// The least time between two reports of skipped gradients, in seconds.
  static let skipInterval = 1.0
  /// The least time between two reports of faults of the same kind, in seconds.
  static let faultInterval = 1.0

  let style: Style
  /// Whether only warnings and errors are shown.
  let isQuiet: Bool
  /// Options that repeat the run and that its description does not know.
  let moreArguments: [String]

  private var lastProgress = -Double.infinity
  private var lastSkip = -Double.infinity
  /// Gradients skipped since the last report of one.
  private var unreportedSkips = 0
  private var epochRows = 0
  /// Lines that stand below the run's first one.
  private var openings: [(line: String, isWarning: Bool)] = []
  /// Whether the run has a virtual time.
  private var isVirtual = false
  /// When a fault of a kind was shown last, and how many there were since.
  private var faults: [FaultNotice.Kind: (shown: Double, others: Int)] = [:]
  /// Whether the cursor stands behind a progress row.
  private var hasProgressRow = false

  init(style: Style, isQuiet: Bool, moreArguments: [String]) {
    self.style = style
    self.isQuiet = isQuiet
    self.moreArguments = moreArguments
  }

  /// Returns the text for `event` at the time `now`, in seconds, on a display of `width` columns.
  mutating func text(for event: TrainingEvent, now: Double, width: Int) -> String {
    switch event {
    case .run(let description):
      // A terminal shows progress at once; a log waits one interval, so that a short run leaves none in it.
      lastProgress = style == .terminal ? -.infinity : now
      isVirtual = description.driver == .virtual
      let shown = openings.filter { $0.isWarning || !isQuiet }.map { $0.line + "\n" }.joined()
      guard !isQuiet else { return shown }
      return permanent(
        "\(description.firstLine(moreArguments: moreArguments))\n\(shown)"
          + ConsoleTable.header(isVirtual: isVirtual, width: rowWidth(width)))
    case .progress(let progress):
      return isQuiet || now - lastProgress < style.progressInterval ? "" : row(for: progress, now: now, width: width)
    case .evaluation(let report): return note(ConsoleTable.row(report, width: rowWidth(width)))
    case .epoch(let report):
      epochRows += 1
      let row = ConsoleTable.row(report, width: rowWidth(width))
      let isHeaderDue = epochRows % Self.epochsPerHeader == 0
      return note(isHeaderDue ? "\(row)\n\(ConsoleTable.header(isVirtual: isVirtual, width: rowWidth(width)))" : row)
    case .warning(let warning):
      if case .nonFiniteGradientSkipped = warning.symptom { return skipped(warning, now: now) }
      return permanent(warning.text)
    case .fault(let notice): return isQuiet ? "" : struck(notice, now: now)
    case .final(let report):
      switch report.outcome {
      case .completed: return permanent("")
      case .interrupted:
        return note("interrupted after \(NumberText.count(report.last.updates)) updates")
      case .deserted: return permanent("")
      case .diverged(let divergence): return permanent(divergence.errorText(by: report.advice))
      }
    }
  }

  /// Keeps a line until the run's first one was shown.
  mutating func open(with line: String, isWarning: Bool) {
    openings.append((line, isWarning))
  }

  /// Returns the text for a line that stays, or nothing if the display is quiet.
  mutating func note(_ text: String) -> String {
    isQuiet ? "" : permanent(text)
  }

  /// Returns the text for a line that stays; an empty one only ends the progress row.
  mutating func permanent(_ text: String) -> String {
    let erasure = hasProgressRow ? "\r\u{1B}[K" : ""
    hasProgressRow = false
    return erasure + (text.isEmpty ? "" : text + "\n")
  }

  private mutating func row(for progress: TrainingProgress, now: Double, width: Int) -> String {
    lastProgress = now
    let row = ConsoleTable.row(progress, width: rowWidth(width))
    switch style {
    case .plain: return row + "\n"
    case .terminal:
      hasProgressRow = true
      return "\r\(row)\u{1B}[K"
    }
  }

  /// Reports the first of many skipped gradients that follow one another, and how many there were since.
  private mutating func skipped(_ warning: TrainingWarning, now: Double) -> String {
    guard now - lastSkip >= Self.skipInterval else {
      unreportedSkips += 1
      return ""
    }
    lastSkip = now
    let others = unreportedSkips > 0 ? ", and \(NumberText.count(unreportedSkips)) more since the last warning" : ""
    unreportedSkips = 0
    return permanent("warning: \(warning.message)\(others)")
  }

  /// Shows a fault, but only one of a kind at a time where they follow one another.
  private mutating func struck(_ notice: FaultNotice, now: Double) -> String {
    let last = faults[notice.kind] ?? (-.infinity, 0)
    guard now - last.shown >= Self.faultInterval else {
      faults[notice.kind] = (last.shown, last.others + 1)
      return ""
    }
    faults[notice.kind] = (now, 0)
    let others = last.others > 0 ? "; \(NumberText.count(last.others)) more of the kind since the last one shown" : ""
    return permanent("fault: \(notice.text)\(others)")
  }

  /// The columns that a row may take: two of a terminal's stay free for the `^C` that it shows, and the last one
  /// because some terminals begin a new line after it.
  private func rowWidth(_ width: Int) -> Int {
    switch style {
    case .plain: .max
    case .terminal: width - 3
    }
  }
}
