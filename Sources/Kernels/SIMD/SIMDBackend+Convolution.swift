extension SIMDBackend {
  /// Returns how many elements of workspace each of the three convolution passes may use.
  public func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int {
    LoweredConvolution(geometry).workspaceCount
  }

  /// Computes the cross-correlation of a minibatch, with bias and activation.
  public func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: Activation, output: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    LoweredConvolution(geometry).forward(
      images: images, input: input, weights: weights, bias: bias, activation: activation, output: output,
      workspace: workspace)
  }

  /// Computes ∂L/∂x from ∂L/∂y of a convolution.
  public func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    LoweredConvolution(geometry).backwardData(
      images: images, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient,
      workspace: workspace)
  }

  /// Computes ∂L/∂w and ∂L/∂b, summed over the minibatch, from ∂L/∂y of a convolution.
  public func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    LoweredConvolution(geometry).backwardWeights(
      images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
      biasGradient: biasGradient, workspace: workspace)
  }
}
