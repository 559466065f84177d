internal import Kernels

extension SummaryOptions {
  /// Options of `summary` while they are read; all of them may be missing yet.
  struct Draft {
    var model: String?
    var input: InputShape?
    var classes: Int?
    var hidden: HiddenLayers?
    var activation: Activation?
    var isJSON = false
  }

  /// The options of `summary`.
  static func specifications(vocabulary: Vocabulary) -> [OptionSpecification<Draft>] {
    [
      .name("--model", "The network.", values: vocabulary.models.map(\.name), default: nil) { $0.model = $1 },
      OptionSpecification(
        name: "--input", placeholder: "CxHxW", help: "Channels, height and width of an image, such as 1x28x28.",
        values: [], defaultText: nil, otherNames: ["shape", "input-shape"]
      ) { (draft, value) throws(UsageError) in
        guard let shape = InputShape(value.text) else {
          throw value.error(
            allowed: "channels, height and width, such as 1x28x28, each from 1 to \(InputShape.largestExtent)")
        }
        draft.input = shape
      },
      .integer("--classes", "Classes to tell apart.", in: classRange, default: nil) { $0.classes = $1 },
    ] + hiddenLayerSpecifications(vocabulary, hidden: { $0.hidden = $1 }, activation: { $0.activation = $1 }) + [
      .flag("--json", "Print a JSON object rather than a table.") { $0.isJSON = true }
    ]
  }

  /// Checks that nothing is missing.
  init(_ draft: Draft, vocabulary: Vocabulary) throws(UsageError) {
    guard let model = draft.model else { throw UsageError("summary needs '--model NAME'") }
    guard let input = draft.input else { throw UsageError("summary needs '--input CxHxW', such as --input 1x28x28") }
    guard let classes = draft.classes else { throw UsageError("summary needs '--classes N', such as --classes 10") }
    try checkHiddenLayer(hidden: draft.hidden, activation: draft.activation, model: model, vocabulary: vocabulary)
    self.init(
      model: model, input: input, classes: classes, hidden: draft.hidden, activation: draft.activation,
      isJSON: draft.isJSON)
  }
}
