public import Kernels

/// Stochastic gradient descent with Nesterov's momentum, and weight decay.
///
///     d = g + λ·θ
///     v ← μ·v + d
///     θ ← θ − η·(d + μ·v)
///
/// This is the form in which the parameters that are kept are those at which the next gradient is computed: those that the
/// velocity is about to reach, and not those of Nesterov's own sequence. PyTorch has the same.
///
/// Sources: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k²)", 1983; Sutskever,
/// Martens, Dahl & Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013; this form,
/// Bengio, Boulanger-Lewandowski & Pascanu, "Advances in Optimizing Recurrent Networks", 2013,
/// <https://arxiv.org/abs/1212.0901>.
public final class Nesterov: Optimizer {
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
    let step = SGDStep(
      learningRate: learningRate, momentum: coefficient, weightDecay: weightDecay, isNesterov: true)
    backend.sgdStep(
      step, count: range.count, parameters: parameters, gradient: gradient,
      velocity: velocity.values + range.lowerBound, updated: updated)
  }

  /// μ.
  public var momentum: Float? {
    get { coefficient }
    set { coefficient = newValue ?? coefficient }
  }

  /// The velocity.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["velocity": velocity.elements] }
}
