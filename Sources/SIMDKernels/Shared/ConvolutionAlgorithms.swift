internal import KernelInterface
internal import VectorIntrinsics

/// Which algorithm computes which pass of a convolution, and why.
enum ConvolutionAlgorithms {
  /// How outputs are computed.
  enum Forward {
    /// ``DirectConvolution``.
    case direct
    /// ``WinogradConvolution``.
    case winograd
  }

  /// How input gradients are computed.
  enum Data {
    /// ``DirectConvolution``.
    case direct
    /// ``WinogradConvolution``.
    case winograd
    /// ``ScatteredConvolution``.
    case scattered
  }

  /// How weight gradients are computed.
  enum Weights {
    /// ``DotProductWeightGradient``: vectors along the outputs.
    case dotProducts
    /// ``OuterProductWeightGradient``: vectors along the filters.
    case outerProducts
    /// ``WinogradWeightGradient``.
    case winograd
  }

  /// The fewest channels, and filters, with which Winograd's products outweigh its transforms.
  private static var winogradChannels: Int { 16 }

  static func forward(_ g: ConvolutionGeometry) -> Forward {
    usesWinograd(g) ? .winograd : .direct
  }

  /// At strides above 1 the input gradient is no convolution.
  static func backwardData(_ g: ConvolutionGeometry) -> Data {
    g.stride > 1 ? .scattered : usesWinograd(g) ? .winograd : .direct
  }

  static func backwardWeights(_ g: ConvolutionGeometry) -> Weights {
    if usesWinograd(g) { return .winograd }
    // With 16 registers the tiles of dot products are too small to keep the arithmetic units busy. Vectors along the
    // filters are better there, where the filters fill them.
    let vectors = (g.filters + Int(LANE_COUNT) - 1) / Int(LANE_COUNT)
    let fillsVectors = 5 * g.filters >= 4 * vectors * Int(LANE_COUNT)
    return DOT_TILE < 5 && fillsVectors && g.patchCount >= 64 ? .outerProducts : .dotProducts
  }

  /// Returns whether Winograd's tiles exist, for 3×3 and 5×5 filters at stride 1, and pay off.
  ///
  /// They do from 16 channels and filters on, and where the outputs are not smaller than a tile. The number of examples is
  /// not asked: a result must not change its rounding with the length of a minibatch's last, shorter part.
  static func usesWinograd(_ g: ConvolutionGeometry) -> Bool {
    g.stride == 1 && g.filterHeight == g.filterWidth && (g.filterHeight == 3 || g.filterHeight == 5)
      && g.padding < g.filterHeight && g.channels >= winogradChannels && g.filters >= winogradChannels
      && min(g.outputHeight, g.outputWidth) >= winogradPoints + 1 - g.filterHeight
  }
}
