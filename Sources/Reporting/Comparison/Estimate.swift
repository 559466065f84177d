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

  /// Estimates the mean of `values`; `nil` if there are none, or one of them is not finite.
  package init?(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    guard !values.isEmpty, mean.isFinite else { return nil }
    count = values.count
    self.mean = mean
    guard count > 1 else {
      halfWidth = nil
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
    let bound = StudentDistribution(degreesOfFreedom: count - 1).bound(confidence: Self.confidence)
    let halfWidth = bound * (variance / Double(count)).squareRoot()
    guard halfWidth.isFinite else { return nil }
    self.halfWidth = halfWidth
  }

  /// The estimate of the values with their signs changed.
  init(negating other: Estimate) {
    (count, mean, halfWidth) = (other.count, -other.mean, other.halfWidth)
  }

  /// The confidence interval of the mean; `nil` for a single value.
  package var interval: ClosedRange<Double>? {
    halfWidth.map { mean - $0...mean + $0 }
  }

  /// Whether the interval says which sign the mean has; never for a single value.
  package var isSigned: Bool {
    interval.map { !$0.contains(0) } ?? false
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
}
