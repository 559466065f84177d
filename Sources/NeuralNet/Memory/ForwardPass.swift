public import Kernels

/// One minibatch on its way through a layer.
public struct ForwardPass<Scalar: KernelScalar> {
  /// N, the number of examples; at most the capacity that the layer was compiled for.
  public var examples: Int
  /// Whether a gradient will be asked for; otherwise random layers do nothing.
  public var isTraining: Bool
  /// The layer's part of the flat parameter vector.
  public var parameters: UnsafePointer<Scalar>
  /// `[N, input shape]`.
  public var input: UnsafePointer<Scalar>
  /// `[N, output shape]`, overwritten.
  public var output: UnsafeMutablePointer<Scalar>
  /// Memory of ``CompiledLayer/memoryNeeds``.
  public var memory: LayerMemory<Scalar>

  /// Creates a pass.
  public init(
    examples: Int, isTraining: Bool, parameters: UnsafePointer<Scalar>, input: UnsafePointer<Scalar>,
    output: UnsafeMutablePointer<Scalar>, memory: LayerMemory<Scalar>
  ) {
    self.examples = examples
    self.isTraining = isTraining
    self.parameters = parameters
    self.input = input
    self.output = output
    self.memory = memory
  }
}
