/// What `trace` was asked to show.
public struct TraceOptions: Hashable, Sendable {
  /// The recording.
  public var path: String
  /// `--json`: JSON Lines rather than a table.
  public var isJSON: Bool
  /// `--summary`: without the events.
  public var isSummary: Bool
  /// `--from`: the number of the first event to print.
  public var from: Int
  /// `--limit`: the most events to print, or `nil` for all of them.
  public var limit: Int?
  /// `--worker`: the worker whose events to print, or `nil` for all of them.
  public var worker: Int?
  /// `--chrome-trace`: the file to write, or `nil`.
  public var chromeTrace: String?

  /// Creates options.
  public init(
    path: String, isJSON: Bool = false, isSummary: Bool = false, from: Int = 0, limit: Int? = nil, worker: Int? = nil,
    chromeTrace: String? = nil
  ) {
    self.path = path
    self.isJSON = isJSON
    self.isSummary = isSummary
    self.from = from
    self.limit = limit
    self.worker = worker
    self.chromeTrace = chromeTrace
  }
}

extension TraceOptions {
  /// The options of `trace`.
  static var specifications: [OptionSpecification<TraceOptions>] {
    [
      .flag("--summary", "Print the settings and what the run amounts to, without the events.") { $0.isSummary = true },
      .flag("--json", "Print JSON Lines, an object an event, rather than a table.") { $0.isJSON = true },
      .integer("--from", "The number of the first event to print.", in: 0...Int.max, default: "0") { $0.from = $1 },
      .integer("--limit", "The most events to print.", in: 1...Int.max, default: "all") { $0.limit = $1 },
      .integer(
        "--worker", "Print the events of this worker only; workers count from 0.", in: 0...Int.max, default: "all"
      ) { $0.worker = $1 },
      .path(
        "--chrome-trace",
        "Write the run as a trace that Perfetto and chrome://tracing open: what each worker did and waited for, and "
          + "what reached the server. Events are then printed only with --json.",
        otherNames: ["perfetto"]
      ) { $0.chromeTrace = $1 },
    ]
  }

  /// Reads the arguments of `trace`.
  static func parse(_ arguments: [String]) throws(UsageError) -> TraceOptions {
    var options = TraceOptions(path: "")
    let outcome = try ArgumentParser(specifications: specifications).parse(arguments, into: &options)
    guard let path = outcome.positionals.first else { throw UsageError("trace needs a recording: trace FILE") }
    for argument in outcome.positionals.dropFirst() { throw UsageError("unexpected argument '\(argument)'") }
    guard !path.isEmpty, !path.utf8.contains(0) else { throw UsageError("'\(path)' is no path of a recording") }
    options.path = path
    for option in ["--from", "--limit", "--worker"] where options.isSummary && outcome.given.contains(option) {
      throw UsageError("'\(option)' chooses events, and '--summary' prints none")
    }
    return options
  }
}
