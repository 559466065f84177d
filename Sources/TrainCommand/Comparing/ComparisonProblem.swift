internal import AsyncSGD
internal import DataPipeline
internal import Kernels
internal import NeuralNet
internal import Reporting

/// What all runs of a comparison learn, and with which kernels.
final class ComparisonProblem {
  /// Training and test set.
  let data: DatasetPair
  /// The kernels.
  let backend: any KernelBackend<Float>
  /// Evaluations of initial parameters by seed: all cells begin with the same ones.
  private var beginnings: [UInt64: LearningCurve.Point] = [:]

  /// Creates a problem.
  init(data: DatasetPair, backend: any KernelBackend<Float>) {
    self.data = data
    self.backend = backend
  }

  /// Everything of it that a result depends on, by name.
  var surroundings: [String: String] {
    [
      "version": Program.version, "kernels": backend.name, "instructionSet": backend.instructionSet,
      "trainingData": data.training.contentHash, "testData": data.test.contentHash,
      "testExamples": "\(data.test.count)",
    ]
  }

  /// Returns the model of a run, fitted to the images.
  func model(_ settings: RunSettings) throws -> ShapedModel {
    let shape = data.training.shape
    return try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
  }

  /// Returns the evaluation of the initial parameters, which no driver makes.
  func beginning(of settings: RunSettings) throws -> LearningCurve.Point {
    let seed = settings.configuration.seed
    if let known = beginnings[seed] { return known }
    let model = try model(settings)
    let capacity = 256
    let replica = Replica<Float>(model, minibatchCapacity: capacity, backend: backend)
    var parameters = [Float](repeating: 0, count: model.layout.count)
    model.initialize(&parameters, seed: seed)
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
