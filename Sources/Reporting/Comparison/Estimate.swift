internal import Foundation

/// The mean of a few values and how sure it is.
package struct Estimate: Hashable, Sendable {
  /// How sure the intervals are: 95 %.
  package static let confidence = 0.95

  /// The number of values.
  package let count: Int
  /// Their arithmetic mean.
  package let mean: Double
  /// Half the width of the confidence interval, t·s/√n; `nil` for a single value, which says nothing of the spread.
  package let halfWidth: Double?
  /// s/√n; `nil` for a single value.
  private let standardError: Double?

  /// Estimates the mean of `values`; `nil` if there are none, or one of them is not finite.
  ///
  /// - Parameters:
  ///   - values: The values.
  ///   - leastVariance: What their variance is at least: a few values that are rounded may be equal by chance.
  package init?(_ values: [Double], leastVariance: Double = 0) {
    let mean = values.reduce(0, +) / Double(values.count)
    guard !values.isEmpty, mean.isFinite else { return nil }
    count = values.count
    self.mean = mean
    guard count > 1 else {
      halfWidth = nil
      standardError = nil
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
    let standardError = (max(variance, leastVariance) / Double(count)).squareRoot()
    let halfWidth = Self.bound(count: count, confidence: Self.confidence) * standardError
    guard halfWidth.isFinite else { return nil }
    self.halfWidth = halfWidth
    self.standardError = standardError
  }

  /// The estimate of the values with their signs changed.
  init(negating other: Estimate) {
    (count, mean, halfWidth, standardError) = (other.count, -other.mean, other.halfWidth, other.standardError)
  }

  private static func bound(count: Int, confidence: Double) -> Double {
    StudentDistribution(degreesOfFreedom: count - 1).bound(confidence: confidence)
  }

  /// The confidence interval of the mean; `nil` for a single value.
  package var interval: ClosedRange<Double>? {
    halfWidth.map { mean - $0...mean + $0 }
  }

  /// Whether the interval says which sign the mean has; never for a single value.
  package var isSigned: Bool {
    interval.map { !$0.contains(0) } ?? false
  }

  /// Whether the sign of the mean is shown though it is one of several that were looked at.
  ///
  /// Each is held to 1/n of the risk, so that all of them together have that of one (Bonferroni).
  ///
  /// - Parameter comparisons: How many there are, n, at least 1.
  /// - Returns: Whether it is shown.
  package func isSigned(among comparisons: Int) -> Bool {
    guard let standardError else { return false }
    let confidence = 1 - (1 - Self.confidence) / Double(comparisons)
    return abs(mean) > Self.bound(count: count, confidence: confidence) * standardError
  }
}

/// How many times larger one thing is than another, from pairs: the geometric mean of their ratios.
///
/// Ratios are averaged as logarithms, so that twice as fast and half as fast cancel each other.
package struct RatioEstimate: Hashable, Sendable {
  /// The estimate of the logarithm.
  package let logarithm: Estimate

  /// Estimates the ratio; `nil` if there are no pairs, or a value is not positive and finite.
  package init?(_ pairs: [(numerator: Double, denominator: Double)]) {
    guard let logarithm = Estimate(pairs.map { log($0.numerator) - log($0.denominator) }) else { return nil }
    self.logarithm = logarithm
  }

  /// The estimate of the ratios turned upside down.
  init(inverting other: RatioEstimate) {
    logarithm = Estimate(negating: other.logarithm)
  }

  /// The geometric mean.
  package var value: Double { exp(logarithm.mean) }

  /// Its confidence interval; `nil` for a single pair.
  package var interval: ClosedRange<Double>? {
    logarithm.interval.map { exp($0.lowerBound)...exp($0.upperBound) }
  }

  /// Whether the interval leaves out 1.
  package var isSigned: Bool { logarithm.isSigned }

  /// Whether it is shown to be more or less than 1 though it is one of several that were looked at.
  package func isSigned(among comparisons: Int) -> Bool { logarithm.isSigned(among: comparisons) }
}
