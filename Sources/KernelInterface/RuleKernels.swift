/// The arithmetic of the update rules: one pass over memory for each gradient.
///
/// Every method works element by element, and an element's result does not depend on where in the vector it stands: a
/// vector may be treated in blocks of any size. θ are the server's parameters, and θ′ those that the worker pulled which
/// the gradient g comes from.
public protocol RuleKernels<Scalar>: Sendable {
  /// The element type of all buffers.
  associatedtype Scalar: KernelScalar

  // MARK: Corrected gradients

  // Each of these hands over the corrected gradient, or takes plain SGD's step along it in the same pass over memory: to
  // the bit what `OptimizerKernels.sgdStep` makes of the corrected gradient and no velocity.

  /// Compensates the delay of a gradient to the first order, with a constant weight:
  ///
  ///     corrected = g + weight · g · g · (θ − θ′)
  ///
  /// Where θ is θ′, the result has the bits of g.
  ///
  /// Sources: Zheng et al., "Asynchronous SGD with Delay Compensation", ICML 2017, <https://arxiv.org/abs/1609.08326>.
  ///
  /// - Parameters:
  ///   - weight: λ.
  ///   - step: The step to take along the corrected gradient, which has no momentum; `nil` for none.
  ///   - count: The number of parameters.
  ///   - gradient: g.
  ///   - parameters: θ.
  ///   - pulled: θ′; may be `parameters`.
  ///   - result: The compensated gradient, or the parameters after the step, overwritten.
  func compensateDelay(
    _ weight: Scalar, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, pulled: UnsafePointer<Scalar>, result: UnsafeMutablePointer<Scalar>)

  /// Compensates the delay of a gradient to the first order, with a weight that falls with the size of the gradients:
  ///
  ///     meanSquare ← decay · meanSquare + freshWeight · g²
  ///     corrected = g + weight / √(meanSquare + epsilon) · g · g · (θ − θ′)
  ///
  /// Where θ is θ′, the result has the bits of g.
  ///
  /// - Parameters:
  ///   - compensation: The coefficients.
  ///   - step: The step to take along the corrected gradient, which has no momentum; `nil` for none.
  ///   - count: The number of parameters.
  ///   - gradient: g.
  ///   - parameters: θ.
  ///   - pulled: θ′; may be `parameters`.
  ///   - meanSquare: The moving mean of g², not negative, updated in place before it is used.
  ///   - result: The compensated gradient, or the parameters after the step, overwritten.
  func compensateDelay(
    _ compensation: AdaptiveCompensation<Scalar>, step: SGDStep<Scalar>?, count: Int,
    gradient: UnsafePointer<Scalar>, parameters: UnsafePointer<Scalar>, pulled: UnsafePointer<Scalar>,
    meanSquare: UnsafeMutablePointer<Scalar>, result: UnsafeMutablePointer<Scalar>)

  /// Divides a gradient, with weight decay, by how many average steps each parameter has gone meanwhile, and one:
  ///
  ///     meanSquare ← decay · meanSquare + freshWeight · g²        (unless freshWeight is 0)
  ///     C = scale · √meanSquare + floor
  ///     corrected = (g + weightDecay · θ) / (|θ − θ′| / C + 1)
  ///
  /// Where θ is θ′, the result has the bits of g + weightDecay · θ, if C is finite and not 0.
  ///
  /// Sources: Barkai, Hakimi & Schuster, "Gap-Aware Mitigation of Gradient Staleness", ICLR 2020,
  /// <https://arxiv.org/abs/1909.10802>.
  ///
  /// - Parameters:
  ///   - gap: The coefficients.
  ///   - step: The step to take along the corrected gradient, which has no momentum; `nil` for none.
  ///   - count: The number of parameters.
  ///   - gradient: g.
  ///   - parameters: θ.
  ///   - pulled: θ′; may be `parameters`.
  ///   - meanSquare: The moving mean of the squared steps, not negative, updated in place before it is used.
  ///   - result: The scaled gradient, or the parameters after the step, overwritten.
  func divideByGap(
    _ gap: GapScaling<Scalar>, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, pulled: UnsafePointer<Scalar>, meanSquare: UnsafeMutablePointer<Scalar>,
    result: UnsafeMutablePointer<Scalar>)

  /// Adds the squares of a step to a moving mean: meanSquare ← decay · meanSquare + freshWeight · (before − after)².
  func accumulateStep(
    decay: Scalar, freshWeight: Scalar, count: Int, before: UnsafePointer<Scalar>, after: UnsafePointer<Scalar>,
    meanSquare: UnsafeMutablePointer<Scalar>)

  /// Divides a gradient by a moving mean of its own standard deviation:
  ///
  ///     meanSquare ← decay · meanSquare + freshWeight · g²
  ///     mean       ← decay · mean + freshWeight · g
  ///     deviation  ← decay · deviation + freshWeight · √(max(0, meanSquare − mean²) + epsilon)
  ///     corrected = g / deviation
  ///
  /// Sources: Odena, "Faster Asynchronous SGD", 2016, <https://arxiv.org/abs/1601.04033>.
  ///
  /// - Parameters:
  ///   - scaling: The coefficients.
  ///   - step: The step to take along the corrected gradient, which has no momentum; `nil` for none.
  ///   - count: The number of parameters.
  ///   - gradient: g.
  ///   - parameters: θ; not read without a step.
  ///   - mean: The moving mean of g, updated in place.
  ///   - meanSquare: The moving mean of g², not negative, updated in place.
  ///   - deviation: The moving mean of the deviation, not negative, updated in place before it is used.
  ///   - result: The scaled gradient, or the parameters after the step, overwritten.
  func divideByDeviation(
    _ scaling: DeviationScaling<Scalar>, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
    meanSquare: UnsafeMutablePointer<Scalar>, deviation: UnsafeMutablePointer<Scalar>,
    result: UnsafeMutablePointer<Scalar>)

  /// Divides a gradient by a moving mean of its own magnitude:
  ///
  ///     magnitude ← decay · magnitude + freshWeight · |g|
  ///     corrected = g / (magnitude + epsilon)
  ///
  /// - Parameters:
  ///   - scaling: The coefficients.
  ///   - step: The step to take along the corrected gradient, which has no momentum; `nil` for none.
  ///   - count: The number of parameters.
  ///   - gradient: g.
  ///   - parameters: θ; not read without a step.
  ///   - magnitude: The moving mean of |g|, not negative, updated in place before it is used.
  ///   - result: The scaled gradient, or the parameters after the step, overwritten.
  func divideByMagnitude(
    _ scaling: DeviationScaling<Scalar>, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, magnitude: UnsafeMutablePointer<Scalar>,
    result: UnsafeMutablePointer<Scalar>)

  // MARK: Steps with a momentum of the rule's own

  /// Takes a step with the velocity of one of many workers, and keeps the sum of all velocities:
  ///
  ///     d = g + weightDecay · parameters
  ///     velocitySum ← velocitySum + (momentum · velocity + d − velocity)
  ///     velocity ← momentum · velocity + d
  ///     updated ← parameters − learningRate · velocity
  ///     ahead ← updated − distance · velocitySum
  ///
  /// Sources: Hakimi et al., "Taming Momentum in a Distributed Asynchronous Environment", 2019,
  /// <https://arxiv.org/abs/1907.11612>.
  ///
  /// - Parameters:
  ///   - step: The coefficients; `isNesterov` has no effect.
  ///   - count: The number of parameters.
  ///   - parameters: The parameters before the step.
  ///   - gradient: g.
  ///   - velocity: The worker's velocity, updated in place.
  ///   - velocitySum: The sum of all workers' velocities, updated in place.
  ///   - updated: The parameters after the step, overwritten; may be `parameters`.
  ///   - ahead: Where the parameters will be, in the same pass and to the bit as `lookAhead` has it; `nil` for nowhere.
  func workerMomentumStep(
    _ step: SGDStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>, velocitySum: UnsafeMutablePointer<Scalar>,
    updated: UnsafeMutablePointer<Scalar>, ahead: LookAhead<Scalar>?)

  /// Takes a step along a velocity that changes only once in a cycle of several gradients:
  ///
  ///     d = g + weightDecay · parameters
  ///     updated ← parameters − learningRate · (d + momentum · velocity)
  ///     accumulator ← accumulator + d
  ///     velocity ← momentum · velocity + meanWeight · accumulator,  accumulator ← 0      (at the end of a cycle)
  ///     ahead ← updated − distance · velocity − accumulatorDistance · accumulator
  ///
  /// Sources: Cohen, Hakimi & Schuster, "SMEGA²: Distributed Asynchronous Deep Neural Network Training With a Single
  /// Momentum Buffer", ICPP 2022.
  ///
  /// - Parameters:
  ///   - step: The coefficients; `isNesterov` has no effect.
  ///   - meanWeight: One over the gradients of a cycle at its end, `nil` before.
  ///   - count: The number of parameters.
  ///   - parameters: The parameters before the step.
  ///   - gradient: g.
  ///   - velocity: The velocity, updated in place.
  ///   - accumulator: The sum of the cycle's gradients, updated in place.
  ///   - updated: The parameters after the step, overwritten; may be `parameters`.
  ///   - ahead: Where the parameters will be, in the same pass and to the bit as `lookAhead` has it; `nil` for nowhere.
  func cyclicMomentumStep(
    _ step: SGDStep<Scalar>, meanWeight: Scalar?, count: Int, parameters: UnsafePointer<Scalar>,
    gradient: UnsafePointer<Scalar>, velocity: UnsafeMutablePointer<Scalar>,
    accumulator: UnsafeMutablePointer<Scalar>, updated: UnsafeMutablePointer<Scalar>, ahead: LookAhead<Scalar>?)

  /// Takes a step with a momentum that a late gradient joins with the weight that it would have by now:
  ///
  ///     d = g + weightDecay · parameters
  ///     updated ← parameters − openingWeight · momentum − stepWeight · d
  ///     momentum ← momentumDecay · momentum + momentumWeight · d
  ///
  /// Sources: Shi, Yang & Li, "Ordered Momentum for Asynchronous SGD", NeurIPS 2024, <https://arxiv.org/abs/2407.19234>.
  ///
  /// - Parameters:
  ///   - step: The coefficients.
  ///   - count: The number of parameters.
  ///   - parameters: The parameters before the step.
  ///   - gradient: g.
  ///   - momentum: The momentum, the learning rates included, updated in place.
  ///   - updated: The parameters after the step, overwritten; may be `parameters`.
  func orderedMomentumStep(
    _ step: OrderedMomentumStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>,
    gradient: UnsafePointer<Scalar>, momentum: UnsafeMutablePointer<Scalar>, updated: UnsafeMutablePointer<Scalar>)

  /// Computes where parameters will be: ahead ← parameters − distance · velocity − accumulatorDistance · accumulator.
  ///
  /// - Parameters:
  ///   - distance: The weight of the velocity.
  ///   - accumulatorDistance: The weight of the accumulator; no effect without one.
  ///   - count: The number of parameters.
  ///   - parameters: The parameters now.
  ///   - velocity: The velocity.
  ///   - accumulator: What will join the velocity, or `nil` for nothing.
  ///   - ahead: The parameters ahead, overwritten.
  func lookAhead(
    _ distance: Scalar, accumulatorDistance: Scalar, count: Int, parameters: UnsafePointer<Scalar>,
    velocity: UnsafePointer<Scalar>, accumulator: UnsafePointer<Scalar>?, ahead: UnsafeMutablePointer<Scalar>)
}

/// The coefficients of an adaptive delay compensation.
public struct AdaptiveCompensation<Scalar: KernelScalar>: Hashable, Sendable {
  /// λ₀, the weight of the compensation.
  public var weight: Scalar
  /// The factor of the mean square.
  public var decay: Scalar
  /// The factor of the squared gradient that is added to the mean square.
  public var freshWeight: Scalar
  /// ε, added to the mean square under the root.
  public var epsilon: Scalar

  /// Creates coefficients.
  public init(weight: Scalar, decay: Scalar, freshWeight: Scalar, epsilon: Scalar) {
    self.weight = weight
    self.decay = decay
    self.freshWeight = freshWeight
    self.epsilon = epsilon
  }
}

/// The coefficients of a division by the gap.
public struct GapScaling<Scalar: KernelScalar>: Hashable, Sendable {
  /// The factor of the mean square.
  public var decay: Scalar
  /// The factor of the squared gradient that is added to the mean square; 0 if the mean square is not of gradients and
  /// stays as it is.
  public var freshWeight: Scalar
  /// The step per root of the mean square: the learning rate, corrected for the mean's start at 0.
  public var scale: Scalar
  /// What is added to the average step, above 0.
  public var floor: Scalar
  /// λ, the coefficient of the parameters added to the gradient.
  public var weightDecay: Scalar

  /// Creates coefficients.
  public init(decay: Scalar, freshWeight: Scalar, scale: Scalar, floor: Scalar, weightDecay: Scalar = 0) {
    self.decay = decay
    self.freshWeight = freshWeight
    self.scale = scale
    self.floor = floor
    self.weightDecay = weightDecay
  }
}

/// The coefficients of a division by a moving deviation or magnitude.
public struct DeviationScaling<Scalar: KernelScalar>: Hashable, Sendable {
  /// The factor of the moving means.
  public var decay: Scalar
  /// The factor of what is added to them.
  public var freshWeight: Scalar
  /// ε, above 0.
  public var epsilon: Scalar

  /// Creates coefficients.
  public init(decay: Scalar, freshWeight: Scalar, epsilon: Scalar) {
    self.decay = decay
    self.freshWeight = freshWeight
    self.epsilon = epsilon
  }
}

/// Where a step that also looks ahead puts what it sees.
public struct LookAhead<Scalar: KernelScalar> {
  /// The weight of the velocity, or of the sum of velocities.
  public var distance: Scalar
  /// The weight of the accumulator, where it is not empty.
  public var accumulatorDistance: Scalar
  /// The parameters ahead, overwritten.
  public var parameters: UnsafeMutablePointer<Scalar>

  /// Creates a place.
  public init(distance: Scalar, accumulatorDistance: Scalar = 0, parameters: UnsafeMutablePointer<Scalar>) {
    self.distance = distance
    self.accumulatorDistance = accumulatorDistance
    self.parameters = parameters
  }
}

/// The coefficients of a step with ordered momentum.
public struct OrderedMomentumStep<Scalar: KernelScalar>: Hashable, Sendable {
  /// The momentum that the parameters move by at once.
  public var openingWeight: Scalar
  /// The factor of the momentum.
  public var momentumDecay: Scalar
  /// The factor of the gradient that joins the momentum.
  public var momentumWeight: Scalar
  /// The factor of the gradient that the parameters move by.
  public var stepWeight: Scalar
  /// λ, the coefficient of the parameters added to the gradient.
  public var weightDecay: Scalar

  /// Creates coefficients.
  public init(
    openingWeight: Scalar, momentumDecay: Scalar, momentumWeight: Scalar, stepWeight: Scalar, weightDecay: Scalar = 0
  ) {
    self.openingWeight = openingWeight
    self.momentumDecay = momentumDecay
    self.momentumWeight = momentumWeight
    self.stepWeight = stepWeight
    self.weightDecay = weightDecay
  }
}
