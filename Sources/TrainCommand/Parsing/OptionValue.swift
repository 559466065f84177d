/// The text that an option was given, and how to understand it.
package struct OptionValue {
  /// The option with its dashes, such as `--workers`.
  package let option: String
  /// The text as it was given.
  package let text: String

  /// Creates a value.
  package init(option: String, text: String) {
    self.option = option
    self.text = text
  }

  /// The error of a value that is not `allowed`.
  package func error(allowed: String, suggestion: String? = nil) -> UsageError {
    let question = suggestion.map { "; did you mean '\($0)'?" } ?? ""
    return UsageError("'\(text)' is no value for '\(option)', which takes \(allowed)\(question)")
  }

  /// Returns a whole number in `range`.
  package func integer(in range: ClosedRange<Int>) throws(UsageError) -> Int {
    guard let value = Int(digits: text[...]), range.contains(value) else {
      throw error(allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Returns any number of 64 bits.
  func seed() throws(UsageError) -> UInt64 {
    guard isDigits(text[...]), let value = UInt64(text) else {
      throw error(allowed: "a whole number from 0 to \(UInt64.max)")
    }
    return value
  }

  /// Returns a number that `bounds` allow, in decimal notation.
  package func number(_ bounds: NumberBounds) throws(UsageError) -> Double {
    guard let value = decimalNumber, bounds.contains(value) else { throw error(allowed: bounds.description) }
    return value
  }

  /// The finite number that the text is in decimal notation, `nil` if it is none.
  package var decimalNumber: Double? {
    // The letters of `nan`, `inf` and of hexadecimal numbers are not among these.
    guard !text.isEmpty, text.allSatisfy({ "0123456789.+-eE".contains($0) }), let value = Double(text),
      value.isFinite
    else { return nil }
    return value
  }

  /// Returns one of `names`.
  package func name(from names: [String]) throws(UsageError) -> String {
    guard names.contains(text) else {
      throw error(allowed: oneOf(names), suggestion: NearestMatch.match(for: text, among: names))
    }
    return text
  }

  /// Returns the path of a file or a directory.
  package func path() throws(UsageError) -> String {
    guard !text.isEmpty, !text.utf8.contains(0) else { throw error(allowed: "a path") }
    return text
  }
}

/// The numbers that an option takes.
package enum NumberBounds: CustomStringConvertible {
  /// 0 < x ≤ `most`, and more than 0 in single precision, too.
  case positive(most: Double)
  /// 0 ≤ x ≤ `most`.
  case notNegative(most: Double)
  /// 0 ≤ x < 1.
  case coefficient
  /// 0 ≤ x ≤ 1, with an example.
  case share(example: String)

  func contains(_ value: Double) -> Bool {
    switch self {
    case .positive(let most): Float(value) > 0 && value <= most
    case .notNegative(let most): value >= 0 && value <= most
    case .coefficient: value >= 0 && value < 1
    case .share: value >= 0 && value <= 1
    }
  }

  /// The numbers in words.
  package var description: String {
    switch self {
    case .positive(let most): "a number above 0, up to \(Int(most))"
    case .notNegative(let most): "a number from 0 to \(Int(most))"
    case .coefficient: "a number from 0 to below 1"
    case .share(let example): "a number from 0 to 1, such as \(example)"
    }
  }
}

extension Int {
  /// Reads decimal digits and nothing else; `nil` if there is anything else, or too many of them.
  init?(digits: Substring) {
    guard isDigits(digits) else { return nil }
    self.init(digits)
  }
}

private func isDigits(_ text: Substring) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}

/// Returns `a`, `a or b`, `a, b or c`.
package func oneOf(_ names: [String]) -> String {
  guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
  return names.dropLast().joined(separator: ", ") + " or " + last
}
