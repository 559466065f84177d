import DataPipeline
import Foundation
import Kernels
import NeuralNet
import Randomness
import Reporting
import Testing

@testable import AsyncSGD
@testable import Interchange
@testable import TrainCommand

/// Recordings whose bytes are sound, and whose contents somebody made up.
///
/// Whatever they say, they are refused, or they are replayed up to where they cannot go on: nothing traps, and nothing hangs.
@Suite("Recordings that were made up")
struct RecordingFuzzTests {
  private static let data: DatasetPair = {
    do {
      let full = try DatasetCatalog.load("digits")
      return DatasetPair(training: full.training.prefix(44), test: full.test.prefix(10))
    } catch {
      preconditionFailure("the embedded digits do not load: \(error)")
    }
  }()

  private static let backend: any KernelBackend<Float> = {
    do { return try KernelBackends.make(named: "simd") } catch { preconditionFailure("\(error)") }
  }()

  private static func model(_ settings: RunSettings) throws -> ShapedModel {
    let shape = data.training.shape
    return try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
  }

  // MARK: Recordings to begin with

  /// One way to run.
  struct Kind: Sendable, CustomTestStringConvertible {
    var mode: CoordinationMode
    var values: [(Hyperparameter, Hyperparameter.Value)] = []
    var script = ""
    var isResumed = false
    var learningRate = 0.05

    var testDescription: String {
      "\(mode.rawValue) \(values.map { "\($0.0.name)=\($0.1)" }) \(script.isEmpty ? "" : "troubled")"
    }
  }

  private static let trouble = """
    crash worker 0 at update 3 restart after 20ms
    crash all rate 5/s restart after 10ms
    join worker 2 at update 2
    lose push of all probability 0.1
    duplicate push of all probability 0.15
    pause all rate 5/s for 5ms
    """

  static let kinds = [
    Kind(mode: .async), Kind(mode: .async, script: trouble),
    Kind(mode: .async, values: [(.serverShards, .integer(3))], script: trouble),
    Kind(mode: .async, values: [(.pushEvery, .integer(2)), (.fetchEvery, .integer(3))], script: trouble),
    Kind(mode: .sync), Kind(mode: .sync, script: trouble),
    Kind(mode: .sync, values: [(.gradientsToWait, .integer(1)), (.calculationStops, .choice("on"))]),
    Kind(mode: .dssp, script: trouble), Kind(mode: .ringmaster, values: [(.delayThreshold, .integer(1))]),
    Kind(mode: .easgd, values: [(.exchangeOrder, .choice("round-robin"))], script: trouble),
    Kind(mode: .localSGD, values: [(.localSteps, .integer(2))], script: trouble), Kind(mode: .rennala),
    Kind(mode: .async, script: trouble, learningRate: 1000), Kind(mode: .sequential, isResumed: true),
  ]

  private static func recording(_ kind: Kind, epochs: Int = 2) throws -> Recording {
    var options = TrainOptions(cores: 2)
    options.model = "softmax"
    options.dataset = "digits"
    options.workers = kind.mode == .sequential ? 1 : 3
    options.mode = kind.mode
    options.epochs = epochs
    options.batchSize = 4
    options.learningRate = kind.learningRate
    options.onDivergence = .skip
    for (hyperparameter, value) in kind.values { options.hyperparameters[hyperparameter] = value }
    let settings = RunSettings(options)
    let keeper = Keeper()
    var state: TrainerState?
    if kind.isResumed {
      var first = settings.configuration
      first.epochs = 1
      let trainer = try Trainer(
        first, model: model(settings), data: data, backend: backend, programVersion: "test", observer: Nobody())
      _ = try trainer.run()
      state = trainer.state
      _ = try Trainer(
        settings.configuration, model: model(settings), data: data, backend: backend, programVersion: "test",
        resuming: state, recorder: keeper, observer: Nobody()
      ).run()
    } else {
      _ = try Simulator(
        settings.configuration, cluster: ClusterDescription(script: kind.script), model: model(settings), data: data,
        backend: backend, programVersion: "test", threads: 1, recorder: keeper, observer: Nobody()
      ).run()
    }
    let run = RecordedRun(settings, backend: backend, data: data, driver: kind.isResumed ? .live : .virtual)
    return Recording(
      header: RecordingHeader(settings: run.fields, state: state), events: keeper.events, discardedBytes: 0)
  }

  // MARK: The test

  @Test("are refused, or differ, and never crash the program", arguments: kinds)
  func nonsense(kind: Kind) throws {
    let original = try Self.recording(kind)
    var fate = Fate()
    // As it is, it is repeated: what follows is about the changes.
    try Self.use(original.header, original.events, threads: 2, &fate)
    #expect(fate.repeated == 1, "\(fate)")
    var mutator = Mutator(seed: 11)
    for round in 0..<40 {
      var (header, events) = (original.header, original.events)
      if round % 4 == 3 { mutator.change(&header) } else { mutator.change(&events) }
      try Self.use(header, events, threads: round % 8 == 0 ? 2 : 1, isExact: round % 5 != 4, &fate)
    }
    #expect(fate.differing > 0 && fate.refused + fate.differing > 10, "\(fate)")
  }

  @Test(
    "are fitted, or are not, and never crash the program",
    arguments: [
      Kind(mode: .async, script: trouble), Kind(mode: .dssp),
      Kind(mode: .ringmaster, values: [(.delayThreshold, .integer(2))]),
    ])
  func fits(kind: Kind) throws {
    // Long enough that there is something to fit to.
    let original = try Self.recording(kind, epochs: 8)
    var mutator = Mutator(seed: 12)
    var fitted = 0
    for round in 0..<4 {
      var (header, events) = (original.header, original.events)
      if round == 3 { mutator.change(&header) } else if round > 0 { mutator.change(&events) }
      let path = try Self.write(header, events)
      defer { try? FileManager.default.removeItem(atPath: path) }
      do {
        let recording = try Recording(reading: path)
        let run = try RecordedRun(recording.header, path: path)
        let fit = try ClusterFit(recording.events, of: run.settings.configuration)
        #expect(FitTable(fit, script: FittedScript(fit.best, path: nil)).description.utf8.count < 8_000)
        #expect(fit.timings.staleness.max < events.count)
        fitted += 1
      } catch is RecordingError, is CheckpointError, is FitError {}
    }
    #expect(fitted > 0)
  }

  private struct Fate {
    var refused = 0
    var differing = 0
    var repeated = 0
  }

  /// Writes a recording with right checksums; returns where.
  private static func write(_ header: RecordingHeader, _ events: [RecordedEvent]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-fuzz-\(UUID().uuidString)").path
    let writer = try RecordingWriter(path: path, header: header, watchesClock: false)
    for event in events { writer.record(event) }
    writer.flush()
    writer.writeCompleteBlocks()
    return path
  }

  /// Writes a recording with right checksums, reads it, shows it, fits a cluster to it and replays it.
  private static func use(
    _ header: RecordingHeader, _ events: [RecordedEvent], threads: Int, isExact: Bool = true, _ fate: inout Fate
  ) throws {
    let path = try write(header, events)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let report: ReplayReport
    do {
      let recording = try Recording(reading: path)
      try show(recording, chromeTrace: threads > 1 ? path + ".json" : nil)
      let run = try RecordedRun(recording.header, path: path)
      _ = try? ClusterFit(recording.events, of: run.settings.configuration)
      report = try Replayer(
        run.settings.configuration, isExact: isExact, recording: recording, model: model(run.settings), data: data,
        backend: backend, programVersion: "test", threads: threads, isContinuous: run.driver == .virtual,
        observer: Nobody()
      ).run()
    } catch TrainingError.stalenessLawViolated(let residual) {
      Issue.record("the books are off by \(residual)")
      return
    } catch is RecordingError, is CheckpointError, is TrainingError {
      fate.refused += 1
      return
    }
    if report.divergence == nil, report.hashesAgree != false { fate.repeated += 1 } else { fate.differing += 1 }
  }

  /// All that `trace` makes of a recording.
  private static func show(_ recording: Recording, chromeTrace path: String?) throws {
    let summary = RecordingSummary(recording)
    let table = RecordingTable(recording)
    let lines = RecordingLines(recording)
    var bytes = table.header(path: "r").utf8.count + table.summary(summary).utf8.count
    for (sequence, event) in recording.events.enumerated() {
      bytes += table.line(event, sequence: sequence).utf8.count
      bytes += lines.line(event, sequence: sequence).utf8.count
    }
    #expect(bytes + lines.summary(summary).utf8.count < 4_000 * (recording.events.count + 2))
    guard let path else { return }
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ChromeTraceWriter.write(to: path) { trace throws(AtomicFileError) in
      var timeline = RecordingTimeline(recording)
      try timeline.write(to: &trace)
    }
  }
}

// MARK: Changes

/// Makes up what did not happen.
private struct Mutator {
  private var stream: RandomStream

  init(seed: UInt64) { stream = RandomStream(seed: seed, purpose: .testing) }

  private mutating func below(_ limit: Int) -> Int { Int(stream.uniform(below: UInt32(max(1, limit)))) }

  /// Returns a number that is near `value`, or absurd.
  private mutating func number(near value: Int) -> Int {
    let absurd = [-1, 0, 1, 2, 3, 63, 64, 1 << 20, 1 << 32, 1 << 62, .max, .min]
    return below(2) == 0 ? value &+ below(5) &- 2 : absurd[below(absurd.count)]
  }

  mutating func change(_ events: inout [RecordedEvent]) {
    for _ in 0...below(3) where !events.isEmpty {
      let place = below(events.count)
      let other = below(events.count)
      switch below(8) {
      case 0: events.remove(at: place)
      case 1: events.insert(events[place], at: other)
      case 2: events.swapAt(place, min(place + 1, events.count - 1))
      case 3: events.swapAt(place, other)
      case 4: events.removeSubrange(place...)
      case 5: events.insert(invented(), at: place)
      default: events[place] = changed(events[place])
      }
    }
  }

  private mutating func invented() -> RecordedEvent {
    let worker = below(4)
    let moment = below(100_000)
    switch below(9) {
    case 0: return .begin(workers: 0..<below(4), pulling: 0..<0)
    case 1: return .leave(worker: worker, microseconds: moment)
    case 2: return .join(worker: worker, microseconds: moment)
    case 3:
      return .pull(
        RecordedPull(
          worker: worker, shard: below(3), version: below(8), restarts: below(2) == 0, microseconds: moment))
    case 4: return .epoch(number: number(near: 2), microseconds: moment)
    case 5: return .fingerprint(shard: below(2), version: below(8), hash: stream.next())
    case 6: return .end(RecordedEnd(version: below(8), hash: 0, position: 0, microseconds: moment))
    default:
      let kinds = RecordedFault.Kind.allCases
      return .fault(
        RecordedFault(
          kind: kinds[below(kinds.count)], worker: worker, minibatches: below(2) == 0 ? [] : [below(20)],
          microseconds: moment, duration: number(near: 5)))
    }
  }

  private mutating func changed(_ event: RecordedEvent) -> RecordedEvent {
    switch event {
    case .begin(let workers, let pulling):
      let count = max(0, min(number(near: workers.count), 1 << 40))
      let pulls = max(0, min(number(near: pulling.count), count))
      return .begin(workers: workers.lowerBound..<workers.lowerBound + count, pulling: 0..<pulls)
    case .push(var push):
      switch below(9) {
      case 0: push.worker = number(near: push.worker)
      case 1: push.shard = number(near: push.shard)
      case 2: push.baseVersion = number(near: push.baseVersion)
      case 3: push.version = number(near: push.version)
      case 4: push.minibatches = push.minibatches.map { number(near: $0) }
      case 5: push.minibatches += Array(repeating: below(25), count: below(40))
      case 6: push.fate = [.applied, .queued, .dropped(.late), .dropped(.stopped), .dropped(.notFinite)][below(5)]
      case 7: push.pulls.toggle()
      default:
        push.arrivedAt = number(near: push.arrivedAt)
        push.pushedAt = min(push.pushedAt, push.arrivedAt)
        push.startedAt = min(push.startedAt, push.pushedAt)
        push.pulledAt = min(push.pulledAt, push.pushedAt)
      }
      return .push(push)
    case .pull(var pull):
      switch below(4) {
      case 0: pull.worker = number(near: pull.worker)
      case 1: pull.shard = number(near: pull.shard)
      case 2: pull.version = number(near: pull.version)
      default: pull.restarts.toggle()
      }
      return .pull(pull)
    case .fault(var fault):
      fault.worker = number(near: fault.worker)
      fault.minibatches = fault.minibatches.map { number(near: $0) }
      fault.duration = number(near: fault.duration)
      return .fault(fault)
    case .leave(let worker, _): return .leave(worker: number(near: worker), microseconds: number(near: 7))
    case .join(let worker, _): return .join(worker: number(near: worker), microseconds: number(near: 7))
    case .fingerprint(let shard, let version, let hash):
      return .fingerprint(shard: number(near: shard), version: number(near: version), hash: hash)
    case .epoch(let number, let moment): return .epoch(number: self.number(near: number), microseconds: moment)
    case .end(var end):
      end.version = number(near: end.version)
      end.position = number(near: end.position)
      end.outcome = RecordedEnd.Outcome.allCases[below(4)]
      return .end(end)
    }
  }

  mutating func change(_ header: inout RecordingHeader) {
    if header.state != nil, below(2) == 0 {
      change(&header.state)
      return
    }
    let numbers = ["0", "-1", "1", "2", "4", "7", "300", "9223372036854775807", "1e400", "nan", "0.5", "", "x"]
    let changes: [(name: String, values: [String])] = [
      ("workers", numbers), ("batchSize", numbers), ("epochs", numbers), ("seed", numbers), ("learningRate", numbers),
      ("momentum", numbers), ("warmup", numbers), ("hyperparameter.server-shards", numbers),
      ("hyperparameter.push-every", numbers), ("hyperparameter.gradients-to-wait", numbers),
      ("mode", CoordinationMode.allCases.map(\.rawValue)), ("rule", UpdateRuleKind.allCases.map(\.rawValue)),
      ("optimizer", OptimizerKind.allCases.map(\.rawValue)), ("model", ["mlp", "hogwild", "?"]),
      ("compression", CompressionKind.allCases.map(\.rawValue)), ("driver", ["live", "virtual", "replay"]),
    ]
    for _ in 0...below(2) {
      let change = changes[below(changes.count)]
      header.settings[change.name] = change.values[below(change.values.count)]
    }
  }

  private mutating func change(_ state: inout TrainerState?) {
    switch below(7) {
    case 0: state?.version = max(0, number(near: 3))
    case 1: state?.epoch = max(0, number(near: 1))
    case 2: state?.nextMinibatch = max(0, number(near: 1))
    case 3: state?.examples = max(0, number(near: 44))
    case 4: state?.trainingExamples = max(0, number(near: 44))
    case 5: state?.parameters.removeLast(1 + below(7))
    default: state?.carried.vectors["worker.0.momentum.velocity"] = [1, 2]
    }
  }
}

/// Keeps what it is told.
private final class Keeper: EventRecorder, @unchecked Sendable {  // `events` is read when the run is over
  private(set) var events: [RecordedEvent] = []
  private let lock = NSLock()

  func record(_ event: RecordedEvent) { lock.withLock { events.append(event) } }
}

/// Watches no run.
private struct Nobody: TrainingObserver {
  func observe(_ event: TrainingEvent) {}
}
