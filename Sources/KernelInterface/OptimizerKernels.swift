/// The arithmetic of the optimizers: one pass over memory for a whole step.
///
/// Every method but ``squaredNorm(count:values:)`` works element by element, and an element's result does not depend on
/// where in the vector it stands: a step may be made in blocks of any size.
public protocol OptimizerKernels<Scalar>: Sendable {
  /// The element type of all buffers.
  associatedtype Scalar: KernelScalar

  /// Computes one step of SGD out of place, with momentum and weight decay:
  ///
  ///     d = gradient + weightDecay · parameters
  ///     velocity ← momentum · velocity + d
  ///     updated ← parameters − learningRate · velocity                      (heavy ball)
  ///     updated ← parameters − learningRate · (d + momentum · velocity)     (Nesterov)
  ///
  /// With `velocity` nil there is no momentum, and the step is `learningRate · d`.
  ///
  /// Sources: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; the forms without
  /// (1 − momentum) on the gradient, and Nesterov's as a step from the point reached, are Sutskever et al., ICML 2013,
  /// and PyTorch's.
  ///
  /// - Parameters:
  ///   - step: The coefficients.
  ///   - count: The number of parameters.
  ///   - parameters: The parameters before the step.
  ///   - gradient: ∂L/∂parameters.
  ///   - velocity: The optimizer's state, updated in place, or `nil`.
  ///   - updated: The parameters after the step, overwritten; may be `parameters`.
  func sgdStep(
    _ step: SGDStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>?, updated: UnsafeMutablePointer<Scalar>)

  /// Computes one step whose size adapts to the squares of each parameter's gradients, out of place:
  ///
  ///     d = gradient + weightDecay · parameters
  ///     second ← secondDecay · second + secondWeight · d²
  ///     first ← firstDecay · first + firstWeight · d,  d ← first            (where there is a first moment)
  ///     updated ← shrinkage · parameters − stepSize · d / (secondScale · √second + epsilon)
  ///
  /// Adagrad, RMSProp, Adam and AdamW are this formula with coefficients of their own.
  ///
  /// - Parameters:
  ///   - step: The coefficients.
  ///   - count: The number of parameters.
  ///   - parameters: The parameters before the step.
  ///   - gradient: ∂L/∂parameters.
  ///   - first: The first moment, updated in place, or `nil`.
  ///   - second: The second moment, not negative, updated in place.
  ///   - updated: The parameters after the step, overwritten; may be `parameters`.
  func adaptiveStep(
    _ step: AdaptiveStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    first: UnsafeMutablePointer<Scalar>?, second: UnsafeMutablePointer<Scalar>,
    updated: UnsafeMutablePointer<Scalar>)

  /// Replaces a gradient by the direction that momentum makes of it:
  ///
  ///     velocity ← momentum · velocity + gradient
  ///     gradient ← velocity                            (heavy ball)
  ///     gradient ← gradient + momentum · velocity      (Nesterov)
  ///
  /// A step of SGD along it has the bits of ``sgdStep(_:count:parameters:gradient:velocity:updated:)`` with momentum.
  ///
  /// - Parameters:
  ///   - momentum: The coefficient of the velocity.
  ///   - isNesterov: Whether the direction is Nesterov's.
  ///   - count: The number of parameters.
  ///   - gradient: The gradient, replaced.
  ///   - velocity: The state, updated in place.
  func accumulateMomentum(
    _ momentum: Scalar, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>)

  /// Returns Σ values², summed up in `Double`, in which no square of a `Float` overflows.
  ///
  /// NaN and infinities propagate. The error is at most count · 2⁻⁵² of the sum.
  func squaredNorm(count: Int, values: UnsafePointer<Scalar>) -> Double
}

/// The coefficients of one SGD step.
public struct SGDStep<Scalar: KernelScalar>: Hashable, Sendable {
  /// η, the step per unit of gradient.
  public var learningRate: Scalar
  /// μ, the coefficient of the velocity.
  public var momentum: Scalar
  /// λ, the coefficient of the parameters added to the gradient (L2 regularization), at least 0.
  public var weightDecay: Scalar
  /// Whether a velocity is used as Nesterov does: the step goes where the next one would begin.
  public var isNesterov: Bool

  /// Creates coefficients.
  public init(learningRate: Scalar, momentum: Scalar = 0, weightDecay: Scalar = 0, isNesterov: Bool = false) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.isNesterov = isNesterov
  }
}

/// The coefficients of one step that adapts to the squares of the gradients.
///
/// Each is a number of its own, and none is computed from another in the kernel, so that what is rounded once (1 − β₂ is
/// small) is rounded from the exact value.
public struct AdaptiveStep<Scalar: KernelScalar>: Hashable, Sendable {
  /// α, the step per unit of the scaled gradient.
  public var stepSize: Scalar
  /// λ, the coefficient of the parameters added to the gradient (L2 regularization), at least 0.
  public var weightDecay: Scalar
  /// The factor of the parameters: 1, or a little less where weight decay goes past the gradient.
  public var shrinkage: Scalar
  /// The factor of the first moment.
  public var firstDecay: Scalar
  /// The factor of the gradient that is added to the first moment.
  public var firstWeight: Scalar
  /// The factor of the second moment.
  public var secondDecay: Scalar
  /// The factor of the squared gradient that is added to the second moment.
  public var secondWeight: Scalar
  /// The factor of the second moment's root.
  public var secondScale: Scalar
  /// ε, added to the scaled root.
  public var epsilon: Scalar

  /// Creates coefficients.
  public init(
    stepSize: Scalar, weightDecay: Scalar = 0, shrinkage: Scalar = 1, firstDecay: Scalar = 0, firstWeight: Scalar = 1,
    secondDecay: Scalar, secondWeight: Scalar, secondScale: Scalar = 1, epsilon: Scalar
  ) {
    self.stepSize = stepSize
    self.weightDecay = weightDecay
    self.shrinkage = shrinkage
    self.firstDecay = firstDecay
    self.firstWeight = firstWeight
    self.secondDecay = secondDecay
    self.secondWeight = secondWeight
    self.secondScale = secondScale
    self.epsilon = epsilon
  }
}
