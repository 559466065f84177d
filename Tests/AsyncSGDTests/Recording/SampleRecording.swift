import Foundation
import Randomness

@testable import AsyncSGD

/// Recordings made by hand.
enum SampleRecording {
  /// A header without a state.
  static func header(workers: Int = 3, state: TrainerState? = nil) -> RecordingHeader {
    RecordingHeader(
      settings: [
        "workers": "\(workers)", "mode": "async", "rule": "plain", "model": "lenet5", "ümläut": "", "seed": "1",
      ],
      state: state)
  }

  /// A small state with something of everything.
  static let state = TrainerState(
    parameters: [1, -2.5, .infinity, 0],
    carried: CarriedState(
      vectors: ["velocity": [0.5, 0.25, -0.125, 7], "worker.0.residual": []], scalars: ["step": 12, "beta": 0.9]),
    version: 40, epoch: 2, nextMinibatch: 5, trainingExamples: 1000, examples: 2640)

  /// A run of three workers in which everything happens that can.
  static let events: [RecordedEvent] = [
    .begin(workers: 0..<1, pulling: 0..<0),
    .push(push(worker: 0, base: 40, version: 40, minibatches: [25], at: 1_000)),
    .begin(workers: 0..<3, pulling: 1..<3),
    .pull(RecordedPull(worker: 1, version: 41, microseconds: 1_100)),
    .pull(RecordedPull(worker: 2, shard: 1, version: 40, microseconds: 1_150)),
    .push(push(worker: 1, base: 41, version: 41, minibatches: [27, 26, 90], fate: .queued, at: 2_000)),
    .fingerprint(version: 42, hash: 0xFEDC_BA98_7654_3210),
    .push(push(worker: 2, shard: 0, base: 41, version: 42, minibatches: [28], at: 2_500)),
    .push(push(worker: 2, shard: 1, base: 40, version: 40, minibatches: [], at: 2_500, travel: 30)),
    .fingerprint(shard: 1, version: 41, hash: 0x0123_4567_89AB_CDEF),
    .push(
      push(worker: 0, base: 41, version: 43, minibatches: [29], fate: .dropped(.tooStale), pulls: false, at: 2_600)),
    .fault(RecordedFault(kind: .crash, worker: 1, minibatches: [30, 31], microseconds: 2_700)),
    .leave(worker: 1, microseconds: 2_700),
    .fault(RecordedFault(kind: .pause, worker: 0, microseconds: 2_800, duration: 50_000)),
    .fault(RecordedFault(kind: .lostPush, worker: 2, minibatches: [32], microseconds: 2_900)),
    .join(worker: 1, microseconds: 3_000),
    .pull(RecordedPull(worker: 0, version: 43, restarts: true, microseconds: 3_050)),
    .fault(RecordedFault(kind: .duplicatedPush, worker: 2, microseconds: 3_100)),
    .push(push(worker: 2, base: 43, version: 43, minibatches: [33], at: 3_100)),
    .push(push(worker: 2, base: 43, version: 44, minibatches: [], fate: .dropped(.late), at: 3_200)),
    .push(
      push(worker: 1, base: 43, version: 44, minibatches: [34], fate: .dropped(.notFinite), loss: .infinity, at: 3_300)),
    .push(push(worker: 1, base: 44, version: 44, minibatches: [35], fate: .dropped(.stopped), at: 3_400)),
    .epoch(number: 3, microseconds: 3_500),
    .end(RecordedEnd(version: 44, hash: .max, position: 36, microseconds: 4_000, outcome: .interrupted)),
  ]

  /// A push that was computed in half a millisecond and waited for a moment.
  static func push(
    worker: Int, shard: Int = 0, base: Int, version: Int, minibatches: [Int], fate: RecordedPush.Fate = .applied,
    pulls: Bool = true, loss: Float = 2.25, at moment: Int, travel: Int = 3
  ) -> RecordedPush {
    RecordedPush(
      worker: worker, shard: shard, baseVersion: base, version: version, minibatches: minibatches, fate: fate,
      pulls: pulls, loss: loss, pulledAt: moment - 520, startedAt: moment - 510, pushedAt: moment - 10,
      arrivedAt: moment - 10 + travel)
  }

  /// A run in which eight workers share two cores, as they do on a small machine: a gradient takes 12 ms.
  ///
  /// Each push reaches so many servers, one after another, and the parameters are hashed at an interval of updates.
  static func race(updates: Int, workers: Int = 8, shards: Int = 1, interval: Int = 64) -> [RecordedEvent] {
    var stream = RandomStream(seed: 7, purpose: .testing)
    var events: [RecordedEvent] = [.begin(workers: 0..<workers, pulling: 0..<0)]
    var bases = Array(repeating: Array(repeating: 0, count: shards), count: workers)
    var pulls = bases
    var starts = Array(repeating: 15, count: workers)
    var finishes = (0..<workers).map { _ in 9_000 + Int(stream.uniform(below: 6_000)) }
    var last = 0
    for update in 0..<updates {
      guard let worker = (0..<workers).min(by: { finishes[$0] < finishes[$1] }) else { break }
      let loss = 2.3 * stream.uniform()
      let pushedAt = max(finishes[worker], last)
      last = pushedAt
      for shard in 0..<shards {
        last += Int(stream.uniform(below: 120))
        events.append(
          .push(
            RecordedPush(
              worker: worker, shard: shard, baseVersion: bases[worker][shard], version: update,
              minibatches: shard == 0 ? [update] : [], fate: .applied, loss: loss, pulledAt: pulls[worker][shard],
              startedAt: starts[worker], pushedAt: pushedAt, arrivedAt: last)))
        bases[worker][shard] = update + 1
        pulls[worker][shard] = last + 40
      }
      starts[worker] = last + 55
      finishes[worker] = last + 9_000 + Int(stream.uniform(below: 6_000))
      guard (update + 1) % interval == 0 else { continue }
      for shard in 0..<shards {
        events.append(.fingerprint(shard: shard, version: update + 1, hash: stream.next()))
      }
    }
    events.append(.end(RecordedEnd(version: updates, hash: stream.next(), position: updates, microseconds: last + 100)))
    return events
  }

  /// Returns what a writer makes of them.
  static func bytes(header: RecordingHeader, events: [RecordedEvent]) throws -> [UInt8] {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: header)
    for event in events { writer.record(event) }
    try writer.close()
    return try place.bytes()
  }

  /// The small recording, as a file has it.
  static func bytes() throws -> [UInt8] { try bytes(header: header(state: state), events: events) }

  /// Returns a block with right checksums, whatever its payload is.
  static func block(_ kind: RecordingFormat.BlockKind, number: Int, payload: [UInt8]) -> [UInt8] {
    let block = BlockBuffer(payloadCapacity: payload.count)
    _ = payload.withUnsafeBytes { block.append($0) }
    block.seal(kind, number: UInt32(number))
    return Array(block.contents)
  }
}

/// The path of a recording that is removed when the test ends.
final class RecordingPlace {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-recording-\(UUID().uuidString)").path

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}
