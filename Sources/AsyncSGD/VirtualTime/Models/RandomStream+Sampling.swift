internal import Foundation
internal import Randomness

/// Random numbers of double precision, from which durations are made.
///
/// A uniform number of ``RandomStream/uniform()`` is a multiple of 2⁻²⁴, which would cut off the tail of a distribution at
/// its 16-millionth: too early for 100,000 workers.
extension RandomStream {
  /// Returns a number drawn uniformly from (0, 1], a multiple of 2⁻⁵³.
  @inline(__always)
  mutating func positiveUniform() -> Double {
    Double((next() >> 11) + 1) * 0x1p-53
  }

  /// Returns a number drawn from the exponential distribution of mean 1.
  @inline(__always)
  mutating func standardExponential() -> Double {
    -log(positiveUniform())
  }

  /// Returns a number drawn from the normal distribution of mean 0 and deviation 1 (Box and Muller's method).
  @inline(__always)
  mutating func standardNormal() -> Double {
    let radius = (-2 * log(positiveUniform())).squareRoot()
    return radius * cos(2 * .pi * positiveUniform())
  }

  /// Returns a number drawn from the gamma distribution of `shape` and scale 1, whose mean and variance are its shape.
  ///
  /// Sources: Marsaglia & Tsang, "A Simple Method for Generating Gamma Variables", TOMS 2000,
  /// <https://doi.org/10.1145/358407.358414>.
  @inline(__always)
  mutating func standardGamma(shape: Double) -> Double {
    guard shape >= 1 else {
      return standardGamma(above1: shape + 1) * pow(positiveUniform(), 1 / shape)
    }
    return standardGamma(above1: shape)
  }

  @inline(__always)
  private mutating func standardGamma(above1 shape: Double) -> Double {
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = standardNormal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      let u = positiveUniform()
      // A squeeze that spares most of the logarithms, then the exact test.
      if u < 1 - 0.0331 * (x * x) * (x * x) { return d * v }
      if log(u) < 0.5 * x * x + d * (1 - v + log(v)) { return d * v }
    }
  }
}
