/// Reads a file's blocks, one after another.
struct RecordingDecoder {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  /// Where the next block begins, and its number.
  private var offset = RecordingFormat.prologueSize
  private var number = 0

  private struct Block {
    var number: Int
    var offset: Int
    var kind: RecordingFormat.BlockKind
    var payload: UnsafeRawBufferPointer
  }

  /// Checks the prologue.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(RecordingError) {
    self.bytes = bytes
    self.path = path
    let expected = RecordingFormat.prologue
    let magic = RecordingFormat.magic
    guard bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else { throw .notARecording(path: path) }
    guard bytes.count >= expected.count else { throw .cutInHeader(path: path, bytes: bytes.count) }
    let version = word(8)
    guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<12])) == word(12) else {
      throw .damaged(path: path, block: 0, offset: offset, reason: "follows a version whose checksum is wrong")
    }
    guard version == RecordingFormat.version else {
      throw .otherFormat(path: path, version: Int(version), supported: Int(RecordingFormat.version))
    }
  }

  /// Reads all of it.
  mutating func recording() throws(RecordingError) -> Recording {
    let header = try header()
    var check = RecordingCheck(header)
    var events: [RecordedEvent] = []
    while let block = try nextBlock() {
      guard block.kind == .events else { throw damaged(block, "has the kind of a header among the events") }
      do throws(ByteReader.Malformed) {
        try decode(block, into: &events)
      } catch {
        throw damaged(block, "holds " + error.reason)
      }
      for event in events[check.events...] {
        let number = check.events
        if let reason = check.violation(of: event) { throw .impossible(path: path, event: number, reason: reason) }
      }
      if check.isOver, offset < bytes.count { throw damagedHere("follows the end of the recording") }
    }
    return Recording(header: header, events: events, discardedBytes: bytes.count - offset)
  }

  private mutating func header() throws(RecordingError) -> RecordingHeader {
    var contents: [UInt8] = []
    while let block = try nextBlock() {
      switch block.kind {
      case .events: throw damaged(block, "holds events before the header is complete")
      case .headerPart: contents += block.payload
      case .headerEnd:
        contents += block.payload
        do throws(ByteReader.Malformed) {
          return try contents.withUnsafeBufferPointer { (contents) throws(ByteReader.Malformed) in
            try RecordingHeader(UnsafeRawBufferPointer(contents))
          }
        } catch {
          throw damaged(block, "ends a header that holds " + error.reason)
        }
      }
    }
    throw .cutInHeader(path: path, bytes: bytes.count)
  }

  private func decode(_ block: Block, into events: inout [RecordedEvent]) throws(ByteReader.Malformed) {
    var decoder = try EventDecoder(block.payload)
    guard decoder.firstEvent == events.count else {
      throw ByteReader.Malformed(reason: "event \(decoder.firstEvent), where event \(events.count) should follow")
    }
    while let event = try decoder.next() { events.append(event) }
    guard events.count > decoder.firstEvent else { throw ByteReader.Malformed(reason: "no event") }
  }

  /// Returns the next block, checked; `nil` where the bytes that are left are none, or a part of one.
  private mutating func nextBlock() throws(RecordingError) -> Block? {
    let remaining = bytes.count - offset
    guard remaining >= RecordingFormat.blockHeaderSize else { return nil }
    // The header has a checksum of its own, so that a wrong length is not taken for a file that was cut.
    let header = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 16])
    guard CRC32C.checksum(header) == word(offset + 16) else {
      throw damagedHere("has a header whose checksum is wrong")
    }
    guard word(offset + 4) == number else { throw damagedHere("has the number \(word(offset + 4))") }
    guard let kind = RecordingFormat.BlockKind(rawValue: word(offset + 8)) else {
      throw damagedHere("has the unknown kind \(word(offset + 8))")
    }
    let count = Int(word(offset))
    guard count <= RecordingFormat.largestPayload else { throw damagedHere("has a payload of \(count) bytes") }
    guard count <= remaining - RecordingFormat.blockHeaderSize else { return nil }
    let start = offset + RecordingFormat.blockHeaderSize
    let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    guard CRC32C.checksum(payload) == word(offset + 12) else {
      throw damagedHere("has a payload whose checksum is wrong")
    }
    defer {
      offset = start + count
      number += 1
    }
    return Block(number: number, offset: offset, kind: kind, payload: payload)
  }

  private func damagedHere(_ reason: String) -> RecordingError {
    .damaged(path: path, block: number, offset: offset, reason: reason)
  }

  private func damaged(_ block: Block, _ reason: String) -> RecordingError {
    .damaged(path: path, block: block.number, offset: block.offset, reason: reason)
  }

  private func word(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
