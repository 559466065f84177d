public import Kernels

/// A learning rate for each parameter, which falls with the sum of its squared gradients, and weight decay.
///
///     d = g + λ·θ
///     s ← s + d²
///     θ ← θ − η·d / (√s + ε)
///
/// Downpour SGD ran with it: the rates adapt on the server, shard by shard, and parameters whose gradients are large take
/// smaller steps, which keeps many stale workers stable. The sum begins at 0 and never falls.
///
/// Sources: Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR
/// 2011; on a parameter server, Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012.
public final class Adagrad: Optimizer {
  private let backend: any KernelBackend<Float>
  private let squareSum: StateVector
  private var coefficients: AdaptiveStep<Float>

  /// Creates an optimizer of `count` parameters that has seen no gradient.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - epsilon: ε, above 0.
  ///   - backend: The kernels.
  public init(count: Int, epsilon: Float = 1e-10, backend: any KernelBackend<Float>) {
    self.backend = backend
    squareSum = StateVector(count: count)
    coefficients = AdaptiveStep(stepSize: 0, secondDecay: 1, secondWeight: 1, epsilon: epsilon)
  }

  /// Begins an update.
  public func begin(learningRate: Float) {
    coefficients.stepSize = learningRate
  }

  /// Computes the parameters of one block after the step, out of place, and the new sums in place.
  public func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    coefficients.weightDecay = weightDecay
    backend.adaptiveStep(
      coefficients, count: range.count, parameters: parameters, gradient: gradient, first: nil,
      second: squareSum.values + range.lowerBound, updated: updated)
  }

  /// The sums of the squared gradients.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["squareSum": squareSum.elements] }
}
