import Randomness
import Testing

@testable import AsyncSGD

@Suite("Recording, damaged")
struct RecordingDamageTests {
  /// Two blocks of events.
  private static func twoBlocks() throws -> (bytes: [UInt8], firstBlock: Int, headerEnd: Int) {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: SampleRecording.header(state: SampleRecording.state))
    for event in SampleRecording.events[..<10] { writer.record(event) }
    writer.flush()
    for event in SampleRecording.events[10...] { writer.record(event) }
    try writer.close()
    let bytes = try place.bytes()
    func blockEnd(from offset: Int) -> Int {
      offset + 20 + Int(bytes[offset]) + Int(bytes[offset + 1]) << 8
    }
    let headerEnd = blockEnd(from: 16)
    return (bytes, blockEnd(from: headerEnd), headerEnd)
  }

  @Test("a recording cut anywhere is read up to its last whole block, and says that it is not complete")
  func truncation() throws {
    let (bytes, firstBlock, headerEnd) = try Self.twoBlocks()
    for count in 0..<bytes.count {
      let cut = Array(bytes[..<count])
      if count < headerEnd {
        #expect(throws: RecordingError.cutInHeader(path: "recording", bytes: count)) { try Recording(bytes: cut) }
        continue
      }
      let recording = try Recording(bytes: cut)
      #expect(!recording.isComplete)
      #expect(recording.events == (count < firstBlock ? [] : Array(SampleRecording.events[..<10])))
      #expect(recording.discardedBytes == count - (count < firstBlock ? headerEnd : firstBlock))
    }
  }

  @Test("a flipped bit anywhere is noticed")
  func flippedBits() throws {
    let bytes = try SampleRecording.bytes()
    for offset in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[offset] ^= 1 << bit
        #expect(throws: RecordingError.self, "bit \(bit) of byte \(offset)") { try Recording(bytes: damaged) }
      }
    }
  }

  @Test("a flipped bit of a recording that was cut is noticed, unless nothing is read from there")
  func flippedBitsOfCutRecording() throws {
    let (bytes, firstBlock, _) = try Self.twoBlocks()
    let whole = try Recording(bytes: Array(bytes[..<firstBlock]))
    let cut = Array(bytes[..<(firstBlock + 30)])
    for offset in cut.indices {
      var damaged = cut
      damaged[offset] ^= 1 << (offset % 8)
      if offset < firstBlock + 20 {
        // The last header says how much is missing: it has a checksum, too.
        #expect(throws: RecordingError.self, "byte \(offset)") { try Recording(bytes: damaged) }
      } else {
        #expect(try Recording(bytes: damaged).events == whole.events)
      }
    }
  }

  @Test("the error names the block and its place")
  func errorsNameTheBlock() throws {
    let (bytes, firstBlock, headerEnd) = try Self.twoBlocks()
    var damaged = bytes
    damaged[headerEnd + 25] ^= 4
    #expect(
      throws: RecordingError.damaged(
        path: "recording", block: 1, offset: headerEnd, reason: "has a payload whose checksum is wrong")
    ) { try Recording(bytes: damaged) }
    damaged = bytes
    damaged[firstBlock + 3] ^= 128
    #expect(
      throws: RecordingError.damaged(
        path: "recording", block: 2, offset: firstBlock, reason: "has a header whose checksum is wrong")
    ) { try Recording(bytes: damaged) }
  }

  @Test("a block that is missing, or there twice, or in another's place is noticed")
  func blocksInOrder() throws {
    let (bytes, firstBlock, headerEnd) = try Self.twoBlocks()
    let start = Array(bytes[..<headerEnd])
    let first = Array(bytes[headerEnd..<firstBlock])
    let second = Array(bytes[firstBlock...])
    for order in [
      start + second, start + first + first + second, start + second + first, start + first + second + second,
    ] {
      #expect(throws: RecordingError.self) { try Recording(bytes: order) }
    }
    #expect(throws: RecordingError.self) {
      try Recording(bytes: bytes + SampleRecording.block(.headerEnd, number: 3, payload: [0, 0]))
    }
  }

  @Test("bytes after the end of a run are noticed, however few; after a cut, they are a block that is not whole")
  func appended() throws {
    let (bytes, firstBlock, _) = try Self.twoBlocks()
    for count in [1, 19, 20, 200] {
      let rest = Array(repeating: UInt8(0), count: count)
      #expect(
        throws: RecordingError.damaged(
          path: "recording", block: 3, offset: bytes.count, reason: "follows the end of the recording")
      ) { try Recording(bytes: bytes + rest) }
      let cut = Array(bytes[..<firstBlock]) + rest
      if count < 20 {
        #expect(try Recording(bytes: cut).discardedBytes == count)
      } else {
        #expect(throws: RecordingError.self) { try Recording(bytes: cut) }
      }
    }
    let whole = SampleRecording.block(.events, number: 3, payload: [23, 5, 0, 0])
    #expect(throws: RecordingError.self) { try Recording(bytes: bytes + whole) }
  }

  @Test("a recording of another format, and a file that is none, are told apart")
  func otherFiles() throws {
    var bytes = try SampleRecording.bytes()
    bytes[8] = 3
    let checksum = bytes[..<12].withUnsafeBytes(CRC32C.checksum)
    for i in 0..<4 { bytes[12 + i] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * i)) }
    #expect(throws: RecordingError.otherFormat(path: "recording", version: 3, supported: 2)) {
      try Recording(bytes: bytes)
    }
    #expect(throws: RecordingError.notARecording(path: "recording")) {
      try Recording(bytes: Array("{\"event\":\"run\"}".utf8))
    }
    #expect(throws: RecordingError.notARecording(path: "recording")) { try Recording(bytes: [0x8A, 0x41, 0x54]) }
  }

  @Test("random bytes never crash the reader")
  func randomBytes() {
    var stream = RandomStream(seed: 5, purpose: .testing)
    for _ in 0..<2_000 {
      let count = Int(stream.uniform(below: 300))
      let bytes = RecordingFormat.prologue + (0..<count).map { _ in UInt8(truncatingIfNeeded: stream.nextWord()) }
      // What follows the prologue is no block.
      if count >= 20 {
        #expect(throws: RecordingError.self) { try Recording(bytes: bytes) }
      } else {
        #expect(throws: RecordingError.cutInHeader(path: "recording", bytes: bytes.count)) {
          try Recording(bytes: bytes)
        }
      }
    }
  }

  @Test("nonsense with right checksums never crashes the reader, nor passes for what cannot be")
  func nonsense() throws {
    let (bytes, firstBlock, headerEnd) = try Self.twoBlocks()
    let header = Array(bytes[16 + 20..<headerEnd])
    let payload = Array(bytes[headerEnd + 20..<firstBlock])
    var stream = RandomStream(seed: 6, purpose: .testing)
    var read = 0
    for round in 0..<20_000 {
      var contents = round % 2 == 0 ? header : payload
      for _ in 0...stream.uniform(below: 3) {
        let place = Int(stream.uniform(below: UInt32(contents.count)))
        switch stream.uniform(below: 4) {
        case 0: contents[place] = UInt8(truncatingIfNeeded: stream.nextWord())
        case 1: contents[place] = [0, 0x7F, 0x80, 0xFF][Int(stream.uniform(below: 4))]
        case 2: contents.removeSubrange(place...)
        default: contents.insert(contentsOf: Array(repeating: 0xFF, count: Int(stream.uniform(below: 12))), at: place)
        }
        if contents.isEmpty { contents = [0] }
      }
      var file = RecordingFormat.prologue
      file += SampleRecording.block(.headerEnd, number: 0, payload: round % 2 == 0 ? contents : header)
      file += SampleRecording.block(.events, number: 1, payload: round % 2 == 0 ? payload : contents)
      guard let recording = try? Recording(bytes: file) else { continue }
      read += 1
      // The mean of these must not trap, whatever was read.
      for case .push(let push) in recording.events { #expect(push.staleness >= 0 && push.worker < 3) }
    }
    #expect(read > 100, "most changes of a loss or a hash are harmless")
  }

  @Test("a count of more than there are bytes for allocates nothing")
  func hugeCounts() {
    // Settings, and a vector of the state, of 2⁶² entries.
    let huge: [UInt8] = Array(repeating: 0x80, count: 8) + [0x40]
    for payload in [huge, [0, 1, 0, 0, 0, 0, 0] + huge] {
      let file = RecordingFormat.prologue + SampleRecording.block(.headerEnd, number: 0, payload: payload)
      #expect(throws: RecordingError.self) { try Recording(bytes: file) }
    }
    let events = SampleRecording.block(.events, number: 1, payload: [0, 0x12, 0, 0, 0] + huge)
    let header = SampleRecording.block(.headerEnd, number: 0, payload: [0, 0])
    #expect(throws: RecordingError.self) { try Recording(bytes: RecordingFormat.prologue + header + events) }
  }
}
