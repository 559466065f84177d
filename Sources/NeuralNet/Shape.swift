/// The extents of one example's values, without the minibatch axis: `[1, 28, 28]` for an image of one channel,
/// `[400]` for a flat list.
///
/// Images are `[C, H, W]`; storage is row-major and contiguous.
public struct Shape: Hashable, Sendable {
  /// The extents, outermost first.
  public let dimensions: [Int]

  /// Creates a shape of these extents, outermost first.
  public init(_ dimensions: [Int]) {
    self.dimensions = dimensions
  }

  /// The number of values, the product of the extents.
  ///
  /// - Precondition: The product fits an `Int`; a shape that ``Model/shaped(for:)`` accepted does.
  public var count: Int { dimensions.reduce(1, *) }

  /// The number of values, or `nil` if it exceeds `limit`.
  func count(upTo limit: Int) -> Int? {
    var count = 1
    for extent in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= limit else { return nil }
      count = product
    }
    return count
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// Creates a shape from its extents, outermost first.
  public init(arrayLiteral dimensions: Int...) {
    self.init(dimensions)
  }
}

extension Shape: CustomStringConvertible {
  /// The extents as they are written in prose: `1×28×28`.
  public var description: String {
    dimensions.map(String.init).joined(separator: "×")
  }
}
