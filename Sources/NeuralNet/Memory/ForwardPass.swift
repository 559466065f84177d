public import Kernels

/// One minibatch on its way through a layer.
///
/// The examples come last in every array of values: value `i` of example `n` is element `i·N + n`, whatever the capacity.
public struct ForwardPass<Scalar: KernelScalar> {
  /// N, the number of examples; at most the capacity that the layer was compiled for.
  public var examples: Int
  /// Whether a gradient will be asked for; otherwise random layers do nothing.
  public var isTraining: Bool
  /// The layer's part of the flat parameter vector.
  public var parameters: UnsafePointer<Scalar>
  /// `[input shape, N]`.
  public var input: UnsafePointer<Scalar>
  /// `[output shape, N]`, overwritten.
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
