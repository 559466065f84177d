public import Kernels

/// Stochastic gradient descent with Polyak's heavy-ball momentum, and weight decay.
///
///     v ← μ·v + g + λ·θ
///     θ ← θ − η·v
///
/// The velocity is the server's: it mixes the gradients of all workers.
///
/// Sources: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964,
/// <https://doi.org/10.1016/0041-5553(64)90137-5>.
public final class Momentum: Optimizer {
  private let backend: any KernelBackend<Float>
  private let velocity: StateVector
  private var learningRate: Float = 0
  private var coefficient: Float

  /// Creates an optimizer of `count` parameters, at rest.
  public init(count: Int, momentum: Float, backend: any KernelBackend<Float>) {
    self.backend = backend
    coefficient = momentum
    velocity = StateVector(count: count)
  }

  /// Begins an update.
  public func begin(learningRate: Float) {
    self.learningRate = learningRate
  }

  /// Computes the parameters of one block after the step, out of place, and the new velocity in place.
  public func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    backend.sgdStep(
      SGDStep(learningRate: learningRate, momentum: coefficient, weightDecay: weightDecay), count: range.count,
      parameters: parameters, gradient: gradient, velocity: velocity.values + range.lowerBound, updated: updated)
  }

  /// μ.
  public var momentum: Float? {
    get { coefficient }
    set { coefficient = newValue ?? coefficient }
  }

  /// The velocity.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["velocity": velocity.elements] }
}
