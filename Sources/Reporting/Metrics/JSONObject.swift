internal import Foundation

/// A JSON object under construction, whose fields keep the order in which they are added.
package struct JSONObject {
  private var fields: [String] = []

  /// Creates an object without fields.
  package init() {}

  /// The object on one line.
  package var text: String { "{\(fields.joined(separator: ","))}" }

  /// Adds a whole number; null if it is missing.
  package mutating func add(_ name: String, _ value: Int?) { append(name, value.map(String.init) ?? "null") }

  mutating func add(_ name: String, _ value: UInt64) { append(name, "\(value)") }

  /// Adds a number; JSON has none for NaN and the infinities, which become null like a number that is missing.
  package mutating func add(_ name: String, _ value: Double?) {
    append(name, value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null")
  }

  /// Adds a text.
  package mutating func add(_ name: String, _ value: String) { append(name, Self.quoted(value)) }

  mutating func add(_ name: String, _ values: [Int]) {
    append(name, "[\(values.map(String.init).joined(separator: ","))]")
  }

  mutating func add(_ name: String, _ values: [Double]) {
    append(name, "[\(values.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ","))]")
  }

  mutating func add(_ name: String, _ values: [String]) {
    append(name, "[\(values.map(Self.quoted).joined(separator: ","))]")
  }

  mutating func add(_ name: String, _ value: Bool) { append(name, "\(value)") }

  mutating func add(_ name: String, _ objects: [JSONObject]) {
    append(name, "[\(objects.map(\.text).joined(separator: ","))]")
  }

  mutating func add(_ name: String, _ object: JSONObject) { append(name, object.text) }

  private mutating func append(_ name: String, _ value: String) {
    fields.append("\(Self.quoted(name)):\(value)")
  }

  private static func quoted(_ text: String) -> String {
    // Names are always plain; an encoder for each would take most of the time of a long listing.
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      return "\"\(text)\""
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let bytes = try? encoder.encode(text) else { preconditionFailure("a string has no JSON form: \(text)") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
