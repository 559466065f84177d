import Testing

@testable import AsyncSGD

@Suite("Recording, events that cannot have happened")
struct RecordingCheckTests {
  private static func push(_ change: (inout RecordedPush) -> Void) -> RecordedEvent {
    var push = SampleRecording.push(worker: 1, base: 2, version: 4, minibatches: [7], at: 1_000)
    change(&push)
    return .push(push)
  }

  private static let impossible: [RecordedEvent] = [
    push { $0.worker = 3 }, push { $0.worker = -1 }, push { $0.shard = -1 }, push { $0.shard = 1 << 16 },
    push { $0.baseVersion = 5 }, push { $0.baseVersion = -1 }, push { $0.version = 3 }, push { $0.minibatches = [-1] },
    push { $0.pulledAt = -1 }, push { $0.startedAt = $0.pushedAt + 1 }, push { $0.pulledAt = $0.pushedAt + 1 },
    push { $0.arrivedAt = $0.pushedAt - 1 }, push { $0.version = .min },
    .begin(workers: 0..<4, pulling: 0..<0), .begin(workers: -1..<2, pulling: 0..<0),
    .begin(workers: 1..<2, pulling: 0..<2),
    .pull(RecordedPull(worker: 3, version: 4, microseconds: 0)),
    .pull(RecordedPull(worker: 0, version: 3, microseconds: 0)),
    .pull(RecordedPull(worker: 0, version: 4, microseconds: -1)),
    .leave(worker: 3, microseconds: 0), .join(worker: 0, microseconds: -1),
    .fault(RecordedFault(kind: .pause, worker: 0, microseconds: 0, duration: -1)),
    .fault(RecordedFault(kind: .crash, worker: 0, minibatches: [-1], microseconds: 0)),
    .fingerprint(version: -1, hash: 0), .fingerprint(shard: -1, version: 4, hash: 0),
    .fingerprint(version: 3, hash: 0), .epoch(number: 0, microseconds: 0),
    .end(RecordedEnd(version: -1, hash: 0, position: 0, microseconds: 0)),
    .end(RecordedEnd(version: 5, hash: 0, position: -1, microseconds: 0)),
  ]

  @Test("each is refused, with its number", arguments: impossible)
  func refused(event: RecordedEvent) throws {
    let first = Self.push { _ in }
    let bytes = try SampleRecording.bytes(header: SampleRecording.header(), events: [first, event])
    let error = try #require(throws: RecordingError.self) { try Recording(bytes: bytes) }
    guard case .impossible(_, event: 1, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test("nothing comes after the end, and no epoch ends twice")
  func order() throws {
    let end = RecordedEvent.end(RecordedEnd(version: 0, hash: 0, position: 0, microseconds: 0))
    let epoch = RecordedEvent.epoch(number: 1, microseconds: 0)
    for events in [[end, end], [end, epoch], [epoch, epoch]] {
      let bytes = try SampleRecording.bytes(header: SampleRecording.header(), events: events)
      #expect(throws: RecordingError.self) { try Recording(bytes: bytes) }
    }
  }

  @Test("shards and epochs that the settings do not have are refused")
  func beyondSettings() throws {
    var header = SampleRecording.header()
    header.settings["epochs"] = "2"
    header.settings["hyperparameter.server-shards"] = "2"
    for (event, isFine) in [
      (RecordedEvent.epoch(number: 2, microseconds: 0), true), (.epoch(number: 3, microseconds: 0), false),
      (.fingerprint(shard: 1, version: 0, hash: 0), true), (.fingerprint(shard: 2, version: 0, hash: 0), false),
      (Self.push { $0.shard = 2 }, false),
    ] {
      let bytes = try SampleRecording.bytes(header: header, events: [event])
      if isFine {
        #expect(try Recording(bytes: bytes).events == [event])
      } else {
        #expect(throws: RecordingError.self) { try Recording(bytes: bytes) }
      }
    }
  }

  @Test("each shard has versions of its own, and those of shared memory have no order")
  func versions() throws {
    let events = [
      Self.push { _ in },
      Self.push {
        $0.shard = 1; $0.version = 2
      },
    ]
    _ = try Recording(bytes: SampleRecording.bytes(header: SampleRecording.header(), events: events))
    var header = SampleRecording.header()
    let racing = [Self.push { _ in }, Self.push { $0.version = 3 }]
    header.settings["mode"] = "hogwild"
    _ = try Recording(bytes: SampleRecording.bytes(header: header, events: racing))
  }

  @Test(
    "settings without a sensible number of workers let no worker through, or any", arguments: ["-1", "0", "many", ""])
  func oddWorkers(text: String) throws {
    var header = SampleRecording.header()
    header.settings["workers"] = text
    let bytes = try SampleRecording.bytes(header: header, events: [Self.push { _ in }])
    if Int(text) == nil {
      #expect(try Recording(bytes: bytes).events.count == 1)
    } else {
      #expect(throws: RecordingError.self) { try Recording(bytes: bytes) }
    }
  }
}
