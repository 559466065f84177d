internal import Foundation

/// Counts of a measured quantity, such as a time or a norm, in bins between two bounds.
///
/// The mean and the extremes are exact; quantiles take the values of a bin for evenly spread. Counting allocates nothing.
public struct ValueHistogram: Hashable, Sendable {
  /// How the bounds are divided.
  public enum Scale: Hashable, Sendable {
    /// Into equal widths.
    case linear
    /// Into equal ratios; both bounds are positive.
    case logarithmic
  }

  /// A bin.
  public struct Bin: Hashable, Sendable {
    /// Where it begins and ends.
    public var range: ClosedRange<Double>
    /// The number of values.
    public var count: Int

    /// Creates a bin.
    public init(range: ClosedRange<Double>, count: Int) {
      self.range = range
      self.count = count
    }
  }

  private let lower: Double
  private let upper: Double
  private let scale: Scale
  private var counts: [Int]
  /// The number of values.
  public private(set) var count = 0
  /// Their sum.
  public private(set) var sum = 0.0
  /// The least of them; `nil` if there are none.
  public private(set) var least: Double?
  /// The largest of them; `nil` if there are none.
  public private(set) var largest: Double?

  /// Creates an empty histogram.
  ///
  /// - Parameters:
  ///   - bounds: What the bins divide; values beyond are counted in the first and the last bin.
  ///   - bins: How many there are.
  ///   - scale: How the bounds are divided.
  /// - Precondition: There is a bin, the bounds differ, and those of a logarithmic scale are positive.
  public init(_ bounds: ClosedRange<Double>, bins: Int = 64, scale: Scale = .linear) {
    precondition(bins > 0 && bounds.lowerBound < bounds.upperBound, "\(bins) bins in \(bounds)")
    precondition(scale == .linear || bounds.lowerBound > 0, "a logarithmic scale begins at \(bounds.lowerBound)")
    (lower, upper) = (bounds.lowerBound, bounds.upperBound)
    self.scale = scale
    counts = Array(repeating: 0, count: bins)
  }

  /// Counts a value; one that is not finite is ignored.
  public mutating func record(_ value: Double) {
    guard value.isFinite else { return }
    counts[bin(of: value)] += 1
    count += 1
    sum += value
    least = min(least ?? value, value)
    largest = max(largest ?? value, value)
  }

  /// Adds what was counted elsewhere.
  ///
  /// - Precondition: Both have the same bins.
  public mutating func add(_ other: ValueHistogram) {
    precondition(
      (lower, upper, counts.count) == (other.lower, other.upper, other.counts.count) && scale == other.scale,
      "histograms with different bins")
    for (bin, count) in other.counts.enumerated() { counts[bin] += count }
    count += other.count
    sum += other.sum
    least = [least, other.least].compactMap { $0 }.min()
    largest = [largest, other.largest].compactMap { $0 }.max()
  }

  /// The arithmetic mean; `nil` if there are no values.
  public var mean: Double? { count > 0 ? sum / Double(count) : nil }

  /// Returns a value that about `share` of the values do not exceed; `nil` if there are none.
  ///
  /// In the first bin of a logarithmic scale it is 0, if that is the least value.
  ///
  /// - Precondition: `share` lies in `0...1`.
  public func quantile(_ share: Double) -> Double? {
    precondition((0...1).contains(share), "a share lies in 0...1, not at \(share)")
    guard let least, let largest else { return nil }
    let needed = max(1, Int((share * Double(count)).rounded(.up)))
    var seen = 0
    for bin in counts.indices {
      if seen + counts[bin] >= needed {
        if bin == 0, least <= lower { return least }
        // The ends of the values themselves, where they are nearer than those of the bin.
        let start = bin == 0 ? least : max(least, edge(bin))
        let end = bin == counts.count - 1 ? largest : min(largest, edge(bin + 1))
        guard needed - seen < counts[bin] else { return end }
        return between(start, end, at: Double(needed - seen) / Double(counts[bin]))
      }
      seen += counts[bin]
    }
    return largest
  }

  /// The bins that hold values, in order.
  public var bins: [Bin] {
    counts.indices.filter { counts[$0] > 0 }.map { Bin(range: edge($0)...edge($0 + 1), count: counts[$0]) }
  }

  /// Returns wider bins, each of `parts` that lie side by side, that hold values, in order.
  ///
  /// - Parameter parts: Their number; what is left over at the end makes a narrower bin.
  /// - Returns: The bins.
  public func bins(merging parts: Int) -> [Bin] {
    stride(from: 0, to: counts.count, by: parts).compactMap { first in
      let last = min(first + parts, counts.count)
      let count = counts[first..<last].reduce(0, +)
      return count > 0 ? Bin(range: edge(first)...edge(last), count: count) : nil
    }
  }

  private func bin(of value: Double) -> Int {
    let share =
      switch scale {
      case .linear: (value - lower) / (upper - lower)
      case .logarithmic: value <= lower ? 0 : log(value / lower) / log(upper / lower)
      }
    return Int(min(max(share, 0) * Double(counts.count), Double(counts.count - 1)))
  }

  private func edge(_ index: Int) -> Double {
    between(lower, upper, at: Double(index) / Double(counts.count))
  }

  /// The place a share of the way from one value to another, as the scale divides it.
  private func between(_ start: Double, _ end: Double, at share: Double) -> Double {
    // A value in the first bin of a logarithmic scale may be 0 or below.
    scale == .linear || start <= 0 ? start + share * (end - start) : start * pow(end / start, share)
  }
}
