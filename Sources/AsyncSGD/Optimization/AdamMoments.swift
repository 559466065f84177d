internal import Foundation
internal import Kernels

/// The moments of ``Adam`` and ``AdamW``, and the coefficients of the step that they take.
///
///     m ← β₁·m + (1 − β₁)·d
///     s ← β₂·s + (1 − β₂)·d²
///     the step is  η/(1 − β₁ᵗ) · m / (√s/√(1 − β₂ᵗ) + ε)
///
/// t counts the updates, from 1; the powers of the decays correct for the moments' start at 0.
struct AdamMoments {
  /// m.
  let mean: StateVector
  /// s.
  let squareMean: StateVector
  /// t of the last update.
  var updates = 0
  /// The coefficients of the update under way; weight decay is not among them.
  private(set) var coefficients: AdaptiveStep<Float>
  private let beta1: Double
  private let beta2: Double

  init(count: Int, beta1: Double, beta2: Double, epsilon: Float) {
    mean = StateVector(count: count)
    squareMean = StateVector(count: count)
    self.beta1 = beta1
    self.beta2 = beta2
    coefficients = AdaptiveStep(
      stepSize: 0, firstDecay: Float(beta1), firstWeight: Float(1 - beta1), secondDecay: Float(beta2),
      secondWeight: Float(1 - beta2), epsilon: epsilon)
  }

  /// Begins the next update.
  mutating func begin(learningRate: Float) {
    updates += 1
    coefficients.stepSize = Float(Double(learningRate) / (1 - pow(beta1, Double(updates))))
    coefficients.secondScale = Float(1 / (1 - pow(beta2, Double(updates))).squareRoot())
  }

  /// The moments, by name.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] {
    ["mean": mean.elements, "squareMean": squareMean.elements]
  }

  /// t, by name.
  var scalars: [String: Double] {
    get { ["updates": Double(updates)] }
    set { updates = newValue["updates"].map { Int($0) } ?? updates }
  }
}
