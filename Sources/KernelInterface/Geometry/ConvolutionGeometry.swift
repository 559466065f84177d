/// Why extents fit no convolution or pooling.
public enum GeometryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An extent that must be at least `minimum` is less.
  case tooSmall(name: String, value: Int, minimum: Int)
  /// A window is larger than the padded input along `axis`.
  case windowExceedsInput(axis: String, window: Int, paddedInput: Int)
  /// A pooling window has more positions than its index can hold.
  case windowTooLarge(window: Int, maximum: Int)

  /// A sentence that names the extent and both values.
  public var description: String {
    switch self {
    case .tooSmall(let name, let value, let minimum):
      "\(name) is \(value), but must be at least \(minimum)"
    case .windowExceedsInput(let axis, let window, let paddedInput):
      "the \(axis) of the window is \(window), but the input has only \(paddedInput) along that axis, padding included"
    case .windowTooLarge(let window, let maximum):
      "the pooling window is \(window), but must be at most \(maximum)"
    }
  }
}

/// The extents of a 2-D convolution, checked once.
///
/// `P = (H + 2·padding − R) / stride + 1`, and `Q` likewise from `W` and `S`; a remainder is dropped. Nothing else
/// computes them.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// C, channels of the input.
  public let channels: Int
  /// H, rows of the input.
  public let height: Int
  /// W, columns of the input.
  public let width: Int
  /// K, channels of the output.
  public let filters: Int
  /// R, rows of a filter.
  public let filterHeight: Int
  /// S, columns of a filter.
  public let filterWidth: Int
  /// Input elements between two neighbouring outputs, along both axes.
  public let stride: Int
  /// Zeros added on each side, along both axes.
  public let padding: Int
  /// P, rows of the output.
  public let outputHeight: Int
  /// Q, columns of the output.
  public let outputWidth: Int

  /// Creates the geometry of a convolution.
  ///
  /// - Throws: ``GeometryError`` if an extent is out of its domain or a filter exceeds the padded input.
  public init(
    channels: Int, height: Int, width: Int, filters: Int, filterHeight: Int, filterWidth: Int, stride: Int = 1,
    padding: Int = 0
  ) throws(GeometryError) {
    for (name, value, minimum) in [
      ("channels", channels, 1), ("height", height, 1), ("width", width, 1), ("filters", filters, 1),
      ("filterHeight", filterHeight, 1), ("filterWidth", filterWidth, 1), ("stride", stride, 1),
      ("padding", padding, 0),
    ] where value < minimum {
      throw .tooSmall(name: name, value: value, minimum: minimum)
    }
    let paddedHeight = height + 2 * padding
    let paddedWidth = width + 2 * padding
    guard filterHeight <= paddedHeight else {
      throw .windowExceedsInput(axis: "height", window: filterHeight, paddedInput: paddedHeight)
    }
    guard filterWidth <= paddedWidth else {
      throw .windowExceedsInput(axis: "width", window: filterWidth, paddedInput: paddedWidth)
    }
    self.channels = channels
    self.height = height
    self.width = width
    self.filters = filters
    self.filterHeight = filterHeight
    self.filterWidth = filterWidth
    self.stride = stride
    self.padding = padding
    outputHeight = (paddedHeight - filterHeight) / stride + 1
    outputWidth = (paddedWidth - filterWidth) / stride + 1
  }

  /// Elements of one input image, C·H·W.
  public var inputCount: Int { channels * height * width }
  /// Elements of one output image, K·P·Q.
  public var outputCount: Int { filters * outputHeight * outputWidth }
  /// Elements of the weights, K·C·R·S.
  public var weightCount: Int { filters * patchCount }
  /// Input elements that one output depends on, C·R·S: each filter's fan-in.
  public var patchCount: Int { channels * filterHeight * filterWidth }
  /// Output positions of one channel, P·Q.
  public var positionCount: Int { outputHeight * outputWidth }
}
