/// The extents of one image, and how its values are laid out: channels, then rows, then columns.
public struct ImageShape: Hashable, Sendable, CustomStringConvertible {
  /// C: the number of colour planes, 1 for grey.
  public let channels: Int
  /// H: rows of pixels.
  public let height: Int
  /// W: columns of pixels.
  public let width: Int

  /// Creates a shape.
  ///
  /// - Precondition: Every extent is greater than 0.
  public init(channels: Int, height: Int, width: Int) {
    precondition(
      channels > 0 && height > 0 && width > 0,
      "extents must be greater than 0: channels \(channels), height \(height), width \(width)")
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// C·H·W: values in one image.
  public var count: Int { channels * height * width }

  /// H·W: values in one channel.
  public var planeCount: Int { height * width }

  /// The extents, such as `1×28×28`.
  public var description: String { "\(channels)×\(height)×\(width)" }
}
