import Kernels
import NeuralNet
import Synchronization

@testable import AsyncSGD

/// Keeps all events of a recording in memory.
final class EventKeeper: EventRecorder {
  private let store = Mutex<[RecordedEvent]>([])

  func record(_ event: RecordedEvent) { store.withLock { $0.append(event) } }

  var events: [RecordedEvent] { store.withLock { $0 } }
}

/// A live run that was recorded.
struct RecordedRun {
  let configuration: TrainingConfiguration
  let recording: Recording
  let report: FinalReport
  let model: String

  /// Our own kernels: the naive ones take seconds a step for large models.
  static let backend: any KernelBackend<Float> = {
    do { return try KernelBackends.make(named: "simd") } catch { preconditionFailure("\(error)") }
  }()

  /// Runs with real threads and records it.
  ///
  /// - Parameters:
  ///   - configuration: The run.
  ///   - model: A model of the zoo, made small.
  ///   - state: What it goes on from.
  ///   - faults: What goes wrong on purpose.
  ///   - stopAfterUpdates: After how many pushes to stop it; `nil` for never.
  /// - Throws: What keeps it from its end.
  init(
    _ configuration: TrainingConfiguration, model: String = "mlp", resuming state: TrainerState? = nil,
    faults: ClusterDescription? = nil, stopAfterUpdates: Int? = nil
  ) throws {
    let keeper = EventKeeper()
    let stop = StopAfter(stopAfterUpdates, events: keeper)
    let trainer = try Trainer(
      configuration, model: TrainingFixture.model(model), data: TrainingFixture.digits,
      backend: Self.backend, programVersion: "test", resuming: state, recorder: stop, faults: faults,
      observer: RecordingObserver())
    stop.action = { trainer.requestStop() }
    report = try trainer.run()
    stop.action = nil
    self.configuration = configuration
    self.model = model
    recording = Recording(
      header: RecordingHeader(settings: ["workers": "\(configuration.workers)"], state: state), events: keeper.events,
      discardedBytes: 0)
  }

  /// Repeats the run.
  func replay(
    _ other: TrainingConfiguration? = nil, isExact: Bool = true, events: [RecordedEvent]? = nil, threads: Int,
    observer: any TrainingObserver = RecordingObserver()
  ) throws -> ReplayReport {
    let recording = Recording(header: recording.header, events: events ?? recording.events, discardedBytes: 0)
    return try Replayer(
      other ?? configuration, isExact: isExact, recording: recording, model: TrainingFixture.model(model),
      data: TrainingFixture.digits, backend: Self.backend, programVersion: "test", threads: threads,
      observer: observer
    ).run()
  }

  /// The numbers of the hashes among the events.
  var fingerprints: [Int] {
    recording.events.indices.filter { if case .fingerprint = recording.events[$0] { true } else { false } }
  }

  /// The numbers of the pushes among the events.
  var pushes: [Int] {
    recording.events.indices.filter { if case .push = recording.events[$0] { true } else { false } }
  }
}

/// Passes events on, and acts after so many pushes.
private final class StopAfter: EventRecorder {
  private let pushes: Int?
  private let events: EventKeeper
  private let state = Mutex<(count: Int, action: (@Sendable () -> Void)?)>((0, nil))

  init(_ pushes: Int?, events: EventKeeper) {
    self.pushes = pushes
    self.events = events
  }

  var action: (@Sendable () -> Void)? {
    get { state.withLock { $0.action } }
    set { state.withLock { $0.action = newValue } }
  }

  func record(_ event: RecordedEvent) {
    events.record(event)
    guard case .push = event else { return }
    let action = state.withLock { state in
      state.count += 1
      return state.count == pushes ? state.action : nil
    }
    action?()
  }
}
