/// Numbers with units, as scripts and options write them: `10ms`, `1.5Gbit/s`, `0.1/min`.
///
/// A number without a unit is no quantity: 10 seconds and 10 milliseconds are both likely.
struct Quantity: Sendable {
  /// A unit: a quantity is its number times `factor`, or over `divisor`, of which one is 1.
  private struct Unit: Sendable {
    let name: String
    var factor = 1.0
    /// Dividing by 1,000 rounds correctly, where multiplying by 0.001 may not.
    var divisor = 1.0
  }

  /// What it measures, for messages.
  let name: String
  /// An example, for messages.
  let example: String
  /// What is too small, unless it is 0, or too large to be meant, and what clocks could not count.
  private let limits: ClosedRange<Double>
  private let units: [Unit]

  /// Seconds.
  static let duration = Quantity(
    name: "duration", example: "10ms, 1.5s or 2min", limits: 1e-9...31_536_000,
    units: [
      Unit(name: "s"), Unit(name: "ms", divisor: 1e3), Unit(name: "us", divisor: 1e6), Unit(name: "ns", divisor: 1e9),
      Unit(name: "min", factor: 60), Unit(name: "h", factor: 3600),
    ])

  /// Bytes a second.
  static let bandwidth = Quantity(
    name: "bandwidth", example: "10MB/s or 1Gbit/s", limits: 1...1e15,
    units: [
      Unit(name: "B/s"), Unit(name: "kB/s", factor: 1e3), Unit(name: "MB/s", factor: 1e6),
      Unit(name: "GB/s", factor: 1e9),
      Unit(name: "kbit/s", factor: 125), Unit(name: "Mbit/s", factor: 125e3), Unit(name: "Gbit/s", factor: 125e6),
      Unit(name: "bit/s", divisor: 8),
    ])

  /// Times a second.
  static let rate = Quantity(
    name: "rate", example: "0.1/s or 2/min", limits: 1e-9...1e6,
    units: [Unit(name: "/s"), Unit(name: "/min", divisor: 60), Unit(name: "/h", divisor: 3600)])

  /// Returns the value of a word in the basic unit, or `nil` if it is none.
  func value(_ word: some StringProtocol) -> Double? {
    // Of several units that it may end with, such as ms and s, the longest.
    guard let unit = units.filter({ word.hasSuffix($0.name) }).max(by: { $0.name.count < $1.name.count }),
      let number = Self.number(word.dropLast(unit.name.count))
    else { return nil }
    return number * unit.factor / unit.divisor
  }

  /// Returns the value of a word in the basic unit.
  ///
  /// - Parameters:
  ///   - word: The word.
  ///   - meaning: What it is to be, for messages.
  ///   - isPositive: Whether 0 makes no sense.
  /// - Returns: The value.
  /// - Throws: ``DescriptionError`` that says what would be right.
  func read(
    _ word: String, as meaning: String, isPositive: Bool = true
  ) throws(DescriptionError) -> Double {
    guard let value = value(word), isPositive ? value > 0 : value >= 0 else {
      let domain = isPositive ? " above 0" : ""
      throw DescriptionError("'\(word)' is no \(meaning): it is a \(name)\(domain) with its unit, such as \(example)")
    }
    try check(value, word, as: meaning)
    return value
  }

  /// Refuses what nobody means.
  ///
  /// - Throws: ``DescriptionError`` that says what would be right.
  func check(_ value: Double, _ word: String, as meaning: String) throws(DescriptionError) {
    guard value == 0 || limits.contains(value) else {
      throw DescriptionError(
        "'\(word)' is too \(value < limits.lowerBound ? "small" : "large") for a \(meaning): a \(name) is from "
          + "\(text(limits.lowerBound)) to \(text(limits.upperBound))")
    }
  }

  /// Returns the shortest text whose ``value(_:)`` is exactly `value`.
  func text(_ value: Double) -> String {
    let texts = units.compactMap { unit -> String? in
      let text = Self.text(value * unit.divisor / unit.factor) + unit.name
      return self.value(text) == value ? text : nil
    }
    // Of equally short ones, the first unit's. The basic unit always is among them.
    return texts.min { $0.count < $1.count } ?? Self.text(value) + units[0].name
  }

  /// Returns a decimal number, or `nil` if it is none, or not finite.
  static func number(_ word: some StringProtocol) -> Double? {
    guard let first = word.first, first.isNumber || "+-.".contains(first),
      word.allSatisfy({ "0123456789+-.eE".contains($0) })
    else { return nil }
    return Double(word).flatMap { $0.isFinite ? $0 : nil }
  }

  /// Returns the shortest text of a number that reads back as it.
  static func text(_ number: Double) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
