public import Kernels

/// One minibatch's gradients on their way back through a layer, laid out as in the ``ForwardPass``.
public struct BackwardPass<Scalar: KernelScalar> {
  /// N, the number of examples of the forward pass.
  public var examples: Int
  /// The layer's part of the flat parameter vector, as in the forward pass.
  public var parameters: UnsafePointer<Scalar>
  /// `[input shape, N]`, as in the forward pass.
  public var input: UnsafePointer<Scalar>
  /// `[output shape, N]`, as the forward pass left it.
  public var output: UnsafePointer<Scalar>
  /// ∂L/∂output, `[output shape, N]`; the layer may overwrite it.
  public var outputGradient: UnsafeMutablePointer<Scalar>
  /// ∂L/∂input, `[input shape, N]`, overwritten; `nil` if nobody needs it.
  public var inputGradient: UnsafeMutablePointer<Scalar>?
  /// ∂L/∂parameters, laid out as the parameters, overwritten.
  public var parameterGradient: UnsafeMutablePointer<Scalar>
  /// The memory of the forward pass.
  public var memory: LayerMemory<Scalar>

  /// Creates a pass.
  public init(
    examples: Int, parameters: UnsafePointer<Scalar>, input: UnsafePointer<Scalar>, output: UnsafePointer<Scalar>,
    outputGradient: UnsafeMutablePointer<Scalar>, inputGradient: UnsafeMutablePointer<Scalar>?,
    parameterGradient: UnsafeMutablePointer<Scalar>, memory: LayerMemory<Scalar>
  ) {
    self.examples = examples
    self.parameters = parameters
    self.input = input
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
    self.parameterGradient = parameterGradient
    self.memory = memory
  }
}
