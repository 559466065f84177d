public import Kernels

/// ``Adam``, with weight decay beside the gradient and not in it.
///
///     m ← β₁·m + (1 − β₁)·g
///     s ← β₂·s + (1 − β₂)·g²
///     θ ← (1 − η·λ)·θ − η · m/(1 − β₁ᵗ) / (√(s/(1 − β₂ᵗ)) + ε)
///
/// The decay is multiplied by the learning rate, as in PyTorch, and follows its schedule; in the paper η is the schedule's
/// factor alone, and λ a number some thousand times smaller.
///
/// Sources: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, <https://arxiv.org/abs/1711.05101>.
public final class AdamW: Optimizer {
  private let backend: any KernelBackend<Float>
  private var moments: AdamMoments
  private var learningRate: Float = 0

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
    self.learningRate = learningRate
    moments.begin(learningRate: learningRate)
  }

  /// Computes the parameters of one block after the step, out of place, and the new moments in place.
  public func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    var coefficients = moments.coefficients
    coefficients.shrinkage = Float(1 - Double(learningRate) * Double(weightDecay))
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
