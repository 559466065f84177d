import AsyncSGD
import Foundation
import Reporting
import Testing

/// What `trace` prints of a recording.
@Suite("Recordings as text and JSON Lines")
struct RecordingTextTests {
  private static func push(
    _ worker: Int, _ base: Int, _ version: Int, _ minibatches: [Int], _ fate: RecordedPush.Fate = .applied,
    loss: Float = 0.5, pulls: Bool = true
  ) -> RecordedEvent {
    .push(
      RecordedPush(
        worker: worker, baseVersion: base, version: version, minibatches: minibatches, fate: fate, pulls: pulls,
        loss: loss, pulledAt: 1_000 * version, startedAt: 1_000 * version + 100, pushedAt: 1_000 * version + 900,
        arrivedAt: 1_000 * version + 950))
  }

  private static let events: [RecordedEvent] = [
    .begin(workers: 0..<2, pulling: 1..<2), push(0, 0, 0, [0]), push(1, 0, 1, [1, 2, 3, 4]),
    .pull(RecordedPull(worker: 1, version: 2, restarts: true, microseconds: 2_100)),
    push(0, 1, 2, [5], .dropped(.notFinite), loss: .nan), push(1, 2, 2, [6], .queued, pulls: false),
    .fault(RecordedFault(kind: .pause, worker: 1, minibatches: [], microseconds: 3_000, duration: 2_500)),
    .fault(RecordedFault(kind: .lostPush, worker: 0, minibatches: [7], microseconds: 3_001)),
    .leave(worker: 1, microseconds: 3_100), .join(worker: 1, microseconds: 3_200),
    .fingerprint(version: 3, hash: 0xABC), .epoch(number: 1, microseconds: 4_000),
    .end(RecordedEnd(version: 3, hash: .max, position: 8, microseconds: 5_000)),
  ]

  /// Writes a recording, and reads it again.
  private static func recording(
    _ events: [RecordedEvent] = events,
    settings: [String: String] = ["workers": "2", "mode": "async", "seed": "18446744073709551615"]
  ) throws -> Recording {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let writer = try RecordingWriter(path: path, header: RecordingHeader(settings: settings))
    for event in events { writer.record(event) }
    try writer.close()
    return try Recording(reading: path)
  }

  @Test("the table has a line for each setting and each event")
  func table() throws {
    let recording = try Self.recording()
    let table = RecordingTable(recording)
    var text = table.header(path: "run.asgd") + table.columns
    for (sequence, event) in recording.events.enumerated() { text += table.line(event, sequence: sequence) }
    #expect(
      text
        == """
        recording  run.asgd
        mode       async
        seed       18446744073709551615
        workers    2
        event    seconds worker  pulled version stale minibatches compute ms   wait ms     loss  what
            0                                                                                    workers 0 to 1 begin; 1 pull first
            1   0.000950      0       0       0     0           0      0.800     0.050   0.5000  applied
            2   0.001950      1       0       1     1    1..4 (4)      0.800     0.050   0.5000  applied
            3   0.002100      1               2                                                  pulls, and begins its minibatch anew
            4   0.002950      0       1       2     1           5      0.800     0.050      nan  dropped: not finite
            5   0.002950      1       2       2     0           6      0.800     0.050   0.5000  queued, without a pull
            6   0.003000      1                                                                  pause of 2.500 ms
            7   0.003001      0                                 7                                push lost
            8   0.003100      1                                                                  leaves
            9   0.003200      1                                                                  joins
           10                                 3                                                  fingerprint 0000000000000abc
           11   0.004000                                                                         epoch 1 done
           12   0.005000                      3                                                  end, fingerprint ffffffffffffffff

        """)
  }

  @Test("the summary says what the run amounts to")
  func summary() throws {
    let recording = try Self.recording()
    #expect(
      RecordingTable(recording).summary(RecordingSummary(recording)) == """
        complete     yes
        events       13
        time         0.005 s
        updates      3
        server       600 updates/s
        pushes       4, 1 of them queued, 1 dropped: not finite
        faults       1 × push lost, 1 × pause
        epochs       1
        staleness    mean 0.33  p50 0  p95 1  p99 1  max 1
        fingerprint  ffffffffffffffff

        worker  pushes  dropped  stale mean  p50  p95  p99  max  compute ms  wait ms
             0       2        1        0.00    0    0    0    0       0.800    0.050
             1       2        0        0.50    0    1    1    1       0.800    0.050

        """)
  }

  @Test("of a run that was cut off the summary says so, and of one where the law holds, that it does")
  func cutOff() throws {
    let recording = try Self.recording([Self.push(0, 0, 0, [0]), Self.push(1, 0, 1, [1]), Self.push(0, 1, 2, [2])])
    let text = RecordingTable(recording).summary(RecordingSummary(recording))
    #expect(text.contains("complete          no, the run was cut off\n"))
    #expect(text.contains("law of staleness  staleness 2 + age 1 = (2 - 1) × 3 updates, exact\n"))
  }

  @Test("a setting of several lines stays in its column")
  func longSettings() throws {
    let recording = try Self.recording(
      [], settings: ["cluster": "delays gamma\n\nslow 1 by 2\n", "mode": "async", "x": ""])
    #expect(
      RecordingTable(recording).header(path: "r") == """
        recording  r
        cluster    delays gamma
                   slow 1 by 2
        mode       async
        x

        """)
  }

  @Test("numbers beyond all reason are printed like others")
  func extremes() throws {
    let recording = try Self.recording([
      .begin(workers: 0..<2, pulling: 0..<0),
      .push(
        RecordedPush(
          worker: 1, baseVersion: 0, version: 0, minibatches: [.max, 0], fate: .applied, loss: -.infinity,
          pulledAt: 0, startedAt: 0, pushedAt: .max, arrivedAt: .max)),
      .fault(RecordedFault(kind: .pause, worker: 0, microseconds: .max, duration: .max)),
      .end(RecordedEnd(version: 1, hash: .max, position: .max, microseconds: .max)),
    ])
    let table = RecordingTable(recording)
    #expect(table.line(recording.events[1], sequence: 1).contains("\(Int.max),0"))
    #expect(table.summary(RecordingSummary(recording)).contains("max 0\n"))
    let lines = RecordingLines(recording)
    for (sequence, event) in recording.events.enumerated() {
      #expect(throws: Never.self) {
        try JSONSerialization.jsonObject(with: Data(lines.line(event, sequence: sequence).utf8))
      }
    }
  }

  @Test("each line of JSON is an object with the fields that scripts rely on")
  func json() throws {
    let recording = try Self.recording()
    let lines = RecordingLines(recording)
    #expect(
      lines.header(path: "a \"b\"") == """
        {"event":"recording","file":"a \\"b\\"","complete":true,"discardedBytes":0,"resumedAtUpdate":null,\
        "settings":{"mode":"async","seed":"18446744073709551615","workers":"2"}}

        """)
    let text = recording.events.enumerated().map { lines.line($0.element, sequence: $0.offset) }
    #expect(
      text[2] == """
        {"event":"push","sequence":2,"worker":1,"shard":0,"pulledVersion":0,"version":1,"staleness":1,\
        "minibatches":[1,2,3,4],"randomStream":{"seed":18446744073709551615,"worker":1,"step":1},"pulledAt":1000,\
        "startedAt":1100,"pushedAt":1900,"arrivedAt":1950,"loss":0.5,"fate":"applied","pulls":true}

        """)
    #expect(text[4].contains("\"loss\":null,\"fate\":\"dropped\",\"reason\":\"notFinite\",\"pulls\":true"))
    #expect(
      text[0]
        == "{\"event\":\"begin\",\"sequence\":0,\"firstWorker\":0,\"workers\":2,\"firstPulling\":1,\"pulling\":1}\n")
    #expect(
      text[3]
        == "{\"event\":\"pull\",\"sequence\":3,\"worker\":1,\"shard\":0,\"version\":2,\"restarts\":true,\"at\":2100}\n")
    #expect(
      text[6]
        == "{\"event\":\"fault\",\"sequence\":6,\"worker\":1,\"kind\":\"pause\",\"minibatches\":[],\"duration\":2500,\"at\":3000}\n"
    )
    #expect(text[8] == "{\"event\":\"leave\",\"sequence\":8,\"worker\":1,\"at\":3100}\n")
    #expect(text[9] == "{\"event\":\"join\",\"sequence\":9,\"worker\":1,\"at\":3200}\n")
    #expect(
      text[10]
        == "{\"event\":\"fingerprint\",\"sequence\":10,\"shard\":0,\"version\":3,\"hash\":\"0000000000000abc\"}\n")
    #expect(text[11] == "{\"event\":\"epoch\",\"sequence\":11,\"epoch\":1,\"at\":4000}\n")
    #expect(
      text[12]
        == "{\"event\":\"end\",\"sequence\":12,\"version\":3,\"hash\":\"ffffffffffffffff\",\"position\":8,"
        + "\"outcome\":\"completed\",\"at\":5000}\n"
    )
    let summary =
      try JSONSerialization.jsonObject(
        with: Data(lines.summary(RecordingSummary(recording)).utf8)) as? [String: Any]
    #expect(summary?["updates"] as? Int == 3)
    #expect(summary?["drops"] as? [String: Int] == ["notFinite": 1, "late": 0, "tooStale": 0, "stopped": 0])
    #expect((summary?["workers"] as? [[String: Any]])?.count == 2)
    #expect((summary?["staleness"] as? [String: Any])?["max"] as? Int == 1)
    #expect(summary?["fingerprint"] as? String == "ffffffffffffffff")
  }
}
