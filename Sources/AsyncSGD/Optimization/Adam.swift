public import Kernels

/// Steps along the moving mean of the gradients, divided by the moving root mean square, and weight decay.
///
///     d = g + λ·θ
///     m ← β₁·m + (1 − β₁)·d
///     s ← β₂·s + (1 − β₂)·d²
///     θ ← θ − η · m/(1 − β₁ᵗ) / (√(s/(1 − β₂ᵗ)) + ε)
///
/// The moments are the server's: they mix the gradients of all workers, and t counts its updates. Weight decay is part of
/// the gradient, so that it is divided, too; ``AdamW`` keeps it apart.
///
/// Sources: Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, <https://arxiv.org/abs/1412.6980>.
public final class Adam: Optimizer {
  private let backend: any KernelBackend<Float>
  private var moments: AdamMoments

  /// Creates an optimizer of `count` parameters that has seen no gradient.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - beta1: β₁, 0 ≤ β₁ < 1.
  ///   - beta2: β₂, 0 ≤ β₂ < 1.
  ///   - epsilon: ε, above 0.
  ///   - backend: The kernels.
  public init(
    count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, backend: any KernelBackend<Float>
  ) {
    self.backend = backend
    moments = AdamMoments(count: count, beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  /// Begins an update.
  public func begin(learningRate: Float) {
    moments.begin(learningRate: learningRate)
  }

  /// Computes the parameters of one block after the step, out of place, and the new moments in place.
  public func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    var coefficients = moments.coefficients
    coefficients.weightDecay = weightDecay
    backend.adaptiveStep(
      coefficients, count: range.count, parameters: parameters, gradient: gradient,
      first: moments.mean.values + range.lowerBound, second: moments.squareMean.values + range.lowerBound,
      updated: updated)
  }

  /// The moments.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { moments.vectors }

  /// The number of updates.
  public var scalars: [String: Double] {
    get { moments.scalars }
    set { moments.scalars = newValue }
  }
}
