internal import AsyncSGD
internal import Interchange
internal import Reporting

/// Carries out `trace`: reads a recording and shows it.
struct TraceSession {
  /// Text is handed to the system in pieces of about so many bytes.
  private static let piece = 1 << 16

  private let options: TraceOptions
  private let recording: Recording

  /// Reads the recording.
  ///
  /// - Throws: ``RecordingError``, ``OutputError`` if the trace cannot be written, ``UsageError`` if there is no such worker.
  init(_ options: TraceOptions) throws {
    self.options = options
    try options.files.check()
    if let path = options.chromeTrace { try WritableFile.check(path) }
    recording = try Recording(reading: options.path)
    if let worker = options.worker, let workers = recording.header.workers, worker >= workers {
      throw UsageError("there is no worker \(worker): '\(options.path)' is of \(workers) workers, which count from 0")
    }
  }

  /// Writes what was asked for; a reader that goes away before the end has seen enough.
  ///
  /// - Throws: ``AtomicFileError``, ``OutputError``.
  func run() throws {
    if let path = options.chromeTrace {
      try ChromeTraceWriter.write(to: path) { (trace) throws(AtomicFileError) in
        var timeline = RecordingTimeline(recording)
        try timeline.write(to: &trace)
      }
    }
    do {
      try printRecording()
    } catch let error as OutputError where error.isReaderGone {
      return
    }
  }

  private func printRecording() throws {
    let output = OutputDescriptor.standardOutput
    let summary = RecordingSummary(recording)
    if options.isJSON {
      let lines = RecordingLines(recording)
      try output.write(lines.header(path: options.path))
      if !options.isSummary { try printEvents(lines.line) }
      try output.write(lines.summary(summary))
    } else {
      let table = RecordingTable(recording)
      try output.write(table.header(path: options.path) + "\n")
      if !options.isSummary, options.chromeTrace == nil {
        try output.write(table.columns)
        let left = try printEvents(table.line)
        try output.write((left > 0 ? "and \(NumberText.count(left)) more events\n" : "") + "\n")
      }
      try output.write(table.summary(summary))
    }
  }

  /// Prints the chosen events; returns how many more there are.
  @discardableResult
  private func printEvents(_ line: (RecordedEvent, Int) -> String) throws -> Int {
    var text = ""
    var printed = 0
    var left = 0
    for (sequence, event) in recording.events.enumerated() where sequence >= options.from {
      if let worker = options.worker, event.worker != worker { continue }
      guard printed < options.limit ?? .max else {
        left += 1
        continue
      }
      text += line(event, sequence)
      printed += 1
      if text.utf8.count >= Self.piece {
        try OutputDescriptor.standardOutput.write(text)
        text = ""
      }
    }
    try OutputDescriptor.standardOutput.write(text)
    return left
  }
}
