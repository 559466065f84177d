internal import Kernels

/// The options of models whose hidden layer is the user's choice.
func hiddenLayerSpecifications<Options>(
  _ vocabulary: Vocabulary, hidden: @escaping (inout Options, Int) -> Void,
  activation: @escaping (inout Options, Activation) -> Void
) -> [OptionSpecification<Options>] {
  let models = "Only with --model \(oneOf(vocabulary.modelsWithHiddenLayer))."
  return [
    .integer(
      "--hidden", "Units of the hidden layer. \(models)", in: 1...TrainOptions.mostHidden,
      default: "per model", set: hidden),
    .choice(
      "--activation", "What follows the hidden layer. \(models)", among: TrainOptions.hiddenActivations,
      default: "per model", set: activation),
  ]
}

/// Refuses options of a hidden layer for a model that does not have one of the user's choice.
func checkHiddenLayer(
  hidden: Int?, activation: Activation?, model: String, vocabulary: Vocabulary
) throws(UsageError) {
  guard !vocabulary.modelsWithHiddenLayer.contains(model) else { return }
  for (option, isGiven) in [("--hidden", hidden != nil), ("--activation", activation != nil)] where isGiven {
    throw UsageError(
      "'\(option)' does not go with '--model \(model)': drop it, or choose --model "
        + oneOf(vocabulary.modelsWithHiddenLayer))
  }
}
