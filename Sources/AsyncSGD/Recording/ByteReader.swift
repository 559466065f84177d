/// Reads a payload from its start to its end, and never beyond.
struct ByteReader {
  /// Bytes that are not what the format says.
  struct Malformed: Error, Hashable {
    /// What about them.
    var reason: String
  }

  private let bytes: UnsafeRawBufferPointer
  /// The bytes read so far.
  private(set) var offset = 0

  /// Creates a reader of `bytes`, which must outlive it.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The bytes that are left.
  var remaining: Int { bytes.count - offset }

  /// Reads one byte.
  mutating func byte() throws(Malformed) -> UInt8 {
    guard remaining >= 1 else { throw Self.tooShort }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// Reads four bytes.
  mutating func word32() throws(Malformed) -> UInt32 {
    guard remaining >= 4 else { throw Self.tooShort }
    defer { offset += 4 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Reads eight bytes.
  mutating func word64() throws(Malformed) -> UInt64 {
    guard remaining >= 8 else { throw Self.tooShort }
    defer { offset += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Reads a varint; only the shortest way to write a number is allowed.
  mutating func varint() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    for position in 0..<10 {
      let byte = try byte()
      let bits = UInt64(byte & 0x7F)
      if byte == 0, position > 0 { throw Malformed(reason: "a number longer than it need be") }
      if position == 9, bits > 1 { break }
      value |= bits << UInt64(7 * position)
      if byte < 0x80 { return value }
    }
    throw Malformed(reason: "a number of more than 64 bits")
  }

  /// Reads a signed number.
  mutating func zigzag() throws(Malformed) -> Int {
    let folded = try varint()
    return Int(Int64(bitPattern: folded >> 1)) ^ -Int(Int64(bitPattern: folded & 1))
  }

  /// Reads how many things follow, of at least `size` bytes each: never more than there are bytes for.
  mutating func count(ofSize size: Int = 1) throws(Malformed) -> Int {
    let value = try varint()
    guard value <= UInt64(remaining / size) else {
      throw Malformed(reason: "a count of \(value) where \(remaining) bytes are left")
    }
    return Int(value)
  }

  /// Reads a text with its length before it.
  mutating func text() throws(Malformed) -> String {
    let count = try count()
    let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw Malformed(reason: "a text that is no UTF-8")
    }
    offset += count
    return text
  }

  /// Reads single-precision numbers with their count before them.
  mutating func vector() throws(Malformed) -> [Float] {
    let count = try count(ofSize: 4)
    defer { offset += 4 * count }
    return [Float](unsafeUninitializedCapacity: count) { vector, initialized in
      for i in 0..<count {
        let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4 * i, as: UInt32.self))
        vector.initializeElement(at: i, to: Float(bitPattern: bits))
      }
      initialized = count
    }
  }

  private static let tooShort = Malformed(reason: "a value that goes on beyond the end")
}
