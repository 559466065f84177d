/// How many gradients had a staleness from one value to another.
public struct StalenessBin: Hashable, Sendable {
  /// The least staleness that is counted here, in updates.
  public var lower: Int
  /// The largest staleness that is counted here; the same as `lower` where every value has a bin of its own.
  public var upper: Int
  /// The number of gradients.
  public var count: Int

  /// Creates a bin.
  public init(lower: Int, upper: Int, count: Int) {
    self.lower = lower
    self.upper = upper
    self.count = count
  }

  /// The number of values that are counted here.
  public var width: Int { upper - lower + 1 }
}

extension StalenessHistogram {
  /// Returns the distribution in bins of equal width from 0 to the largest value, empty ones included.
  ///
  /// - Parameter most: How many bins there may be; where the values are no more than that, each has its own.
  /// - Returns: The bins in order, none if nothing was recorded.
  /// - Precondition: `most` is positive.
  public func bins(most: Int = 64) -> [StalenessBin] {
    precondition(most > 0, "a histogram of \(most) bins")
    guard count > 0 else { return [] }
    let width = (max + most) / most
    return stride(from: 0, through: max, by: width).map { lower in
      let upper = lower + width - 1
      return StalenessBin(lower: lower, upper: upper, count: (lower...upper).reduce(0) { $0 + self[$1] })
    }
  }
}
