package import KernelInterface

/// The arithmetic of the update rules, which no library does.
extension LibraryBackend {
  package func compensateDelay(
    _ weight: Float, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    kernels.compensateDelay(
      weight, step: step, count: count, gradient: gradient, parameters: parameters, pulled: pulled, result: result)
  }

  package func compensateDelay(
    _ compensation: AdaptiveCompensation<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    kernels.compensateDelay(
      compensation, step: step, count: count, gradient: gradient, parameters: parameters, pulled: pulled,
      meanSquare: meanSquare, result: result)
  }

  package func divideByGap(
    _ gap: GapScaling<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    kernels.divideByGap(
      gap, step: step, count: count, gradient: gradient, parameters: parameters, pulled: pulled, meanSquare: meanSquare,
      result: result)
  }

  package func accumulateStep(
    decay: Float, freshWeight: Float, count: Int, before: UnsafePointer<Float>, after: UnsafePointer<Float>,
    meanSquare: UnsafeMutablePointer<Float>
  ) {
    kernels.accumulateStep(
      decay: decay, freshWeight: freshWeight, count: count, before: before, after: after, meanSquare: meanSquare)
  }

  package func divideByDeviation(
    _ scaling: DeviationScaling<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    deviation: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    kernels.divideByDeviation(
      scaling, step: step, count: count, gradient: gradient, parameters: parameters, mean: mean, meanSquare: meanSquare,
      deviation: deviation, result: result)
  }

  package func divideByMagnitude(
    _ scaling: DeviationScaling<Float>, step: SGDStep<Float>?, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, magnitude: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    kernels.divideByMagnitude(
      scaling, step: step, count: count, gradient: gradient, parameters: parameters, magnitude: magnitude,
      result: result)
  }

  package func workerMomentumStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, velocitySum: UnsafeMutablePointer<Float>,
    updated: UnsafeMutablePointer<Float>, ahead: LookAhead<Float>?
  ) {
    kernels.workerMomentumStep(
      step, count: count, parameters: parameters, gradient: gradient, velocity: velocity, velocitySum: velocitySum,
      updated: updated, ahead: ahead)
  }

  package func cyclicMomentumStep(
    _ step: SGDStep<Float>, meanWeight: Float?, count: Int, parameters: UnsafePointer<Float>,
    gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>, accumulator: UnsafeMutablePointer<Float>,
    updated: UnsafeMutablePointer<Float>, ahead: LookAhead<Float>?
  ) {
    kernels.cyclicMomentumStep(
      step, meanWeight: meanWeight, count: count, parameters: parameters, gradient: gradient, velocity: velocity,
      accumulator: accumulator, updated: updated, ahead: ahead)
  }

  package func orderedMomentumStep(
    _ step: OrderedMomentumStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    momentum: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>
  ) {
    kernels.orderedMomentumStep(
      step, count: count, parameters: parameters, gradient: gradient, momentum: momentum, updated: updated)
  }

  package func lookAhead(
    _ distance: Float, accumulatorDistance: Float, count: Int, parameters: UnsafePointer<Float>,
    velocity: UnsafePointer<Float>, accumulator: UnsafePointer<Float>?, ahead: UnsafeMutablePointer<Float>
  ) {
    kernels.lookAhead(
      distance, accumulatorDistance: accumulatorDistance, count: count, parameters: parameters, velocity: velocity,
      accumulator: accumulator, ahead: ahead)
  }
}
