public import Kernels
internal import Randomness

/// A model that fits one input shape: every extent and every parameter is known.
public struct ShapedModel: Sendable {
  /// What is known about one layer.
  public struct LayerDescription: Hashable, Sendable {
    /// The layer's name.
    public let name: String
    /// Its hyperparameters in words.
    public let summary: String
    /// The shape of its output for one example.
    public let outputShape: Shape
    /// The number of its parameters.
    public let parameterCount: Int
  }

  /// The model.
  public let model: Model
  /// The shape of one example.
  public let inputShape: Shape
  /// The number of logits.
  public let classes: Int
  /// Where each parameter tensor lies in the flat vector.
  public let layout: ParameterLayout
  /// The layers, first to last.
  public let layers: [LayerDescription]

  let network: Sequential.Shaped
  private let initializers: [WeightInitializer]

  init(_ model: Model, input: Shape) throws(ShapeError) {
    for (index, extent) in input.dimensions.enumerated() where extent < 1 {
      throw ShapeError(.emptyAxis(index: index, extent: extent), input: input)
    }
    guard input.count(upTo: Sequential.maximumCount) != nil else {
      throw ShapeError(.tooLarge(what: "an input of \(input)", maximum: Sequential.maximumCount), input: input)
    }
    network = try model.network.chain(for: input)
    guard network.outputShape.dimensions.count == 1 else {
      throw ShapeError(.outputIsNotFlat(network.outputShape), input: input)
    }
    let parameters = network.parameters
    guard !parameters.isEmpty else { throw ShapeError(.nothingToTrain, input: input) }
    self.model = model
    inputShape = input
    classes = network.outputShape.count
    layout = ParameterLayout(parameters.map { (name: $0.name, shape: $0.shape) })
    initializers = parameters.map(\.initializer)
    layers = network.steps.map { step in
      LayerDescription(
        name: step.name, summary: step.summary, outputShape: step.layer.outputShape,
        parameterCount: step.layer.parameters.reduce(0) { $0 + $1.count })
    }
  }

  /// Fills `parameters` with the values that training starts from.
  ///
  /// Tensor `i` of ``layout`` is drawn from a stream of its own, step `i` of purpose `initialization`, so that a change
  /// of one layer leaves the others' values alone. The values are drawn in `Float`, whatever `Scalar` is.
  ///
  /// - Parameters:
  ///   - parameters: ``layout``'s `count` elements, overwritten.
  ///   - seed: The seed of the run.
  public func initialize<Scalar: KernelScalar>(_ parameters: UnsafeMutablePointer<Scalar>, seed: UInt64) {
    for (index, entry) in layout.entries.enumerated() {
      initializers[index].fill(
        parameters + entry.range.lowerBound, count: entry.range.count,
        random: RandomStream(seed: seed, purpose: .initialization, step: index))
    }
  }
}
