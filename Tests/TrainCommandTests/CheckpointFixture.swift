import AsyncSGD
import Foundation
import Interchange
import Kernels
import NeuralNet
import Testing

@testable import TrainCommand

/// A checkpoint in which no field has its default, in a directory of its own.
final class CheckpointFixture {
  /// Parameters of the fixture's model: 6·3 + 3 and 3·4 + 4.
  static let parameters = 37

  let directory: URL
  /// Where the checkpoint is, or is to be.
  let path: String

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-train-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.appendingPathComponent("c.safetensors").path
  }

  deinit {
    try? FileManager.default.removeItem(at: directory)
  }

  /// Settings in which nothing is as a new run has it.
  static var settings: RunSettings {
    var options = TrainOptions(cores: 3)
    (options.dataset, options.model, options.hidden, options.activation) = ("mnist", "mlp", HiddenLayers([3]), .tanh)
    (options.kernels, options.mode, options.seed, options.workers) = ("reference", .sync, .max, 5)
    (options.epochs, options.batchSize, options.learningRate) = (7, 9, 1.0 / 3)
    (options.optimizer, options.momentum, options.weightDecay) = (.momentum, 0.1, 1e-7)
    (options.schedule, options.warmup, options.onDivergence) = (.constant, 0.7, .skip)
    options.given = ["--on-divergence"]
    return RunSettings(options)
  }

  /// A position in the middle of an epoch.
  static var state: TrainerState {
    TrainerState(
      parameters: (0..<parameters).map { Float($0) * 0.1 - 1 },
      carried: CarriedState(vectors: ["velocity": (0..<parameters).map { Float($0) * -1e-20 }]), version: 1_234_567,
      epoch: 4,
      nextMinibatch: 3, trainingExamples: 37, examples: 98_765)
  }

  /// The checkpoint of ``settings`` and ``state``.
  static func checkpoint() throws -> Checkpoint {
    Checkpoint(
      settings: settings, model: try settings.shapedModel(input: [1, 2, 3], classes: 4), state: state)
  }

  /// Writes the checkpoint, altered, and returns why it cannot be read, or `nil`.
  func fault(
    altering alter: (_ tensors: inout [NamedTensor], _ metadata: inout [String: String]) -> Void
  ) throws -> CheckpointError? {
    try Self.checkpoint().write(to: path)
    let file = try SafetensorsFile(reading: path)
    var (tensors, metadata) = (file.tensors, file.metadata)
    alter(&tensors, &metadata)
    try SafetensorsFile(tensors: tensors, metadata: metadata).write(to: path)
    do {
      _ = try Checkpoint(reading: path)
      return nil
    } catch let error as CheckpointError {
      return error
    }
  }
}
