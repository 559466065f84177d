internal import KernelInterface
internal import VectorIntrinsics

/// Which algorithm computes which pass of a convolution, and why.
enum ConvolutionAlgorithms {
  /// The algorithms of the pass from images to weight gradient.
  enum Weights {
    /// ``ConvolutionWeightGradient``: vectors along the filters.
    case wide
    /// ``NarrowWeightGradient``: vectors along the outputs.
    case narrow
  }

  /// Vectors along the filters need no sums across lanes and read the images once for all filters, but leave lanes empty
  /// where the filters do not fill them; dot products fill all lanes, for a price of about a fifth.
  static func weights(_ g: ConvolutionGeometry) -> Weights {
    let vectors = (g.filters + Int(LANE_COUNT) - 1) / Int(LANE_COUNT)
    return 5 * g.filters >= 4 * vectors * Int(LANE_COUNT) ? .wide : .narrow
  }
}
