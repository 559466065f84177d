public import Kernels
internal import Randomness

/// An activation on its own, elementwise: y = f(x), for inputs of any shape.
///
/// ``Conv2D`` and ``Linear`` take an activation of their own, which costs less; this layer is for activations that come
/// after anything else.
public struct ActivationLayer: Layer {
  /// f.
  public let activation: Activation

  /// Creates a layer that applies `activation`.
  public init(_ activation: Activation) {
    self.activation = activation
  }

  /// The name of the activation.
  public var summary: String { activation.rawValue }

  /// Returns the layer for examples of shape `input`.
  public func shaped(for input: Shape) -> any ShapedLayer {
    ShapedActivation(activation: activation, outputShape: input)
  }
}

private struct ShapedActivation: ShapedLayer {
  let activation: Activation
  let outputShape: Shape

  var parameters: [ParameterDescriptor] { [] }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    // The channels of images are units, as they are of the convolution before; of anything else, each value is.
    CompiledActivation(
      activation: activation, count: outputShape.count,
      units: outputShape.dimensions.count > 1 ? outputShape.dimensions[0] : outputShape.count, backend: backend)
  }
}

private struct CompiledActivation<Scalar: KernelScalar>: CompiledLayer {
  let activation: Activation
  let count: Int
  let units: Int
  let backend: any KernelBackend<Scalar>

  var memoryNeeds: MemoryNeeds { MemoryNeeds() }

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    backend.activationForward(activation, count: pass.examples * count, input: pass.input, output: pass.output)
  }

  func visitActivations(_ pass: ForwardPass<Scalar>, _ visit: ([String], ActivationOutput<Scalar>) -> Void) {
    guard activation != .identity else { return }
    visit(
      [], ActivationOutput(activation, units: units, valuesPerUnit: count / units * pass.examples, values: pass.output))
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    guard let inputGradient = pass.inputGradient else { return }
    backend.activationBackward(
      activation, count: pass.examples * count, output: pass.output, outputGradient: pass.outputGradient,
      inputGradient: inputGradient)
  }
}
