internal import Kernels
internal import Randomness

/// The distribution that a parameter tensor starts from.
public enum WeightInitializer: Hashable, Sendable {
  /// Uniform within ±1/√fanIn, for weights and biases alike.
  ///
  /// The deviation is 1/√(3·fanIn): a third of what keeps the variance of a linear layer's output at that of its input.
  /// It is PyTorch's default for convolutions and linear layers, so that results compare with what it trains.
  ///
  /// Sources: LeCun, Bottou, Orr & Müller, "Efficient BackProp", 1998, §4.6 (the scale 1/√fanIn).
  case uniformFanIn(Int)

  /// Fills `values` with numbers drawn from the distribution.
  ///
  /// The numbers are drawn in `Float` and converted, so that a `Double` replica starts from the same parameters.
  ///
  /// - Parameters:
  ///   - values: The tensor, overwritten.
  ///   - count: The number of its elements.
  ///   - random: The stream to draw from.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func fill<Scalar: KernelScalar>(
    _ values: UnsafeMutablePointer<Scalar>, count: Int, random: consuming RandomStream
  ) {
    switch self {
    case .uniformFanIn(let fanIn):
      let bound = 1 / Float(fanIn).squareRoot()
      for index in 0..<count { values[index] = Scalar(random.uniform(in: -bound...bound)) }
    }
  }
}
