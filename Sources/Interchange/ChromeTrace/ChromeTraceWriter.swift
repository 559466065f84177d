/// Writes a file of the trace event format, which Perfetto and `chrome://tracing` open.
///
/// A trace shows *lanes*, grouped by *processes*. A lane holds slices, which last, and instants, which do not; a process can
/// have counters, and arrows lead from slice to slice. Times are microseconds from any moment. Events can be written in any order.
///
/// Source: Google, "Trace Event Format", the JSON object format with `traceEvents`.
public struct ChromeTraceWriter {
  /// A row of the trace.
  public struct Lane: Hashable, Sendable {
    /// The number of its process, at least 1.
    public var process: Int
    /// Its number in the process, at least 1; lanes are shown in this order.
    public var number: Int

    /// Creates a lane.
    public init(process: Int, number: Int) {
      self.process = process
      self.number = number
    }
  }

  /// What an event says of itself, by name.
  public enum Argument: Hashable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A number; JSON has none for NaN and the infinities, which become null.
    case number(Double)
    /// A text.
    case text(String)
  }

  private static let chunk = 1 << 16
  private let file: AtomicFile.Writer
  private var bytes: [UInt8] = []
  private var isFirst = true

  /// Replaces the file at `path` by what `body` writes.
  ///
  /// - Parameters:
  ///   - path: The destination, which need not exist; its directory must.
  ///   - body: Writes the events.
  /// - Throws: ``AtomicFileError``; the old file is then unchanged, unless only the directory could not be synced.
  public static func write(
    to path: String, _ body: (inout ChromeTraceWriter) throws(AtomicFileError) -> Void
  ) throws(AtomicFileError) {
    try AtomicFile.write(to: path) { (file) throws(AtomicFileError) in
      var writer = ChromeTraceWriter(file: file)
      try body(&writer)
      try writer.finish()
    }
  }

  private init(file: AtomicFile.Writer) {
    self.file = file
    bytes += Array("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n".utf8)
  }

  /// Names a process.
  public mutating func nameProcess(_ process: Int, _ name: String) throws(AtomicFileError) {
    try append("\"ph\":\"M\",\"name\":\"process_name\",\"pid\":\(process)", ["name": .text(name)])
    try append("\"ph\":\"M\",\"name\":\"process_sort_index\",\"pid\":\(process)", ["sort_index": .integer(process)])
  }

  /// Names a lane.
  public mutating func nameLane(_ lane: Lane, _ name: String) throws(AtomicFileError) {
    try append("\"ph\":\"M\",\"name\":\"thread_name\",\(Self.place(lane))", ["name": .text(name)])
    try append(
      "\"ph\":\"M\",\"name\":\"thread_sort_index\",\(Self.place(lane))", ["sort_index": .integer(lane.number)])
  }

  /// Writes something that lasts.
  ///
  /// - Precondition: `duration` is not negative.
  public mutating func slice(
    _ name: String, category: String, on lane: Lane, start: Int, duration: Int,
    arguments: KeyValuePairs<String, Argument> = [:]
  ) throws(AtomicFileError) {
    precondition(duration >= 0, "a slice lasts \(duration) microseconds")
    try append(
      "\"ph\":\"X\",\"name\":\(Self.quoted(name)),\"cat\":\(Self.quoted(category)),\(Self.place(lane)),\"ts\":\(start),"
        + "\"dur\":\(duration)", arguments)
  }

  /// Writes something that happens at a moment.
  public mutating func instant(
    _ name: String, category: String, on lane: Lane, at moment: Int, arguments: KeyValuePairs<String, Argument> = [:]
  ) throws(AtomicFileError) {
    try append(
      "\"ph\":\"i\",\"name\":\(Self.quoted(name)),\"cat\":\(Self.quoted(category)),\(Self.place(lane)),\"ts\":\(moment),"
        + "\"s\":\"t\"", arguments)
  }

  /// Writes an arrow from the slice of one lane to that of another.
  ///
  /// - Parameters:
  ///   - name: What it stands for; arrows are found by name, category and `id` together.
  ///   - category: Its category.
  ///   - id: Its number, which no other arrow has.
  ///   - origin: Where it begins: a lane, and a moment at which a slice of it is under way.
  ///   - end: Where it ends, likewise; not before it begins.
  /// - Throws: ``AtomicFileError``.
  public mutating func arrow(
    _ name: String, category: String, id: Int, from origin: (lane: Lane, moment: Int), to end: (lane: Lane, moment: Int)
  ) throws(AtomicFileError) {
    let identity = "\"name\":\(Self.quoted(name)),\"cat\":\(Self.quoted(category)),\"id\":\(id)"
    try append("\"ph\":\"s\",\(identity),\(Self.place(origin.lane)),\"ts\":\(origin.moment)", [:])
    // Bound to the slice that encloses it, not to the next one.
    try append("\"ph\":\"f\",\"bp\":\"e\",\(identity),\(Self.place(end.lane)),\"ts\":\(end.moment)", [:])
  }

  /// Writes the value that a counter has from a moment on.
  public mutating func counter(
    _ name: String, process: Int, at moment: Int, value: Int
  ) throws(AtomicFileError) {
    try append(
      "\"ph\":\"C\",\"name\":\(Self.quoted(name)),\"pid\":\(process),\"ts\":\(moment)", ["value": .integer(value)])
  }

  private mutating func append(
    _ fields: String, _ arguments: KeyValuePairs<String, Argument>
  ) throws(AtomicFileError) {
    var text = isFirst ? "{" : ",\n{"
    isFirst = false
    text += fields
    if !arguments.isEmpty {
      let values = arguments.map { "\(Self.quoted($0.key)):\(Self.json($0.value))" }
      text += ",\"args\":{\(values.joined(separator: ","))}"
    }
    bytes += Array((text + "}").utf8)
    if bytes.count >= Self.chunk {
      try file.append(bytes)
      bytes.removeAll(keepingCapacity: true)
    }
  }

  private mutating func finish() throws(AtomicFileError) {
    bytes += Array("\n]}\n".utf8)
    try file.append(bytes)
  }

  private static func place(_ lane: Lane) -> String { "\"pid\":\(lane.process),\"tid\":\(lane.number)" }

  private static func json(_ value: Argument) -> String {
    switch value {
    case .integer(let number): "\(number)"
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .text(let text): quoted(text)
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
