internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Reporting

/// Carries out runs on threads that race, in wall-clock time.
final class LiveComparisonRunner: ComparisonRunner, @unchecked Sendable {  // see the fields
  let clock = "wall-clock"
  let place = "on this machine"

  private let data: DatasetPair
  private let backend: any KernelBackend<Float>
  private let beginnings: InitialEvaluations
  private let lock = NSLock()
  /// The run under way; protected by `lock`.
  private var trainer: Trainer?
  /// Protected by `lock`.
  private var isStopped = false

  init(data: DatasetPair, backend: any KernelBackend<Float>) {
    self.data = data
    self.backend = backend
    beginnings = InitialEvaluations(data: data, backend: backend)
  }

  var surroundings: [String: String] {
    RunResult.surroundings(clock: clock, data: data, backend: backend)
  }

  func run(_ settings: RunSettings, progress: @escaping @Sendable (TrainingProgress) -> Void) throws -> RunResult? {
    let shape = data.training.shape
    let model = try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
    let observer = CurveObserver(progress)
    let trainer = try Trainer(
      settings.configuration, model: model, data: data, backend: backend, programVersion: Program.version,
      observer: observer)
    lock.withLock {
      self.trainer = trainer
      if isStopped { trainer.requestStop() }
    }
    defer { lock.withLock { self.trainer = nil } }
    let beginning = beginnings.point(seed: settings.configuration.seed, of: model)
    let report = try trainer.run()
    return RunResult(report, epochs: observer.epochs, beginning: beginning) { $0.seconds }
  }

  func stop() {
    lock.withLock {
      isStopped = true
      trainer?.requestStop()
    }
  }
}
