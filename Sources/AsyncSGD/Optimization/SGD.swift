public import Kernels

/// Stochastic gradient descent, with weight decay.
///
///     θ ← θ − η·(g + λ·θ)
///
/// Sources: Robbins & Monro, "A Stochastic Approximation Method", 1951, <https://doi.org/10.1214/aoms/1177729586>.
public final class SGD: Optimizer {
  private let backend: any KernelBackend<Float>
  private var learningRate: Float = 0

  /// Creates an optimizer.
  public init(backend: any KernelBackend<Float>) {
    self.backend = backend
  }

  /// Begins an update.
  public func begin(learningRate: Float) {
    self.learningRate = learningRate
  }

  /// θ − η·g.
  public var plainStep: SGDStep<Float>? { SGDStep(learningRate: learningRate) }

  /// Computes the parameters of one block after the step, out of place.
  public func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    backend.sgdStep(
      SGDStep(learningRate: learningRate, weightDecay: weightDecay), count: range.count, parameters: parameters,
      gradient: gradient, velocity: nil, updated: updated)
  }
}
