internal import Kernels
internal import Randomness

/// Layers one after another, each fed with the output of the one before.
///
/// The parameters are those of the layers, each under its layer's name: `weight` of `conv1` is `conv1.weight`.
public struct Sequential: Layer {
  /// The layers with their names, first to last.
  public let layers: [(name: String, layer: any Layer)]

  /// Creates a chain.
  ///
  /// - Parameter layers: Names and layers, first to last.
  /// - Precondition: The names differ from one another, are not empty and contain no dot.
  public init(_ layers: KeyValuePairs<String, any Layer>) {
    self.init(layers.map { (name: $0.key, layer: $0.value) })
  }

  /// Creates a chain from a list of names and layers.
  public init(_ layers: [(name: String, layer: any Layer)]) {
    self.layers = layers
    for name in self.layers.map(\.name) {
      precondition(!name.isEmpty && !name.contains("."), "a layer's name must be a word without dots: '\(name)'")
    }
    precondition(Set(self.layers.map(\.name)).count == self.layers.count, "two layers have the same name")
  }

  /// The summaries of the layers.
  public var summary: String { layers.map(\.layer.summary).joined(separator: " → ") }

  /// Returns the chain for examples of shape `input`.
  ///
  /// - Throws: ``ShapeError`` that names the first layer that does not take its input.
  public func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer {
    try chain(for: input)
  }

  /// Does ``shaped(for:)`` with the concrete type.
  func chain(for input: Shape) throws(ShapeError) -> Shaped {
    var steps: [Shaped.Step] = []
    var shape = input
    for (name, layer) in layers {
      do throws(ShapeError) {
        let shaped = try layer.shaped(for: shape)
        guard shaped.outputShape.count(upTo: Self.maximumCount) != nil else {
          throw ShapeError(
            .tooLarge(what: "its output \(shaped.outputShape)", maximum: Self.maximumCount), input: shape)
        }
        steps.append(Shaped.Step(name: name, summary: layer.summary, layer: shaped))
        shape = shaped.outputShape
      } catch {
        throw error.located(in: name, summary: layer.summary)
      }
    }
    return Shaped(steps: steps, outputShape: shape)
  }

  /// The largest number of values in one example, far below where products of extents overflow.
  static let maximumCount = Int(Int32.max)
}

extension Sequential {
  /// A chain that fits one input shape.
  struct Shaped: ShapedLayer {
    /// One layer of the chain.
    struct Step {
      let name: String
      let summary: String
      let layer: any ShapedLayer
    }

    let steps: [Step]
    let outputShape: Shape

    var parameters: [ParameterDescriptor] {
      steps.flatMap { step in step.layer.parameters.map { $0.prefixed(by: step.name) } }
    }

    func compile<Scalar: KernelScalar>(
      capacity: Int, backend: any KernelBackend<Scalar>
    ) -> (any CompiledLayer<Scalar>)? {
      var builder = CompiledSequential<Scalar>.Builder(capacity: capacity)
      for step in steps {
        builder.append(
          step.layer.compile(capacity: capacity, backend: backend), name: step.name,
          parameterCount: step.layer.parameters.reduce(0) { $0 + $1.count }, outputCount: step.layer.outputShape.count)
      }
      return builder.build()
    }
  }
}
