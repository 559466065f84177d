public import KernelInterface

extension SIMDBackend {
  /// Computes one step of SGD out of place, with momentum and weight decay.
  public func sgdStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, updated: UnsafeMutablePointer<Float>
  ) {
    sgdStepOfVector(
      learningRate: step.learningRate, momentum: step.momentum, weightDecay: step.weightDecay,
      isNesterov: step.isNesterov, count: count, parameters: parameters, gradient: gradient, velocity: velocity,
      updated: updated)
  }

  /// Computes one step whose size adapts to the squares of each parameter's gradients, out of place.
  public func adaptiveStep(
    _ step: AdaptiveStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>
  ) {
    adaptiveStepOfVector(
      stepSize: step.stepSize, weightDecay: step.weightDecay, shrinkage: step.shrinkage, firstDecay: step.firstDecay,
      firstWeight: step.firstWeight, secondDecay: step.secondDecay, secondWeight: step.secondWeight,
      secondScale: step.secondScale, epsilon: step.epsilon, count: count, parameters: parameters, gradient: gradient,
      first: first, second: second, updated: updated)
  }

  /// Replaces a gradient by the direction that momentum makes of it.
  public func accumulateMomentum(
    _ momentum: Float, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>
  ) {
    accumulateMomentumOfVector(
      momentum: momentum, isNesterov: isNesterov, count: count, gradient: gradient, velocity: velocity)
  }

  /// Returns Σ values².
  public func squaredNorm(count: Int, values: UnsafePointer<Float>) -> Double {
    squaredNormOfVector(count: count, values: values)
  }
}
