internal import AsyncSGD
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
  /// Values of `--rules`.
  var rules: [String]
  /// Values of `--optimizers`.
  var optimizers: [String]

  /// The names that the rooms of this program know.
  static let ofThisProgram = BenchmarkVocabulary(
    models: ModelZoo.all.map(\.name), kernels: KernelBackends.names,
    instructionSets: InstructionSet.supported.map(\.rawValue), rules: UpdateRuleKind.allCases.map(\.rawValue),
    optimizers: OptimizerKind.allCases.map(\.rawValue))
}
