import AsyncSGD
import Foundation
import Interchange
import Testing

@testable import TrainCommand

@Suite("A recording as a timeline")
struct RecordingTimelineTests {
  /// A slice or an instant.
  private struct Item: Hashable, CustomTestStringConvertible {
    var name: String
    var start: Int
    var end: Int
    var testDescription: String { "\(name) \(start)..<\(end)" }
  }

  /// What is in a trace, by the names of process and lane.
  private struct Trace {
    var slices: [String: [Item]] = [:]
    var instants: [String: [Item]] = [:]
    var counters: [Int] = []
    /// By their number: where they begin, and where they end.
    var arrows: [Int: (from: Item?, to: Item?)] = [:]

    /// Whether a slice of a lane is under way.
    func encloses(_ place: Item?) -> Bool {
      guard let place, let slices = slices[place.name] else { return false }
      return slices.contains { $0.start <= place.start && place.start <= $0.end }
    }
  }

  private static func trace(_ events: [RecordedEvent], workers: Int = 3) throws -> Trace {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let recordingPath = directory.appendingPathComponent("run.asgd").path
    let path = directory.appendingPathComponent("trace.json").path
    let writer = try RecordingWriter(
      path: recordingPath, header: RecordingHeader(settings: ["workers": "\(workers)", "mode": "async"]))
    for event in events { writer.record(event) }
    try writer.close()
    var timeline = RecordingTimeline(try Recording(reading: recordingPath))
    try ChromeTraceWriter.write(to: path) { trace throws(AtomicFileError) in try timeline.write(to: &trace) }

    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    let items = try #require((object as? [String: Any])?["traceEvents"] as? [[String: Any]])
    var processes: [Int: String] = [:]
    var lanes: [[Int]: String] = [:]
    for item in items where item["ph"] as? String == "M" {
      let name = (item["args"] as? [String: Any])?["name"] as? String
      let process = try #require(item["pid"] as? Int)
      if item["name"] as? String == "process_name" { processes[process] = name }
      if item["name"] as? String == "thread_name" { lanes[[process, try #require(item["tid"] as? Int)]] = name }
    }
    var trace = Trace()
    for item in items {
      guard let start = item["ts"] as? Int, let process = item["pid"] as? Int else { continue }
      let processName = try #require(processes[process])
      if item["ph"] as? String == "C" {
        trace.counters.append(try #require((item["args"] as? [String: Any])?["value"] as? Int))
        continue
      }
      let number = try #require(item["tid"] as? Int)
      let lane = try #require(lanes[[process, number]], "each lane has a name")
      let key = "\(processName)/\(lane)"
      let duration = item["dur"] as? Int ?? 0
      #expect(duration >= 0)
      let value = Item(name: try #require(item["name"] as? String), start: start, end: start + duration)
      if let phase = item["ph"] as? String, ["s", "f"].contains(phase) {
        let id = try #require(item["id"] as? Int)
        let place = Item(name: key, start: start, end: start)
        #expect((phase == "s" ? trace.arrows[id]?.from : trace.arrows[id]?.to) == nil, "arrow \(id)")
        if phase == "s" { trace.arrows[id, default: (nil, nil)].from = place }
        if phase == "f" { trace.arrows[id, default: (nil, nil)].to = place }
      } else if item["ph"] as? String == "X" {
        trace.slices[key, default: []].append(value)
      } else {
        trace.instants[key, default: []].append(value)
      }
    }
    for (id, arrow) in trace.arrows {
      #expect(trace.encloses(arrow.from) && trace.encloses(arrow.to), "arrow \(id): \(arrow)")
      #expect((arrow.from?.start ?? .max) <= (arrow.to?.start ?? .min), "arrow \(id): \(arrow)")
    }
    return trace
  }

  private static func push(
    _ worker: Int, base: Int, version: Int, pulled: Int, started: Int, pushed: Int, arrived: Int, shard: Int = 0,
    minibatches: [Int] = [1], fate: RecordedPush.Fate = .applied
  ) -> RecordedEvent {
    .push(
      RecordedPush(
        worker: worker, shard: shard, baseVersion: base, version: version, minibatches: minibatches, fate: fate,
        loss: 1, pulledAt: pulled, startedAt: started, pushedAt: pushed, arrivedAt: arrived))
  }

  @Test("a worker computes, queues, and waits for its answer")
  func asynchronousWorker() throws {
    let trace = try Self.trace([
      .begin(workers: 0..<2, pulling: 0..<0),
      Self.push(0, base: 0, version: 0, pulled: 0, started: 10, pushed: 110, arrived: 115),
      Self.push(1, base: 0, version: 1, pulled: 0, started: 12, pushed: 112, arrived: 130),
      Self.push(0, base: 1, version: 2, pulled: 128, started: 130, pushed: 230, arrived: 230),
    ])
    #expect(
      trace.slices["workers/worker 0"] == [
        Item(name: "compute", start: 10, end: 110), Item(name: "queue", start: 110, end: 115),
        Item(name: "answer", start: 115, end: 128), Item(name: "compute", start: 130, end: 230),
      ])
    #expect(
      trace.slices["workers/worker 1"] == [
        Item(name: "compute", start: 12, end: 112), Item(name: "queue", start: 112, end: 130),
      ])
    #expect(
      trace.slices["servers/server"] == [
        Item(name: "applied", start: 115, end: 128), Item(name: "applied", start: 130, end: 130),
        Item(name: "applied", start: 230, end: 230),
      ])
    #expect(trace.arrows.keys.sorted() == [1, 2, 3])
    #expect(trace.arrows[2]?.from == Item(name: "workers/worker 1", start: 111, end: 111))
    #expect(trace.arrows[2]?.to == Item(name: "servers/server", start: 130, end: 130))
    #expect(trace.counters == [0, 1, 1])
    #expect(trace.instants["run/run"]?.map(\.name) == ["workers 0 to 1 begin"])
  }

  @Test("the first of a round waits at the barrier, the last does not, and an epoch's end is no barrier")
  func barrier() throws {
    let trace = try Self.trace([
      Self.push(0, base: 0, version: 0, pulled: 0, started: 0, pushed: 50, arrived: 50),
      Self.push(1, base: 0, version: 0, pulled: 0, started: 0, pushed: 90, arrived: 90),
      Self.push(0, base: 1, version: 1, pulled: 95, started: 95, pushed: 150, arrived: 150),
      Self.push(1, base: 1, version: 1, pulled: 96, started: 96, pushed: 160, arrived: 160),
      .begin(workers: 0..<2, pulling: 0..<2),
      Self.push(0, base: 2, version: 2, pulled: 500, started: 500, pushed: 600, arrived: 600),
    ])
    #expect(
      trace.slices["workers/worker 0"]?.filter { $0.name == "barrier" } == [Item(name: "barrier", start: 50, end: 95)])
    // Of the gradients that waited for others, nobody knows how long the server took.
    #expect(trace.slices["servers/server"]?.map { $0.end - $0.start } == [0, 6, 0, 0, 0])
    #expect(trace.slices["workers/worker 1"]?.map(\.name) == ["compute", "answer", "compute"])
  }

  @Test("a calculation that was given up ends where the worker pulled again, and is no barrier")
  func restart() throws {
    let trace = try Self.trace([
      Self.push(0, base: 0, version: 0, pulled: 0, started: 0, pushed: 50, arrived: 50),
      Self.push(1, base: 0, version: 1, pulled: 0, started: 0, pushed: 80, arrived: 80),
      .pull(RecordedPull(worker: 0, version: 2, restarts: true, microseconds: 85)),
      Self.push(0, base: 2, version: 2, pulled: 85, started: 90, pushed: 120, arrived: 120),
    ])
    #expect(
      trace.slices["workers/worker 0"] == [
        Item(name: "compute", start: 0, end: 50), Item(name: "given up", start: 50, end: 85),
        Item(name: "compute", start: 90, end: 120),
      ])
  }

  @Test("a pause interrupts what it falls into")
  func pauses() throws {
    let pause = RecordedFault(kind: .pause, worker: 0, microseconds: 40, duration: 30)
    let late = RecordedFault(kind: .pause, worker: 0, microseconds: 120, duration: 10)
    let trace = try Self.trace([
      .fault(pause), Self.push(0, base: 0, version: 0, pulled: 0, started: 10, pushed: 110, arrived: 110), .fault(late),
    ])
    #expect(
      trace.slices["workers/worker 0"]
        == [
          Item(name: "compute", start: 10, end: 40), Item(name: "pause", start: 40, end: 70),
          Item(name: "compute", start: 70, end: 110), Item(name: "pause", start: 120, end: 130),
        ])
  }

  @Test("parts for further shards have their servers' lanes, and what arrives twice is no work of the worker's")
  func shardsAndDoubles() throws {
    let trace = try Self.trace([
      Self.push(0, base: 0, version: 0, pulled: 0, started: 0, pushed: 50, arrived: 55),
      Self.push(0, base: 0, version: 0, pulled: 0, started: 0, pushed: 50, arrived: 65, shard: 1, minibatches: []),
      Self.push(
        0, base: 1, version: 1, pulled: 0, started: 0, pushed: 50, arrived: 90, minibatches: [], fate: .dropped(.late)),
    ])
    #expect(
      trace.slices["workers/worker 0"] == [
        Item(name: "compute", start: 0, end: 50), Item(name: "queue", start: 50, end: 55),
        Item(name: "queue", start: 55, end: 65),
      ])
    #expect(trace.slices["servers/shard 0"]?.map(\.name) == ["applied", "dropped: late"])
    #expect(trace.slices["servers/shard 1"]?.map(\.start) == [65])
    // One calculation, and three arrivals.
    #expect(trace.arrows.values.map { $0.from?.start } == [49, 49, 49])
    #expect(trace.instants["workers/worker 0"]?.map(\.name) == ["dropped: late"])
  }

  @Test("faults, pulls, joining and leaving are marked where they happen")
  func marks() throws {
    let trace = try Self.trace([
      .pull(RecordedPull(worker: 1, version: 0, microseconds: 5)),
      .pull(RecordedPull(worker: 1, version: 0, restarts: true, microseconds: 6)),
      .fault(RecordedFault(kind: .crash, worker: 1, minibatches: [4], microseconds: 7)),
      .leave(worker: 1, microseconds: 8), .join(worker: 1, microseconds: 9),
      .fault(RecordedFault(kind: .lostPush, worker: 1, microseconds: 10)), .fingerprint(version: 0, hash: 1),
      .epoch(number: 1, microseconds: 11), .end(RecordedEnd(version: 0, hash: 0, position: 0, microseconds: 12)),
    ])
    #expect(
      trace.instants["workers/worker 1"]?.map(\.name) == ["pull", "restart", "crash", "leaves", "joins", "push lost"])
    #expect(trace.instants["run/run"]?.map(\.start) == [10, 11, 12])
  }

  @Test("slices of a lane never overlap, whatever the recording claims")
  func overlaps() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      var events: [RecordedEvent] = []
      // Of each of two shards.
      var versions = [0, 0]
      for shard in (0..<200).map({ $0 % 2 }) {
        let times = (0..<4).map { _ in Int.random(in: 0...5_000, using: &generator) }.sorted()
        let worker = Int.random(in: 0..<3, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
          let duration = Bool.random(using: &generator) ? Int.max : times[1]
          events.append(.fault(RecordedFault(kind: .pause, worker: worker, microseconds: times[0], duration: duration)))
        case 1: events.append(.leave(worker: worker, microseconds: times[0]))
        case 2: events.append(.begin(workers: 0..<3, pulling: 0..<3))
        default:
          events.append(
            Self.push(
              worker, base: versions[shard] / 2, version: versions[shard], pulled: times[0], started: times[1],
              pushed: times[2], arrived: times[3], shard: shard,
              minibatches: Bool.random(using: &generator) ? [] : [1]))
          versions[shard] += 1
        }
      }
      for (lane, slices) in try Self.trace(events).slices {
        for (first, second) in zip(slices, slices.dropFirst()) {
          #expect(first.end <= second.start, "\(lane)")
        }
        // Nobody knows how long the server took for its last one.
        if lane.hasPrefix("workers") { #expect(slices.allSatisfy { $0.start < $0.end }, "\(lane)") }
      }
    }
  }
}
