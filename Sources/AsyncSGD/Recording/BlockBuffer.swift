/// A block under construction: room for its header, and its payload so far.
///
/// Numbers are written in little-endian order, or as *varints*: seven bits a byte, the lowest first, the highest bit of a byte
/// telling that another follows. Signed numbers are folded first (*zigzag*: 0, −1, 1, −2, … become 0, 1, 2, 3, …).
final class BlockBuffer: @unchecked Sendable {  // one thread at a time has it
  private let bytes: UnsafeMutableRawPointer
  private let capacity: Int
  private var end = RecordingFormat.blockHeaderSize

  /// Creates an empty block that has room for a payload of so many bytes.
  init(payloadCapacity: Int) {
    capacity = RecordingFormat.blockHeaderSize + payloadCapacity
    bytes = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    bytes.deallocate()
  }

  /// The bytes of the payload.
  var payloadCount: Int { end - RecordingFormat.blockHeaderSize }
  /// How many more there is room for.
  var room: Int { capacity - end }
  /// Header and payload.
  var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: end) }

  /// Empties the payload.
  func removeAll() {
    end = RecordingFormat.blockHeaderSize
  }

  /// Writes the header, which completes the block.
  func seal(_ kind: RecordingFormat.BlockKind, number: UInt32) {
    let payload = UnsafeRawBufferPointer(rebasing: contents[RecordingFormat.blockHeaderSize...])
    store(UInt32(payload.count), at: 0)
    store(number, at: 4)
    store(kind.rawValue, at: 8)
    store(CRC32C.checksum(payload), at: 12)
    store(CRC32C.checksum(UnsafeRawBufferPointer(start: bytes, count: 16)), at: 16)
  }

  // MARK: Payload; there must be room for it

  /// Appends a byte.
  @inline(__always)
  func append(_ byte: UInt8) {
    bytes.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end += 1
  }

  /// Appends four bytes.
  @inline(__always)
  func append(_ word: UInt32) {
    store(word, at: end)
    end += 4
  }

  /// Appends eight bytes.
  @inline(__always)
  func append(_ word: UInt64) {
    bytes.storeBytes(of: word.littleEndian, toByteOffset: end, as: UInt64.self)
    end += 8
  }

  /// Appends a number as a varint, of at most 10 bytes.
  @inline(__always)
  func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends a signed number, folded, as a varint.
  @inline(__always)
  func append(zigzag value: Int) {
    append(varint: UInt64(bitPattern: Int64(value << 1 ^ value >> (Int.bitWidth - 1))))
  }

  /// Appends as many of `source`'s bytes as there is room for, and returns the rest.
  func append(_ source: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let count = min(room, source.count)
    if let start = source.baseAddress, count > 0 { (bytes + end).copyMemory(from: start, byteCount: count) }
    end += count
    return UnsafeRawBufferPointer(rebasing: source[count...])
  }

  private func store(_ word: UInt32, at offset: Int) {
    bytes.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt32.self)
  }
}
