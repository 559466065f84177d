/// The extents of a 2-D pooling, checked once.
///
/// Windows that would leave the input are dropped: `P = (H − window) / stride + 1`, and `Q` likewise.
public struct PoolingGeometry: Hashable, Sendable {
  /// The largest window whose positions fit the index of a maximum, a `UInt8`.
  public static let maximumWindow = 16

  /// C, channels of input and output.
  public let channels: Int
  /// H, rows of the input.
  public let height: Int
  /// W, columns of the input.
  public let width: Int
  /// Rows and columns of a window.
  public let window: Int
  /// Input elements between two neighbouring windows, along both axes.
  public let stride: Int
  /// P, rows of the output.
  public let outputHeight: Int
  /// Q, columns of the output.
  public let outputWidth: Int

  /// Creates the geometry of a pooling; `stride` left out is the window, so that windows do not overlap.
  ///
  /// - Throws: ``GeometryError`` if an extent is out of its domain or the window exceeds the input.
  public init(channels: Int, height: Int, width: Int, window: Int, stride: Int? = nil) throws(GeometryError) {
    let stride = stride ?? window
    for (name, value) in [
      ("channels", channels), ("height", height), ("width", width), ("window", window), ("stride", stride),
    ] where value < 1 {
      throw .tooSmall(name: name, value: value, minimum: 1)
    }
    guard window <= Self.maximumWindow else {
      throw .windowTooLarge(window: window, maximum: Self.maximumWindow)
    }
    guard window <= height else {
      throw .windowExceedsInput(axis: "height", window: window, paddedInput: height)
    }
    guard window <= width else {
      throw .windowExceedsInput(axis: "width", window: window, paddedInput: width)
    }
    self.channels = channels
    self.height = height
    self.width = width
    self.window = window
    self.stride = stride
    outputHeight = (height - window) / stride + 1
    outputWidth = (width - window) / stride + 1
  }

  /// Elements of one input image, C·H·W.
  public var inputCount: Int { channels * height * width }
  /// Elements of one output image, C·P·Q.
  public var outputCount: Int { channels * outputHeight * outputWidth }
}
