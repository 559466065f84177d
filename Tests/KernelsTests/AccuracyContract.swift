import Kernels
import TestSupport

/// The table "Accuracy" of `KernelBackend` in numbers: how far a result may be from the exact one.
///
/// Every bound is absolute and at least the smallest normal number, because a result below it may be flushed.
enum AccuracyContract {
  /// ε, the distance of 1 from the next number: 2⁻²³.
  static let epsilon = Double(Float.ulpOfOne)

  /// Returns the bound of a sum of products: 8·ε·√d·Σ|products|, times `factor`.
  ///
  /// - Parameters:
  ///   - terms: d, the number of products.
  ///   - magnitude: Σ|products|.
  ///   - factor: What `convolutionErrorFactor` says of a convolution; 1 for every other sum.
  /// - Returns: The bound, absolute.
  static func sum(terms: Int, magnitude: Double, factor: Double = 1) -> Double {
    factor * FloatAgreement.tolerance(depth: terms, magnitude: magnitude)
  }

  /// Returns the bound of an exponential, a sigmoid or a hyperbolic tangent: 4 units in the last place.
  static func transcendental(_ exact: Double) -> Double {
    max(4 * Double(Float(exact).ulp), Double(Float.leastNormalMagnitude))
  }

  /// Returns the bound of a formula of a few operations: two roundings, together ε, an operation.
  ///
  /// - Parameters:
  ///   - operations: The operations of the formula.
  ///   - magnitude: Its value with every term's absolute value, which no intermediate result exceeds.
  /// - Returns: The bound, absolute.
  static func formula(operations: Int, magnitude: Double) -> Double {
    max(Double(operations) * epsilon * magnitude, Double(Float.leastNormalMagnitude))
  }

  /// Returns the bound of an activation of a sum, given the sum's.
  ///
  /// No activation is steeper than 1, so that the sum's error does not grow.
  static func activated(_ activation: Activation, _ exact: Double, sumBound: Double) -> Double {
    switch activation {
    case .identity, .relu: sumBound
    case .sigmoid, .tanh: sumBound + transcendental(exact)
    }
  }
}
