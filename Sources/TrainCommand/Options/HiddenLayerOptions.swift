internal import Kernels

/// The options of models whose hidden layers are the user's choice.
func hiddenLayerSpecifications<Options>(
  _ vocabulary: Vocabulary, hidden: @escaping (inout Options, HiddenLayers) -> Void,
  activation: @escaping (inout Options, Activation) -> Void
) -> [OptionSpecification<Options>] {
  let models = "Only with --model \(oneOf(vocabulary.modelsWithHiddenLayer))."
  return [
    OptionSpecification(
      name: "--hidden", placeholder: "N,…",
      help: "Units of the hidden layer, or of several, such as 1000,500. \(models)", values: [],
      defaultText: "per model", otherNames: ["hidden-layers", "hidden-units", "hidden-size"]
    ) { (options, value) throws(UsageError) in
      guard let layers = HiddenLayers(value.text) else {
        throw value.error(
          allowed: "up to \(HiddenLayers.mostLayers) whole numbers from 1 to \(HiddenLayers.mostUnits) with commas "
            + "between them, such as 500 or 1000,500")
      }
      hidden(&options, layers)
    },
    .choice(
      "--activation", "What follows each hidden layer. \(models)", among: TrainOptions.hiddenActivations,
      default: "sigmoid, or relu with several layers", set: activation),
  ]
}

/// Refuses options of hidden layers for a model that does not have any of the user's choice.
func checkHiddenLayer(
  hidden: HiddenLayers?, activation: Activation?, model: String, vocabulary: Vocabulary
) throws(UsageError) {
  guard !vocabulary.modelsWithHiddenLayer.contains(model) else { return }
  for (option, isGiven) in [("--hidden", hidden != nil), ("--activation", activation != nil)] where isGiven {
    throw UsageError(
      "'\(option)' does not go with '--model \(model)': drop it, or choose --model "
        + oneOf(vocabulary.modelsWithHiddenLayer))
  }
}
