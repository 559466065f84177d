/// While training, sets each whole channel of each image to zero with probability `rate` and scales the others by
/// 1 / (1 − rate); at evaluation the output is the input.
///
/// Neighbouring values of a feature map are nearly the same, so dropping single ones would take little away. Input and
/// output are `[C, H, W, N]`.
///
/// The masks are drawn from the minibatch's random stream, one 32-bit word a channel: all channels of the first image, then
/// those of the second.
///
/// Sources: Tompson, Goroshin, Jain, LeCun & Bregler, "Efficient Object Localization Using Convolutional Networks", CVPR
/// 2015, <https://arxiv.org/abs/1411.4280>, §3.2; PyTorch's `Dropout2d`.
public struct ChannelDropout: Layer {
  /// The probability that a channel is dropped.
  public let rate: Double

  /// Creates a layer.
  ///
  /// - Parameter rate: The probability that a channel is dropped, at least 0 and less than 1.
  public init(rate: Double) {
    precondition(rate >= 0 && rate < 1, "a dropout rate must be at least 0 and less than 1, but is \(rate)")
    self.rate = rate
  }

  /// The hyperparameter: `channel dropout 0.5`.
  public var summary: String { "channel dropout \(rate)" }

  /// Returns the layer for images of shape `input`.
  ///
  /// - Throws: ``ShapeError`` if `input` is no `[C, H, W]`.
  public func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer {
    guard input.dimensions.count == 3 else { throw ShapeError(.needsImage, input: input) }
    return ShapedDropout(rate: rate, outputShape: input, unitCount: input.dimensions[0])
  }
}
