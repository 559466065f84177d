internal import Foundation
internal import Reporting

extension BenchmarkRecord {
  /// The record as one flat JSON object; scripts rely on the names of its fields.
  ///
  /// A figure is its median under the quantity's name; one that was measured more than once also has `…Min` and `…Max`.
  /// What does not apply is absent.
  var json: String {
    var object = JSONObject()
    object.add("benchmark", benchmark.rawValue)
    object.add("name", name)
    for (key, text) in [
      ("pass", pass?.rawValue), ("backend", backend), ("instructionSet", instructionSet), ("model", model),
    ] {
      if let text { object.add(key, text) }
    }
    for (key, number) in [
      ("workers", workers), ("batchSize", batchSize), ("parameters", parameters), ("padding", padding),
    ] {
      if let number { object.add(key, number) }
    }
    for quantity in Quantity.allCases {
      guard let figure = figures[quantity] else { continue }
      object.add(quantity.rawValue, rounded: figure.median)
      guard figure.isRepeated else { continue }
      object.add(quantity.rawValue + "Min", rounded: figure.minimum)
      object.add(quantity.rawValue + "Max", rounded: figure.maximum)
    }
    return object.text
  }

  /// Returns the records as a JSON array, one record a line.
  static func json(_ records: [BenchmarkRecord]) -> String {
    guard !records.isEmpty else { return "[]\n" }
    return "[\n" + records.map(\.json).joined(separator: ",\n") + "\n]\n"
  }

  /// Returns the records of a JSON array that ``json(_:)-swift.type.method`` wrote.
  ///
  /// - Throws: `DecodingError` if it is something else.
  static func records(json: Data) throws -> [BenchmarkRecord] {
    try JSONDecoder().decode([Fields].self, from: json).map(\.record)
  }

  /// The fields of a JSON object, whatever they are called.
  private struct Fields: Decodable {
    let record: BenchmarkRecord

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      func text(_ name: String) throws -> String? {
        try container.decodeIfPresent(String.self, forKey: Key(stringValue: name))
      }
      func integer(_ name: String) throws -> Int? {
        try container.decodeIfPresent(Int.self, forKey: Key(stringValue: name))
      }
      func number(_ name: String) throws -> Double? {
        try container.decodeIfPresent(Double.self, forKey: Key(stringValue: name))
      }
      guard let kind = try text("benchmark").flatMap(Kind.init), let name = try text("name") else {
        throw DecodingError.dataCorrupted(
          DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no benchmark of a known name"))
      }
      var record = BenchmarkRecord(kind, name)
      record.pass = try text("pass").flatMap(Pass.init)
      record.backend = try text("backend")
      record.instructionSet = try text("instructionSet")
      record.model = try text("model")
      record.workers = try integer("workers")
      record.batchSize = try integer("batchSize")
      record.parameters = try integer("parameters")
      record.padding = try integer("padding")
      for quantity in Quantity.allCases {
        guard let median = try number(quantity.rawValue) else { continue }
        if let minimum = try number(quantity.rawValue + "Min"), let maximum = try number(quantity.rawValue + "Max") {
          record.figures[quantity] = Figure(median: median, minimum: minimum, maximum: maximum)
        } else {
          record.figures[quantity] = Figure(median)
        }
      }
      self.record = record
    }
  }
}

extension JSONObject {
  /// Adds a measured number with six significant digits, which is more than it has; a whole one without a fraction.
  fileprivate mutating func add(_ name: String, rounded value: Double) {
    guard value.isFinite, value.magnitude < 1e15 else { return add(name, value) }
    let digits = value == 0 ? 0 : max(0, 6 - Int(log10(value.magnitude).rounded(.up)))
    let scale = pow(10, Double(digits))
    let rounded = (value * scale).rounded() / scale
    if let whole = Int(exactly: rounded) { add(name, whole) } else { add(name, rounded) }
  }
}
