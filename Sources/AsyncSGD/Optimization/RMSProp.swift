public import Kernels

/// A learning rate for each parameter, divided by the moving root mean square of its gradients, and weight decay.
///
///     d = g + λ·θ
///     s ← ρ·s + (1 − ρ)·d²
///     θ ← θ − η·d / (√s + ε)
///
/// ε is outside of the root, nothing is centered, and the mean is not corrected for its start at 0, as in PyTorch: the
/// first steps are up to 1/√(1 − ρ) times as long as later ones.
///
/// Sources: Tieleman & Hinton, "Lecture 6.5: RMSProp", Neural Networks for Machine Learning, 2012.
public final class RMSProp: Optimizer {
  private let backend: any KernelBackend<Float>
  private let squareMean: StateVector
  private var coefficients: AdaptiveStep<Float>

  /// Creates an optimizer of `count` parameters that has seen no gradient.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - squareDecay: ρ, 0 ≤ ρ < 1.
  ///   - epsilon: ε, above 0.
  ///   - backend: The kernels.
  public init(count: Int, squareDecay: Double = 0.99, epsilon: Float = 1e-8, backend: any KernelBackend<Float>) {
    self.backend = backend
    squareMean = StateVector(count: count)
    coefficients = AdaptiveStep(
      stepSize: 0, secondDecay: Float(squareDecay), secondWeight: Float(1 - squareDecay), epsilon: epsilon)
  }

  /// Begins an update.
  public func begin(learningRate: Float) {
    coefficients.stepSize = learningRate
  }

  /// Computes the parameters of one block after the step, out of place, and the new means in place.
  public func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    coefficients.weightDecay = weightDecay
    backend.adaptiveStep(
      coefficients, count: range.count, parameters: parameters, gradient: gradient, first: nil,
      second: squareMean.values + range.lowerBound, updated: updated)
  }

  /// The moving means of the squared gradients.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["squareMean": squareMean.elements] }
}
