/// One line of a script, word by word.
struct ScriptLine {
  /// Its number, from 1.
  let number: Int
  private let words: [String]
  private var place = 0

  /// Creates a line; what follows a # is a comment.
  init(_ text: Substring, number: Int) {
    self.number = number
    words = text.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
  }

  /// Whether nothing is left.
  var isEmpty: Bool { place == words.count }

  /// The next word, which stays.
  var peek: String? { isEmpty ? nil : words[place] }

  /// Takes the next word if it is this one.
  mutating func take(_ word: String) -> Bool {
    guard peek == word else { return false }
    place += 1
    return true
  }

  /// Takes the next word, whatever it is.
  mutating func word(_ meaning: String) throws(DescriptionError) -> String {
    guard let word = peek else {
      throw error(words.isEmpty ? "\(meaning) is missing" : "after '\(words[place - 1])', \(meaning) is missing")
    }
    place += 1
    return word
  }

  /// Takes the next words, which must be these.
  mutating func expect(_ expected: String...) throws(DescriptionError) {
    for each in expected {
      let found = try word("'\(each)'")
      guard found == each else { throw error("'\(found)' stands where '\(each)' was expected") }
    }
  }

  /// Takes a number with a unit.
  mutating func quantity(
    _ quantity: Quantity, _ meaning: String, positive: Bool = true
  ) throws(DescriptionError) -> Double {
    let word = try word("a \(quantity.name)")
    do { return try quantity.read(word, as: meaning, isPositive: positive) } catch { throw self.error(error.message) }
  }

  /// Takes a number.
  mutating func number(
    _ meaning: String, _ domain: String, _ isValid: (Double) -> Bool
  ) throws(DescriptionError) -> Double {
    let word = try word("a number")
    guard let value = Quantity.number(word), isValid(value) else {
      throw error("'\(word)' is no \(meaning): it is \(domain)")
    }
    return value
  }

  /// Takes a whole number.
  mutating func integer(_ meaning: String, in range: ClosedRange<Int>) throws(DescriptionError) -> Int {
    let word = try word("a number")
    guard let value = Int(word), range.contains(value) else {
      throw error("'\(word)' is no \(meaning): it is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Returns an error in this line.
  func error(_ message: String) -> DescriptionError { DescriptionError(message, line: number) }

  /// Makes sure that nothing is left.
  func finish() throws(DescriptionError) {
    if let word = peek { throw error("'\(word)' says nothing here") }
  }
}
