public import KernelInterface

extension SIMDBackend {
  /// Returns how much larger the error of a convolution may be than that of its sums.
  public func convolutionErrorFactor(_ geometry: ConvolutionGeometry) -> Double { 1 }

  /// Returns how many elements of workspace each of the three convolution passes may use.
  public func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int { 0 }

  /// Computes the cross-correlation of a minibatch, with bias and activation.
  public func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: Activation, output: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    preconditionFailure("being written")
  }

  /// Computes ∂L/∂x from ∂L/∂y of a convolution.
  public func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    preconditionFailure("being written")
  }

  /// Computes ∂L/∂w and ∂L/∂b, summed over the minibatch, from ∂L/∂y of a convolution.
  public func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    preconditionFailure("being written")
  }
}
