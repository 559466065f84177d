internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet

/// Carries out runs in virtual time, on a cluster that is the same for all.
final class VirtualComparisonRunner: ComparisonRunner, @unchecked Sendable {  // see the fields
  let clock = "virtual"
  let place = "on this cluster"

  private let cluster: ClusterDescription
  private let threads: Int
  private let data: DatasetPair
  private let backend: any KernelBackend<Float>
  private let beginnings: InitialEvaluations
  private let lock = NSLock()
  /// The run under way; protected by `lock`.
  private var simulator: Simulator?
  /// Protected by `lock`.
  private var isStopped = false

  init(cluster: ClusterDescription, threads: Int, data: DatasetPair, backend: any KernelBackend<Float>) {
    self.cluster = cluster
    self.threads = threads
    self.data = data
    self.backend = backend
    beginnings = InitialEvaluations(data: data, backend: backend)
  }

  var surroundings: [String: String] {
    var surroundings = RunResult.surroundings(clock: clock, data: data, backend: backend)
    surroundings["cluster"] = "\(cluster)"
    return surroundings
  }

  func run(_ settings: RunSettings, progress: @escaping @Sendable (TrainingProgress) -> Void) throws -> RunResult? {
    let shape = data.training.shape
    let model = try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
    let observer = CurveObserver(progress)
    let simulator = try Simulator(
      settings.configuration, cluster: cluster, model: model, data: data, backend: backend,
      programVersion: Program.version, threads: threads, observer: observer)
    lock.withLock {
      self.simulator = simulator
      if isStopped { simulator.requestStop() }
    }
    defer { lock.withLock { self.simulator = nil } }
    let beginning = beginnings.point(seed: settings.configuration.seed, of: model)
    let report = try simulator.run()
    return RunResult(report.final, epochs: observer.epochs, beginning: beginning) { $0.virtualSeconds ?? 0 }
  }

  func stop() {
    lock.withLock {
      isStopped = true
      simulator?.requestStop()
    }
  }
}
