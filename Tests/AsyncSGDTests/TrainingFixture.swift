import DataPipeline
import Kernels
import NeuralNet
import Synchronization

@testable import AsyncSGD

/// Keeps all events of a run.
final class RecordingObserver: TrainingObserver {
  private let store = Mutex<[TrainingEvent]>([])
  private let action: @Sendable (TrainingEvent) -> Void

  /// Creates an observer that also calls `action` with each event, after keeping it.
  init(_ action: @escaping @Sendable (TrainingEvent) -> Void = { _ in }) {
    self.action = action
  }

  func observe(_ event: TrainingEvent) {
    store.withLock { $0.append(event) }
    action(event)
  }

  var events: [TrainingEvent] { store.withLock { $0 } }

  var evaluations: [EvaluationReport] {
    events.compactMap { if case .evaluation(let report) = $0 { report } else { nil } }
  }

  var epochs: [EpochReport] {
    events.compactMap { if case .epoch(let report) = $0 { report } else { nil } }
  }

  var warnings: [TrainingWarning] {
    events.compactMap { if case .warning(let warning) = $0 { warning } else { nil } }
  }
}

/// Small problems for tests of the trainer.
enum TrainingFixture {
  /// A few embedded digits; the training set is no multiple of the usual minibatches.
  static let digits: DatasetPair = {
    do {
      let full = try DatasetCatalog.load("digits")
      return DatasetPair(training: full.training.prefix(250), test: full.test.prefix(100))
    } catch {
      preconditionFailure("the embedded digits do not load: \(error)")
    }
  }()

  /// Returns a model of the zoo for the digits.
  static func model(_ name: String, hidden: Int = 16) throws -> ShapedModel {
    try ModelZoo.make(name, options: ModelOptions(classes: 10, hidden: [hidden])).shaped(for: Shape([1, 28, 28]))
  }

  /// A short run.
  static func configuration(
    workers: Int = 1, mode: CoordinationMode = .async, optimizer: OptimizerKind = .sgd, epochs: Int = 2,
    batchSize: Int = 16, learningRate: Double = 0.05, seed: UInt64 = 7
  ) -> TrainingConfiguration {
    TrainingConfiguration(
      workers: workers, mode: mode, optimizer: optimizer, momentum: optimizer == .momentum ? 0.5 : 0,
      epochs: epochs, batchSize: batchSize, learningRate: learningRate, schedule: .linear, warmup: 0.2, seed: seed)
  }

  /// Returns a trainer of `model` on the digits.
  static func trainer(
    _ configuration: TrainingConfiguration, model: String = "mlp", data: DatasetPair = digits,
    backend: any KernelBackend<Float> = ReferenceBackend<Float>(), resuming state: TrainerState? = nil,
    observer: any TrainingObserver = RecordingObserver()
  ) throws -> Trainer {
    try Trainer(
      configuration, model: Self.model(model), data: data, backend: backend, programVersion: "test",
      resuming: state, observer: observer)
  }

  /// Returns a live worker, the only one of a run.
  static func worker(
    _ configuration: TrainingConfiguration, model: ShapedModel, plan: EpochPlan, backend: any KernelBackend<Float>,
    server: any TrainingServer, dispenser: MinibatchDispenser, data: Dataset
  ) -> Worker {
    let core = configuration.makeLogicalWorker(
      0, model: model, plan: plan, backend: backend, service: server, snapshot: server.latest())
    let lane = ComputeLane(label: "test", model: model, capacity: plan.capacity, backend: backend, training: data)
    return Worker(
      core, lane: lane, dispenser: dispenser, curriculum: Curriculum(configuration, plan: plan), takesTurns: true)
  }
}
