import Testing

@testable import AsyncSGD

@Suite("Recording, events that cannot have happened")
struct RecordingCheckTests {
  private static func push(_ change: (inout RecordedPush) -> Void) -> RecordedEvent {
    var push = SampleRecording.push(worker: 1, base: 2, version: 4, minibatches: [7], at: 1_000)
    change(&push)
    return .push(push)
  }

  /// Four updates, after which there is a version 4, and another one.
  private static let history: [RecordedEvent] =
    (0..<4).map { .push(SampleRecording.push(worker: 0, base: $0, version: $0, minibatches: [$0], at: 1_000)) }
    + [push { _ in }]

  private static let impossible: [RecordedEvent] = [
    push { $0.version = 6 },
    push {
      $0.baseVersion = 0; $0.version = 1 << 40
    }, push { $0.version = .max }, .pull(RecordedPull(worker: 0, version: 6, microseconds: 0)),
    .fingerprint(version: 1 << 62, hash: 0), .end(RecordedEnd(version: 6, hash: 0, position: 0, microseconds: 0)),
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
    let events = Self.history
    let bytes = try SampleRecording.bytes(header: SampleRecording.header(), events: events + [event])
    let error = try #require(throws: RecordingError.self) { try Recording(bytes: bytes) }
    guard case .impossible(_, event: events.count, _) = error else {
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
    let events =
      Self.history + [
        Self.push {
          $0.shard = 1; $0.baseVersion = 0; $0.version = 0
        }
      ]
    _ = try Recording(bytes: SampleRecording.bytes(header: SampleRecording.header(), events: events))
    var header = SampleRecording.header()
    let racing = Self.history + [Self.push { $0.version = 3 }]
    header.settings["mode"] = "hogwild"
    _ = try Recording(bytes: SampleRecording.bytes(header: header, events: racing))
  }

  @Test("in a run that was resumed, versions count from where it was")
  func resumed() throws {
    func isRead(base: Int, version: Int) throws -> Bool {
      let event = RecordedEvent.push(
        SampleRecording.push(worker: 0, base: base, version: version, minibatches: [0], at: 1_000))
      let bytes = try SampleRecording.bytes(
        header: SampleRecording.header(state: SampleRecording.state), events: [event])
      return (try? Recording(bytes: bytes)) != nil
    }
    #expect(try isRead(base: 40, version: 40))
    #expect(try !isRead(base: 39, version: 40) && !isRead(base: 40, version: 41) && !isRead(base: 0, version: 0))
  }

  @Test(
    "settings without a sensible number of workers let no worker through, or any", arguments: ["-1", "0", "many", ""])
  func oddWorkers(text: String) throws {
    var header = SampleRecording.header()
    header.settings["workers"] = text
    let bytes = try SampleRecording.bytes(header: header, events: Self.history)
    if Int(text) == nil {
      #expect(try Recording(bytes: bytes).events == Self.history)
    } else {
      #expect(throws: RecordingError.self) { try Recording(bytes: bytes) }
    }
  }
}
