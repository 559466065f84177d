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
    modes: CoordinationMode.allCases.map { Term($0) },
    rules: UpdateRuleKind.allCases.map { Term($0) },
    optimizers: OptimizerKind.allCases.map { Term($0) },
    compressions: CompressionKind.allCases.map { Term($0) },
    schedules: LearningRateSchedule.Shape.allCases.map { Term($0.rawValue, $0.summary) },
    kernels: [Term(KernelBackends.automaticName, "the first of these that can be used here")]
      + KernelBackends.all.map { Term($0.name, $0.summary) },
    kernelsWithInstructionSets: [KernelBackends.automaticName]
      + KernelBackends.all.filter(\.takesInstructionSet).map(\.name))
}

extension Vocabulary.Term {
  /// The term of a choice; the details are its source and its hyperparameters with their defaults.
  fileprivate init(_ choice: some Explained) {
    let hyperparameters = choice.hyperparameters.map { "\($0.option) (\($0.defaultText(of: choice)))" }
    let details = [choice.source, hyperparameters.joined(separator: ", ")].filter { !$0.isEmpty }
    self.init(choice.rawValue, choice.summary, details: details.joined(separator: "; "))
  }
}
