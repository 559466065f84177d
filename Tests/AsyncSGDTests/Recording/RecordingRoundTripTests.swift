import Randomness
import Testing

@testable import AsyncSGD

@Suite("Recording, written and read")
struct RecordingRoundTripTests {
  @Test("what was recorded is read, with everything that can happen and a state to resume from")
  func everything() throws {
    let header = SampleRecording.header(state: SampleRecording.state)
    let recording = try Recording(bytes: SampleRecording.bytes())
    #expect(recording.header == header)
    #expect(recording.header.workers == 3)
    #expect(recording.events == SampleRecording.events)
    #expect(recording.isComplete)
    #expect(recording.discardedBytes == 0)
  }

  @Test("the same run gives the same bytes")
  func deterministic() throws {
    #expect(try SampleRecording.bytes() == SampleRecording.bytes())
  }

  @Test("a state larger than a block is read as it was written")
  func largeState() throws {
    var state = SampleRecording.state
    state.parameters = (0..<700_001).map { Float($0) }
    state.carried.vectors["velocity"] = (0..<700_001).map { -Float($0) }
    let header = SampleRecording.header(state: state)
    let recording = try Recording(bytes: SampleRecording.bytes(header: header, events: SampleRecording.events))
    #expect(recording.header == header)
    #expect(recording.events == SampleRecording.events)
  }

  @Test("a long run of many blocks is read as it was recorded", arguments: [1, 4])
  func longRun(shards: Int) throws {
    let events = SampleRecording.race(updates: 20_000, shards: shards)
    let bytes = try SampleRecording.bytes(header: SampleRecording.header(workers: 8), events: events)
    #expect(bytes.count > 3 << 16)
    #expect(try Recording(bytes: bytes).events == events)
  }

  @Test("an event with more minibatches than a block holds gets a block of its own")
  func largeEvent() throws {
    let minibatches = (0..<50_000).map { $0 * 1_000_003 }
    let events: [RecordedEvent] = [
      SampleRecording.events[0],
      .push(SampleRecording.push(worker: 0, base: 0, version: 0, minibatches: minibatches, at: 1_000)),
      .push(SampleRecording.push(worker: 0, base: 1, version: 1, minibatches: [1], at: 2_000)),
    ]
    #expect(
      try Recording(bytes: SampleRecording.bytes(header: SampleRecording.header(), events: events)).events == events)
  }

  @Test("any number that an event can have survives, however far it is from the one before")
  func extremes() throws {
    var stream = RandomStream(seed: 3, purpose: .testing)
    func number() -> Int {
      let bits = Int(bitPattern: UInt(stream.next()))
      return stream.uniform(below: 4) == 0
        ? [.min, .max, 0, -1][Int(stream.uniform(below: 4))] : bits >> Int(stream.uniform(below: 64))
    }
    var events: [RecordedEvent] = []
    for _ in 0..<2_000 {
      events.append(
        .push(
          RecordedPush(
            worker: number(), shard: number(), baseVersion: number(), version: number(),
            minibatches: (0..<stream.uniform(below: 4)).map { _ in number() }, fate: .dropped(.late), pulls: false,
            loss: Float(number()), pulledAt: number(), startedAt: number(), pushedAt: number(), arrivedAt: number())))
      events.append(.pull(RecordedPull(worker: number(), shard: number(), version: number(), microseconds: number())))
      events.append(.epoch(number: number(), microseconds: number()))
      events.append(
        .fault(
          RecordedFault(
            kind: .pause, worker: number(), minibatches: [number()], microseconds: number(), duration: number())))
    }
    let block = BlockBuffer(payloadCapacity: 1 << 20)
    var encoder = EventEncoder()
    encoder.beginBlock(event: 12, in: block)
    for event in events {
      let before = block.payloadCount
      encoder.encode(event, into: block)
      #expect(block.payloadCount - before <= EventEncoder.bound(event) - 10)
    }
    block.seal(.events, number: 0)
    var decoder = try EventDecoder(UnsafeRawBufferPointer(rebasing: block.contents[RecordingFormat.blockHeaderSize...]))
    #expect(decoder.firstEvent == 12)
    for event in events { #expect(try decoder.next() == event) }
    #expect(try decoder.next() == nil)
  }

  @Test("the loss keeps its bits, a NaN's too")
  func lossBits() throws {
    let loss = Float(bitPattern: 0x7FC1_2345)
    let push = SampleRecording.push(worker: 0, base: 0, version: 0, minibatches: [0], loss: loss, at: 1_000)
    let recording = try Recording(bytes: SampleRecording.bytes(header: SampleRecording.header(), events: [.push(push)]))
    guard case .push(let read) = recording.events.first else { throw Unexpected() }
    #expect(read.loss.bitPattern == loss.bitPattern)
  }

  private struct Unexpected: Error {}

  @Test("an update of a race of eight workers takes 20 bytes, blocks and fingerprints included")
  func size() throws {
    let header = SampleRecording.header(workers: 8)
    let empty = try SampleRecording.bytes(header: header, events: []).count
    let updates = 3_000
    let size = try SampleRecording.bytes(header: header, events: SampleRecording.race(updates: updates)).count - empty
    #expect(Double(size) / Double(updates) <= 20)
  }

  @Test("a part for a further shard takes half of that")
  func sizeOfShards() throws {
    let header = SampleRecording.header(workers: 8)
    let empty = try SampleRecording.bytes(header: header, events: []).count
    let events = SampleRecording.race(updates: 3_000, shards: 4)
    let size = try SampleRecording.bytes(header: header, events: events).count - empty
    #expect(Double(size) / 3_000 <= 20 + 3 * 10)
  }
}
