internal import AsyncSGD
internal import DataPipeline
internal import Kernels
internal import NeuralNet
internal import Reporting

extension RunResult {
  /// Creates the result of a run; `nil` if it was interrupted.
  ///
  /// - Parameters:
  ///   - report: Its end.
  ///   - epochs: Its evaluations.
  ///   - beginning: The evaluation of its initial parameters.
  ///   - seconds: The time of an evaluation.
  init?(
    _ report: FinalReport, epochs: [EpochReport], beginning: LearningCurve.Point, seconds: (EpochReport) -> Double
  ) {
    guard report.outcome != .interrupted else { return nil }
    let isSound = report.outcome == .completed && report.last.testLoss.isFinite
    var epochs = epochs
    if epochs.last?.examples != report.last.examples { epochs.append(report.last) }
    let points = epochs.map { report in
      LearningCurve.Point(
        examples: report.examples, updates: report.updates, seconds: seconds(report), trainLoss: report.trainLoss,
        testLoss: report.testLoss, testAccuracy: report.testAccuracy)
    }
    let time = seconds(report.last)
    self.init(
      outcome: isSound ? .completed : .diverged, curve: LearningCurve([beginning] + points),
      staleness: report.last.staleness, stalenessBins: report.last.figures.stalenessBins,
      examplesPerSecond: time > 0 ? Double(report.last.examples) / time : 0, parametersHash: report.parametersHash)
  }

  /// Everything that a result depends on besides the options of the run, by name.
  static func surroundings(
    clock: String, data: DatasetPair, backend: any KernelBackend<Float>
  ) -> [String: String] {
    [
      "version": Program.version, "time": clock, "kernels": backend.name, "instructionSet": backend.instructionSet,
      "trainingData": data.training.contentHash, "testData": data.test.contentHash,
    ]
  }
}

/// Evaluates initial parameters, which drivers do not: once for each seed.
///
/// Used by the thread of the runs only.
final class InitialEvaluations {
  private let data: DatasetPair
  private let backend: any KernelBackend<Float>
  private var points: [UInt64: LearningCurve.Point] = [:]

  init(data: DatasetPair, backend: any KernelBackend<Float>) {
    self.data = data
    self.backend = backend
  }

  /// Returns the evaluation of the parameters that a seed begins with; all models of a comparison are the same.
  func point(seed: UInt64, of model: ShapedModel) -> LearningCurve.Point {
    if let known = points[seed] { return known }
    var parameters = [Float](repeating: 0, count: model.layout.count)
    model.initialize(&parameters, seed: seed)
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
    points[seed] = point
    return point
  }
}

/// Collects the evaluations of a run.
final class CurveObserver: TrainingObserver, @unchecked Sendable {
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
