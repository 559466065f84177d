internal import Reporting

/// Sets records as rows, with a header wherever the columns change.
struct ResultTable {
  /// One column of a table.
  struct Column {
    let title: String
    let width: Int
    var isNumber = true
    let text: (BenchmarkRecord) -> String
  }

  /// The records whose columns the last header was for.
  private var header: [String] = []

  /// Returns the lines of a record: its row, below a header if it is the first of its kind.
  mutating func lines(for record: BenchmarkRecord) -> String {
    lines(for: record, columns: Self.columns(for: record))
  }

  /// Returns the lines of a record of `training` about where its time went.
  mutating func shares(of record: BenchmarkRecord) -> String {
    lines(for: record, columns: Self.shareColumns())
  }

  private mutating func lines(for record: BenchmarkRecord, columns: [Column]) -> String {
    let titles = [record.benchmark.rawValue] + columns.map(\.title)
    var lines = ""
    if titles != header {
      lines += (header.isEmpty ? "" : "\n") + Self.row(columns.map { ($0, $0.title) })
      header = titles
    }
    return lines + Self.row(columns.map { ($0, $0.text(record)) })
  }

  private static func row(_ cells: [(column: Column, text: String)]) -> String {
    var line = cells.map { column, text in
      let space = String(repeating: " ", count: max(0, column.width - text.count))
      return column.isNumber ? space + text : text + space
    }.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }

  private static func columns(for record: BenchmarkRecord) -> [Column] {
    switch record.benchmark {
    case .limit:
      [name, instructionSet, integer("threads", \.workers)]
        + rate(record.figures[.gflops] == nil ? .gigabytesPerSecond : .gflops)
    case .gemm, .conv2d:
      [name, pass, model, kernels] + rate(.gflops) + [percent("of peak", .percentOfPeak), time]
    case .pooling, .activation, .softmax, .update:
      [name, pass, model, kernels] + rate(.gigabytesPerSecond) + [percent("of stream", .percentOfStream), time]
    case .server:
      serverColumns(record)
    case .training:
      trainingColumns()
    }
  }

  // MARK: Columns of several tables

  static var name: Column { Column(title: "problem", width: 21, isNumber: false) { $0.name } }
  static var pass: Column {
    Column(title: "pass", width: 8, isNumber: false) { $0.pass == .both ? "both" : $0.pass?.rawValue ?? "" }
  }
  static var model: Column { Column(title: "model", width: 8, isNumber: false) { $0.model ?? "" } }
  static var instructionSet: Column { Column(title: "set", width: 8, isNumber: false) { $0.instructionSet ?? "" } }
  static var kernels: Column {
    Column(title: "kernels", width: 18, isNumber: false) {
      [$0.backend, $0.instructionSet].compactMap { $0 }.joined(separator: " ")
    }
  }
  static var time: Column {
    Column(title: "time", width: 9) { $0.figures[.microseconds].map { Self.time($0.median) } ?? "" }
  }

  /// The median of a quantity, its least and its largest.
  static func rate(_ quantity: BenchmarkRecord.Quantity) -> [Column] {
    let title =
      switch quantity {
      case .gflops: "GFLOP/s"
      case .gigabytesPerSecond: "GB/s"
      case .examplesPerSecond: "examples/s"
      case .operationsPerSecond: "a second"
      default: quantity.rawValue
      }
    return [
      Column(title: title, width: 10) { number($0.figures[quantity]?.median) },
      Column(title: "min", width: 8) { number($0.figures[quantity]?.minimum) },
      Column(title: "max", width: 8) { number($0.figures[quantity]?.maximum) },
    ]
  }

  static func percent(_ title: String, _ quantity: BenchmarkRecord.Quantity) -> Column {
    Column(title: title, width: max(6, title.count)) { record in
      record.figures[quantity].map { NumberText.fixed($0.median, digits: 1) + " %" } ?? ""
    }
  }

  static func integer(_ title: String, _ value: @escaping (BenchmarkRecord) -> Int?) -> Column {
    Column(title: title, width: max(5, title.count)) { value($0).map(NumberText.count) ?? "" }
  }

  /// Returns a number with three significant digits, or all of them before the point.
  static func number(_ value: Double?) -> String {
    guard let value else { return "" }
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    if value.magnitude >= 99.95 { return NumberText.count(Int(value.rounded())) }
    return NumberText.fixed(value, digits: value.magnitude >= 9.995 ? 1 : 2)
  }

  /// Returns microseconds in a unit that suits them.
  static func time(_ microseconds: Double) -> String {
    if microseconds < 1 { return number(microseconds * 1e3) + " ns" }
    if microseconds < 1e3 { return number(microseconds) + " µs" }
    if microseconds < 1e6 { return number(microseconds / 1e3) + " ms" }
    return number(microseconds / 1e6) + " s"
  }
}
