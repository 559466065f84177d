/// R×S, the rows and columns of a convolution's filters.
public struct FilterSize: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// R, rows.
  public let height: Int
  /// S, columns.
  public let width: Int

  /// Creates a size of `height` rows and `width` columns.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// Creates a square size.
  public init(integerLiteral side: Int) {
    self.init(side, side)
  }

  /// The size as it is written in prose: `5×5`.
  public var description: String { "\(height)×\(width)" }
}

/// Zeros on each side of a convolution's input, along both axes.
public enum Padding: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// This many zeros.
  case zeros(Int)
  /// As many zeros as give the output the extents of the input, (R − 1) / 2.
  case same

  /// Creates a padding of `count` zeros.
  public init(integerLiteral count: Int) {
    self = .zeros(count)
  }
}
