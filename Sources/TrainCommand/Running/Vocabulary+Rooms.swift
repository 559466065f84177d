internal import AsyncSGD
internal import DataPipeline
internal import Kernels
internal import NeuralNet

extension Vocabulary {
  /// The names that the rooms of this program know.
  public static let ofThisProgram = Vocabulary(
    models: ModelZoo.all.map { Term($0.name, $0.summary) }, modelsWithHiddenLayer: ["mlp"],
    activations: [
      Term(Activation.sigmoid.rawValue, "1 / (1 + e^-x)"), Term(Activation.relu.rawValue, "max(x, 0)"),
      Term(Activation.tanh.rawValue, "the hyperbolic tangent"),
    ],
    datasets: DatasetCatalog.all.map { Term($0.name, $0.summary) },
    builtInDatasets: DatasetCatalog.all.filter(\.isEmbedded).map(\.name),
    modes: CoordinationMode.allCases.map { Term($0.rawValue, $0.summary) },
    rules: [Term("plain", "a stale gradient is applied like a fresh one")],
    optimizers: OptimizerKind.allCases.map { Term($0.rawValue, $0.summary) },
    schedules: LearningRateSchedule.Shape.allCases.map { Term($0.rawValue, $0.summary) },
    kernels: [Term(KernelBackends.automaticName, "the first of these that can be used here")]
      + KernelBackends.all.map { Term($0.name, $0.summary) },
    kernelsWithInstructionSets: [KernelBackends.automaticName]
      + KernelBackends.all.filter(\.takesInstructionSet).map(\.name))
}
