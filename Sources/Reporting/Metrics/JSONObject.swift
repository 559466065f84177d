internal import Foundation

/// A JSON object under construction, whose fields keep the order in which they are added.
struct JSONObject {
  private var fields: [String] = []

  /// The object on one line.
  var text: String { "{\(fields.joined(separator: ","))}" }

  mutating func add(_ name: String, _ value: Int?) { append(name, value.map(String.init) ?? "null") }

  mutating func add(_ name: String, _ value: UInt64) { append(name, "\(value)") }

  /// Adds a number; JSON has none for NaN and the infinities, which become null like a number that is missing.
  mutating func add(_ name: String, _ value: Double?) {
    append(name, value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null")
  }

  mutating func add(_ name: String, _ value: String) { append(name, Self.quoted(value)) }

  mutating func add(_ name: String, _ values: [Int]) {
    append(name, "[\(values.map(String.init).joined(separator: ","))]")
  }

  mutating func add(_ name: String, _ values: [String]) {
    append(name, "[\(values.map(Self.quoted).joined(separator: ","))]")
  }

  mutating func add(_ name: String, _ object: JSONObject) { append(name, object.text) }

  private mutating func append(_ name: String, _ value: String) {
    fields.append("\(Self.quoted(name)):\(value)")
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let bytes = try? encoder.encode(text) else { preconditionFailure("a string has no JSON form: \(text)") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
