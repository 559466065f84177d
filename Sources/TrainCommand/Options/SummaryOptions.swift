public import Kernels

/// What `summary` was asked to describe.
public struct SummaryOptions: Hashable, Sendable {
  /// The numbers of classes that there may be.
  static let classRange = 2...65_536

  /// `--model`.
  public var model: String
  /// `--input`.
  public var input: InputShape
  /// `--classes`.
  public var classes: Int
  /// `--hidden`: the hidden layers, or `nil` for the model's default.
  public var hidden: HiddenLayers?
  /// `--activation`, or `nil` for the model's default.
  public var activation: Activation?
  /// `--json`: print JSON rather than a table.
  public var isJSON: Bool

  /// Creates options.
  public init(
    model: String, input: InputShape, classes: Int, hidden: HiddenLayers? = nil, activation: Activation? = nil,
    isJSON: Bool = false
  ) {
    self.model = model
    self.input = input
    self.classes = classes
    self.hidden = hidden
    self.activation = activation
    self.isJSON = isJSON
  }
}

/// The shape of one image, written `CxHxW`.
public struct InputShape: Hashable, Sendable, CustomStringConvertible {
  /// The largest channels, height or width.
  public static let largestExtent = 65_536

  /// C, the number of channels.
  public var channels: Int
  /// H, in pixels.
  public var height: Int
  /// W, in pixels.
  public var width: Int

  /// Creates a shape.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Reads `CxHxW`, such as `1x28x28`; `nil` if `text` is no such thing.
  init?(_ text: String) {
    let extents = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int(digits: $0) }
    guard extents.count == 3, let channels = extents[0], let height = extents[1], let width = extents[2],
      [channels, height, width].allSatisfy({ (1...Self.largestExtent).contains($0) })
    else { return nil }
    self.init(channels: channels, height: height, width: width)
  }

  /// The shape as `CxHxW`.
  public var description: String { "\(channels)x\(height)x\(width)" }
}
