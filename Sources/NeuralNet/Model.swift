/// A named network that classifies: a chain of layers that ends in logits.
///
/// A model knows hyperparameters alone. ``shaped(for:)`` fits it to an input shape, and a ``Replica`` computes it.
public struct Model: Sendable {
  /// The name that `--model` takes.
  public let name: String
  /// The layers; those of ``Sequential/layers`` in order.
  public let network: Sequential

  /// Creates a model.
  ///
  /// - Parameters:
  ///   - name: The name that users know it by.
  ///   - layers: Names and layers, first to last; the last gives the logits. Names follow PyTorch's habits (`conv1`,
  ///     `fc1`), because the names of the parameters in checkpoints come from them.
  public init(name: String, layers: KeyValuePairs<String, any Layer>) {
    self.init(name: name, layers: layers.map { (name: $0.key, layer: $0.value) })
  }

  /// Creates a model whose number of layers is a choice, from a list of names and layers.
  public init(name: String, layers: [(name: String, layer: any Layer)]) {
    self.name = name
    network = Sequential(layers)
  }

  /// Returns the model for examples of shape `input`.
  ///
  /// All checks of shapes happen here; nothing that is done with the result can fail for its shape.
  ///
  /// - Throws: ``ShapeError`` that names the layer, the axis and both values.
  public func shaped(for input: Shape) throws(ShapeError) -> ShapedModel {
    do throws(ShapeError) {
      return try ShapedModel(self, input: input)
    } catch {
      throw error.located(inModel: name, input: input)
    }
  }
}
