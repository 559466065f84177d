package import KernelInterface

/// The arithmetic of the update rules, which no library does.
extension LibraryBackend {
  package func compensateDelay(
    _ weight: Float, count: Int, gradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    pulled: UnsafePointer<Float>, corrected: UnsafeMutablePointer<Float>
  ) {
    kernels.compensateDelay(
      weight, count: count, gradient: gradient, parameters: parameters, pulled: pulled, corrected: corrected)
  }

  package func compensateDelay(
    _ compensation: AdaptiveCompensation<Float>, count: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
    corrected: UnsafeMutablePointer<Float>
  ) {
    kernels.compensateDelay(
      compensation, count: count, gradient: gradient, parameters: parameters, pulled: pulled, meanSquare: meanSquare,
      corrected: corrected)
  }

  package func divideByGap(
    _ gap: GapScaling<Float>, count: Int, gradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    pulled: UnsafePointer<Float>, meanSquare: UnsafeMutablePointer<Float>, corrected: UnsafeMutablePointer<Float>
  ) {
    kernels.divideByGap(
      gap, count: count, gradient: gradient, parameters: parameters, pulled: pulled, meanSquare: meanSquare,
      corrected: corrected)
  }

  package func accumulateStep(
    decay: Float, freshWeight: Float, count: Int, before: UnsafePointer<Float>, after: UnsafePointer<Float>,
    meanSquare: UnsafeMutablePointer<Float>
  ) {
    kernels.accumulateStep(
      decay: decay, freshWeight: freshWeight, count: count, before: before, after: after, meanSquare: meanSquare)
  }

  package func divideByDeviation(
    _ scaling: DeviationScaling<Float>, count: Int, gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
    meanSquare: UnsafeMutablePointer<Float>, deviation: UnsafeMutablePointer<Float>,
    corrected: UnsafeMutablePointer<Float>
  ) {
    kernels.divideByDeviation(
      scaling, count: count, gradient: gradient, mean: mean, meanSquare: meanSquare, deviation: deviation,
      corrected: corrected)
  }

  package func divideByMagnitude(
    _ scaling: DeviationScaling<Float>, count: Int, gradient: UnsafePointer<Float>,
    magnitude: UnsafeMutablePointer<Float>, corrected: UnsafeMutablePointer<Float>
  ) {
    kernels.divideByMagnitude(scaling, count: count, gradient: gradient, magnitude: magnitude, corrected: corrected)
  }

  package func workerMomentumStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, velocitySum: UnsafeMutablePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    kernels.workerMomentumStep(
      step, count: count, parameters: parameters, gradient: gradient, velocity: velocity, velocitySum: velocitySum,
      updated: updated)
  }

  package func cyclicMomentumStep(
    _ step: SGDStep<Float>, meanWeight: Float?, count: Int, parameters: UnsafePointer<Float>,
    gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>, accumulator: UnsafeMutablePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    kernels.cyclicMomentumStep(
      step, meanWeight: meanWeight, count: count, parameters: parameters, gradient: gradient, velocity: velocity,
      accumulator: accumulator, updated: updated)
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
