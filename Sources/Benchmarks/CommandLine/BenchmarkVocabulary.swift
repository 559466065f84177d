internal import Kernels
internal import NeuralNet

/// The names that the options take on this machine.
struct BenchmarkVocabulary: Hashable, Sendable {
  /// Values of `--model`.
  var models: [String]
  /// Values of `--kernels`.
  var kernels: [String]
  /// Values of `--isa`.
  var instructionSets: [String]

  /// The names that the rooms of this program know.
  static let ofThisProgram = BenchmarkVocabulary(
    models: ModelZoo.all.map(\.name), kernels: KernelBackends.names,
    instructionSets: InstructionSet.supported.map(\.rawValue))
}
