internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import TrainCommand

/// One way to train a model, to be measured.
struct TrainingRun {
  let model: ShapedModel
  let workers: Int
  let batchSize: Int
  let backend: any KernelBackend<Float>

  /// The images that are trained on: the embedded digits.
  ///
  /// The test set is empty, because evaluations are not measured.
  static let digits = SyntheticDigits.generate(test: 0)

  /// Creates a run of a model of the zoo on the embedded digits.
  init(model: String, workers: Int, batchSize: Int, backend: any KernelBackend<Float>) throws {
    let data = Self.digits.training
    let shape = Shape([data.shape.channels, data.shape.height, data.shape.width])
    self.model = try ModelZoo.make(model, options: ModelOptions(classes: data.classes)).shaped(for: shape)
    self.workers = workers
    self.batchSize = batchSize
    self.backend = backend
  }

  /// The cores that the workers can use.
  var cores: Int { min(workers, ProcessInfo.processInfo.activeProcessorCount) }

  /// What a run achieved.
  struct Throughput {
    let examplesPerSecond: Double
    let peakMemoryBytes: Int
  }

  /// Trains for some seconds and returns how fast that went.
  func throughput(seconds: Double) throws -> Throughput {
    let stop = StopSwitch()
    let log = PushLog(workers: workers, seconds: seconds) { stop.requestStop() }
    let report = try train(backend, stop: stop) { server, _ in log.service(server) }
    return Throughput(examplesPerSecond: log.examplesPerSecond, peakMemoryBytes: report.peakMemoryBytes)
  }

  /// Trains for some seconds, slowed down by clocks, and returns where the time went, in percent.
  func shares(seconds: Double) throws -> [BenchmarkRecord.Quantity: Double] {
    let stop = StopSwitch()
    let ledger = KernelLedger()
    let log = PushLog(workers: workers, seconds: seconds) { stop.requestStop() }
    var services: [TimedService] = []
    let report = try train(TimedBackend(base: backend, ledger: ledger), stop: stop) { server, _ in
      let service = TimedService(log.service(server))
      services.append(service)
      return service
    }
    return TimeShares(ledger: ledger, accounts: services.map(\.account)).percentages(
      seconds: report.last.seconds, cores: cores)
  }

  /// Trains until `stop` says so.
  private func train(
    _ backend: any KernelBackend<Float>, stop: StopSwitch,
    service: (any ParameterService, Int) -> any ParameterService
  ) throws -> FinalReport {
    let configuration = TrainingConfiguration(
      workers: workers, optimizer: .momentum, momentum: 0.5, epochs: 1_000_000, batchSize: batchSize,
      learningRate: 0.01)
    let trainer = try Trainer(
      configuration, model: model, data: Self.digits, backend: backend, programVersion: Program.version,
      observer: NoObserver(), service: service)
    stop.connect(trainer)
    let report = try trainer.run()
    if case .diverged(let place) = report.outcome { throw BenchmarkError.diverged(model: model.model.name, place) }
    return report
  }
}

/// Ends a run from one of its workers.
private final class StopSwitch: @unchecked Sendable {  // the trainer is set before the workers start
  private weak var trainer: Trainer?

  func connect(_ trainer: Trainer) {
    self.trainer = trainer
  }

  func requestStop() {
    trainer?.requestStop()
  }
}

/// Somebody who looks away.
private struct NoObserver: TrainingObserver {
  func observe(_ event: TrainingEvent) {}
}
