/// A JSON value of a safetensors header, with the keys of objects in their order and duplicates kept.
enum JSONValue {
  case object([(key: String, value: JSONValue)])
  case array([JSONValue])
  case string(String)
  /// A number without fraction and exponent that an `Int` can hold.
  case integer(Int)
  /// Any other number, as it is written.
  case number(String)
  case boolean(Bool)
  case null

  /// What the value is, for messages.
  var kind: String {
    switch self {
    case .object: "an object"
    case .array(let elements): elements.isEmpty ? "an empty array" : "an array"
    case .string(let text): "the string '\(text)'"
    case .integer(let value): "the number \(value)"
    case .number(let text): "the number \(text)"
    case .boolean(let value): "\(value)"
    case .null: "null"
    }
  }
}

/// Reads one JSON value from bytes that are known to be UTF-8.
///
/// Foundation's parser would do but for two things that a reader who trusts no file needs: it keeps one of two equal
/// keys without a word, and it loses the order of keys.
struct JSONScanner {
  /// What is wrong, and at which byte.
  struct Problem: Error {
    let offset: Int
    let text: String
  }

  /// A header is three levels deep; the bound keeps a hostile one off the end of the stack.
  private static let deepestNesting = 16

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Returns the value that `bytes` hold, with nothing but white space around it.
  static func value(of bytes: [UInt8]) throws(Problem) -> JSONValue {
    var scanner = JSONScanner(bytes)
    let value = try scanner.value(depth: 0)
    scanner.skipWhitespace()
    guard scanner.position == bytes.count else { throw scanner.problem("something follows the value") }
    return value
  }

  private func problem(_ text: String) -> Problem { Problem(offset: position, text: text) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipWhitespace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Problem) -> JSONValue {
    guard depth < Self.deepestNesting else { throw problem("values are nested too deeply") }
    skipWhitespace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    case nil: throw problem("it ends where a value is due")
    default:
      for (word, value) in [("true", JSONValue.boolean(true)), ("false", .boolean(false)), ("null", .null)]
      where bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
      throw problem("no value begins like this")
    }
  }

  private mutating func object(depth: Int) throws(Problem) -> JSONValue {
    position += 1
    var members: [(key: String, value: JSONValue)] = []
    skipWhitespace()
    if take("}") { return .object(members) }
    while true {
      skipWhitespace()
      guard next == UInt8(ascii: "\"") else { throw problem("a key is due") }
      let key = try string()
      skipWhitespace()
      guard take(":") else { throw problem("':' is due") }
      members.append((key, try value(depth: depth + 1)))
      skipWhitespace()
      if take("}") { return .object(members) }
      guard take(",") else { throw problem("',' or '}' is due") }
    }
  }

  private mutating func array(depth: Int) throws(Problem) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipWhitespace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipWhitespace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw problem("',' or ']' is due") }
    }
  }

  private mutating func string() throws(Problem) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(try escape()).utf8)
      case ..<0x20:
        throw problem("a string holds a control character")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw problem("it ends within a string")
  }

  private mutating func escape() throws(Problem) -> Unicode.Scalar {
    position += 1
    guard let letter = next else { throw problem("it ends within a string") }
    let simple: [UInt8: Unicode.Scalar] = [
      UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
      UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    if let scalar = simple[letter] {
      position += 1
      return scalar
    }
    guard letter == UInt8(ascii: "u") else { throw problem("'\\' is followed by no known letter") }
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard unit < 0xDC00, take("\\"), next == UInt8(ascii: "u") else { throw problem("half of a surrogate pair") }
    let low = try codeUnit()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw problem("half of a surrogate pair") }
    return scalar
  }

  /// Reads `u` and four hexadecimal digits.
  private mutating func codeUnit() throws(Problem) -> UInt32 {
    let digits = bytes[(position + 1)...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw problem("'\\u' is not followed by four hexadecimal digits") }
    position += 5
    return unit
  }

  private mutating func number() throws(Problem) -> JSONValue {
    let start = position
    _ = take("-")
    let firstDigit = next
    try digits()
    if firstDigit == UInt8(ascii: "0"), position - start > (bytes[start] == UInt8(ascii: "-") ? 2 : 1) {
      throw problem("a number begins with 0")
    }
    var isInteger = true
    if take(".") {
      isInteger = false
      try digits()
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    return .number(text)
  }

  private mutating func digits() throws(Problem) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw problem("a digit is due") }
  }
}
