public import KernelInterface

extension SIMDBackend {
  /// Compensates the delay of a gradient, with a constant weight.
  public func compensateDelay(
    _ weight: Float, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    compensateDelayOfVector(
      weight: weight, step: PlainStep(step), count: count, gradient: gradient, parameters: parameters, pulled: pulled,
      result: result)
  }

  /// Compensates the delay of a gradient, with a weight that falls with the size of the gradients.
  public func compensateDelay(
    _ compensation: AdaptiveCompensation<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    compensateDelayOfVector(
      weight: compensation.weight, decay: compensation.decay, freshWeight: compensation.freshWeight,
      epsilon: compensation.epsilon, step: PlainStep(step), count: count, gradient: gradient, parameters: parameters,
      pulled: pulled, meanSquare: meanSquare, result: result)
  }

  /// Divides a gradient, with weight decay, by how many average steps each parameter has gone meanwhile, and one.
  public func divideByGap(
    _ gap: GapScaling<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    divideByGapOfVector(
      decay: gap.decay, freshWeight: gap.freshWeight, scale: gap.scale, floor: gap.floor, weightDecay: gap.weightDecay,
      step: PlainStep(step), count: count, gradient: gradient, parameters: parameters, pulled: pulled,
      meanSquare: meanSquare, result: result)
  }

  /// Adds the squares of a step to a moving mean.
  public func accumulateStep(
    decay: Float, freshWeight: Float, count: Int, before: UnsafePointer<Float>, after: UnsafePointer<Float>,
    meanSquare: UnsafeMutablePointer<Float>
  ) {
    accumulateStepOfVector(
      decay: decay, freshWeight: freshWeight, count: count, before: before, after: after, meanSquare: meanSquare)
  }

  /// Divides a gradient by a moving mean of its own standard deviation.
  public func divideByDeviation(
    _ scaling: DeviationScaling<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    deviation: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    divideByDeviationOfVector(
      decay: scaling.decay, freshWeight: scaling.freshWeight, epsilon: scaling.epsilon, step: PlainStep(step),
      count: count, gradient: gradient, parameters: parameters, mean: mean, meanSquare: meanSquare,
      deviation: deviation, result: result)
  }

  /// Divides a gradient by a moving mean of its own magnitude.
  public func divideByMagnitude(
    _ scaling: DeviationScaling<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, magnitude: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    divideByMagnitudeOfVector(
      decay: scaling.decay, freshWeight: scaling.freshWeight, epsilon: scaling.epsilon, step: PlainStep(step),
      count: count, gradient: gradient, parameters: parameters, magnitude: magnitude, result: result)
  }

  /// Takes a step with the velocity of one of many workers, and keeps the sum of all velocities.
  public func workerMomentumStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, velocitySum: UnsafeMutablePointer<Float>,
    updated: UnsafeMutablePointer<Float>, ahead: LookAhead<Float>?
  ) {
    workerMomentumStepOfVector(
      learningRate: step.learningRate, momentum: step.momentum, weightDecay: step.weightDecay, count: count,
      parameters: parameters, gradient: gradient, velocity: velocity, velocitySum: velocitySum, updated: updated,
      distance: ahead?.distance ?? 0, ahead: ahead?.parameters)
  }

  /// Takes a step along a velocity that changes only once in a cycle of several gradients.
  public func cyclicMomentumStep(
    _ step: SGDStep<Float>, meanWeight: Float?, count: Int, parameters: UnsafePointer<Float>,
    gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>, accumulator: UnsafeMutablePointer<Float>,
    updated: UnsafeMutablePointer<Float>, ahead: LookAhead<Float>?
  ) {
    cyclicMomentumStepOfVector(
      learningRate: step.learningRate, momentum: step.momentum, weightDecay: step.weightDecay,
      meanWeight: meanWeight ?? 0, endsCycle: meanWeight != nil, count: count, parameters: parameters,
      gradient: gradient, velocity: velocity, accumulator: accumulator, updated: updated,
      distance: ahead?.distance ?? 0, accumulatorDistance: ahead?.accumulatorDistance ?? 0, ahead: ahead?.parameters)
  }

  /// Takes a step with a momentum that a late gradient joins with the weight that it would have by now.
  public func orderedMomentumStep(
    _ step: OrderedMomentumStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    momentum: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>
  ) {
    orderedMomentumStepOfVector(
      openingWeight: step.openingWeight, momentumDecay: step.momentumDecay, momentumWeight: step.momentumWeight,
      stepWeight: step.stepWeight, weightDecay: step.weightDecay, count: count, parameters: parameters,
      gradient: gradient, momentum: momentum, updated: updated)
  }

  /// Computes where parameters will be.
  public func lookAhead(
    _ distance: Float, accumulatorDistance: Float, count: Int, parameters: UnsafePointer<Float>,
    velocity: UnsafePointer<Float>, accumulator: UnsafePointer<Float>?, ahead: UnsafeMutablePointer<Float>
  ) {
    lookAheadOfVector(
      distance: distance, accumulatorDistance: accumulatorDistance, count: count, parameters: parameters,
      velocity: velocity, accumulator: accumulator, ahead: ahead)
  }
}

extension PlainStep {
  /// Takes over what a step without momentum needs.
  fileprivate init?(_ step: SGDStep<Float>?) {
    guard let step else { return nil }
    self.init(learningRate: step.learningRate, weightDecay: step.weightDecay)
  }
}
