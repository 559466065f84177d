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
  /// Evaluations of initial parameters by seed; used by the thread of ``run(_:progress:)`` only.
  private var beginnings: [UInt64: LearningCurve.Point] = [:]
  private let lock = NSLock()
  /// The run under way; protected by `lock`.
  private var trainer: Trainer?
  /// Protected by `lock`.
  private var isStopped = false

  init(data: DatasetPair, backend: any KernelBackend<Float>) {
    self.data = data
    self.backend = backend
  }

  var surroundings: [String: String] {
    [
      "version": Program.version, "time": clock, "kernels": backend.name, "instructionSet": backend.instructionSet,
      "trainingData": data.training.contentHash, "testData": data.test.contentHash,
    ]
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
    let beginning = beginning(seed: settings.configuration.seed, of: model, at: trainer.state.parameters)
    let report = try trainer.run()
    guard report.outcome != .interrupted else { return nil }
    let isSound = report.outcome == .completed && report.last.testLoss.isFinite
    var epochs = observer.epochs
    if epochs.last?.examples != report.last.examples { epochs.append(report.last) }
    return RunResult(
      outcome: isSound ? .completed : .diverged,
      curve: LearningCurve([beginning] + epochs.map(LearningCurve.Point.init)), staleness: report.last.staleness,
      stalenessBins: report.last.figures.stalenessBins, examplesPerSecond: report.last.examplesPerSecond,
      parametersHash: report.parametersHash)
  }

  func stop() {
    lock.withLock {
      isStopped = true
      trainer?.requestStop()
    }
  }

  /// The evaluation of the initial parameters, which a trainer does not make.
  private func beginning(seed: UInt64, of model: ShapedModel, at parameters: [Float]) -> LearningCurve.Point {
    if let known = beginnings[seed] { return known }
    let capacity = 256
    let replica = Replica<Float>(model, minibatchCapacity: capacity, backend: backend)
    var sums = ClassificationSums()
    let examples = (0..<Int32(data.test.count)).map { $0 }
    parameters.withUnsafeBufferPointer { parameters in
      guard let start = parameters.baseAddress else { return }
      for first in stride(from: 0, to: examples.count, by: capacity) {
        let chunk = Array(examples[first..<min(first + capacity, examples.count)])
        chunk.withUnsafeBufferPointer { data.test.write($0, images: replica.inputs, labels: replica.labels) }
        let part = replica.evaluate(at: start, examples: chunk.count)
        sums.loss += part.loss
        sums.correct += part.correct
      }
    }
    let count = Double(max(1, examples.count))
    let point = LearningCurve.Point(
      examples: 0, updates: 0, seconds: 0, trainLoss: nil, testLoss: sums.loss / count,
      testAccuracy: Double(sums.correct) / count)
    beginnings[seed] = point
    return point
  }
}

/// Collects the evaluations of a run.
private final class CurveObserver: TrainingObserver, @unchecked Sendable {
  /// The epochs so far; written by one event at a time, read after the last one.
  private(set) var epochs: [EpochReport] = []
  private let progress: @Sendable (TrainingProgress) -> Void

  init(_ progress: @escaping @Sendable (TrainingProgress) -> Void) {
    self.progress = progress
  }

  func observe(_ event: TrainingEvent) {
    switch event {
    case .epoch(let report): epochs.append(report)
    case .progress(let report): progress(report)
    case .run, .warning, .final: break
    }
  }
}

extension LearningCurve.Point {
  fileprivate init(_ report: EpochReport) {
    self.init(
      examples: report.examples, updates: report.updates, seconds: report.seconds, trainLoss: report.trainLoss,
      testLoss: report.testLoss, testAccuracy: report.testAccuracy)
  }
}
