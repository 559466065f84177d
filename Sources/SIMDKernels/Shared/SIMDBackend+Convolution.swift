public import KernelInterface

extension SIMDBackend {
  /// Returns how much larger the error of a convolution may be than that of its sums: 1, and more for Winograd's.
  public func convolutionErrorFactor(_ geometry: ConvolutionGeometry) -> Double {
    ConvolutionAlgorithms.usesWinograd(geometry) ? 16 : 1
  }

  /// Returns how many elements of workspace each of the three convolution passes may use.
  public func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int {
    guard images > 0 else { return 0 }
    let forward =
      switch ConvolutionAlgorithms.forward(geometry) {
      case .winograd: WinogradConvolution(forward: geometry, images: images).workspaceCount
      case .direct: DirectConvolution(forward: geometry, images: images).workspaceCount
      }
    let data =
      switch ConvolutionAlgorithms.backwardData(geometry) {
      case .winograd: WinogradConvolution(backwardData: geometry, images: images).workspaceCount
      case .direct: DirectConvolution(backwardData: geometry, images: images).workspaceCount
      case .scattered: ScatteredConvolution(geometry, images: images).workspaceCount
      }
    let weights =
      switch ConvolutionAlgorithms.backwardWeights(geometry) {
      case .winograd: WinogradWeightGradient(geometry, images: images).workspaceCount
      case .dotProducts: DotProductWeightGradient(geometry, images: images).workspaceCount
      case .outerProducts: OuterProductWeightGradient(geometry, images: images).workspaceCount
      }
    return max(forward, max(data, weights))
  }

  /// Computes the cross-correlation of a minibatch, with bias and activation.
  public func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: Activation, output: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    guard images > 0 else { return }
    switch ConvolutionAlgorithms.forward(geometry) {
    case .winograd:
      WinogradConvolution(forward: geometry, images: images).compute(
        input: input, weights: weights, bias: bias, activation: activation, output: output, workspace: workspace)
    case .direct:
      DirectConvolution(forward: geometry, images: images).compute(
        input: input, weights: weights, bias: bias, activation: activation, output: output, workspace: workspace)
    }
  }

  /// Computes ∂L/∂x from ∂L/∂y of a convolution.
  public func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    guard images > 0 else { return }
    switch ConvolutionAlgorithms.backwardData(geometry) {
    case .winograd:
      WinogradConvolution(backwardData: geometry, images: images).compute(
        input: outputGradient, weights: weights, bias: nil, activation: .identity, output: inputGradient,
        workspace: workspace)
    case .direct:
      DirectConvolution(backwardData: geometry, images: images).compute(
        input: outputGradient, weights: weights, bias: nil, activation: .identity, output: inputGradient,
        workspace: workspace)
    case .scattered:
      ScatteredConvolution(geometry, images: images).compute(
        outputGradient: outputGradient, weights: weights, inputGradient: inputGradient, workspace: workspace)
    }
  }

  /// Computes ∂L/∂w and ∂L/∂b, summed over the minibatch, from ∂L/∂y of a convolution.
  public func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    if let biasGradient {
      sumColumns(
        rows: geometry.filters, columns: geometry.positionCount * images, matrix: outputGradient,
        output: biasGradient)
    }
    guard images > 0 else {
      clearVector(count: geometry.weightCount, output: weightGradient)
      return
    }
    switch ConvolutionAlgorithms.backwardWeights(geometry) {
    case .winograd:
      WinogradWeightGradient(geometry, images: images).compute(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient, workspace: workspace)
    case .dotProducts:
      DotProductWeightGradient(geometry, images: images).compute(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient, workspace: workspace)
    case .outerProducts:
      OuterProductWeightGradient(geometry, images: images).compute(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient, workspace: workspace)
    }
  }
}
