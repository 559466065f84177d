public import KernelInterface

extension ReferenceBackend {
  /// Compensates the delay of a gradient, with a constant weight.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func compensateDelay(
    _ weight: Scalar, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, pulled: UnsafePointer<Scalar>, result: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      let corrected = gradient[i] + gradient[i] * (weight * gradient[i] * (parameters[i] - pulled[i]))
      result[i] = step?.taken(along: corrected, from: parameters[i]) ?? corrected
    }
  }

  /// Compensates the delay of a gradient, with a weight that falls with the size of the gradients.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func compensateDelay(
    _ compensation: AdaptiveCompensation<Scalar>, step: SGDStep<Scalar>?, count: Int,
    gradient: UnsafePointer<Scalar>, parameters: UnsafePointer<Scalar>, pulled: UnsafePointer<Scalar>,
    meanSquare: UnsafeMutablePointer<Scalar>, result: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      let square = gradient[i] * gradient[i]
      meanSquare[i] = compensation.decay * meanSquare[i] + compensation.freshWeight * square
      let weight = compensation.weight / (meanSquare[i] + compensation.epsilon).squareRoot()
      let corrected = gradient[i] + gradient[i] * (weight * gradient[i] * (parameters[i] - pulled[i]))
      result[i] = step?.taken(along: corrected, from: parameters[i]) ?? corrected
    }
  }

  /// Divides a gradient, with weight decay, by how many average steps each parameter has gone meanwhile, and one.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func divideByGap(
    _ gap: GapScaling<Scalar>, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, pulled: UnsafePointer<Scalar>, meanSquare: UnsafeMutablePointer<Scalar>,
    result: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      if gap.freshWeight != 0 {
        meanSquare[i] = gap.decay * meanSquare[i] + gap.freshWeight * (gradient[i] * gradient[i])
      }
      let averageStep = gap.scale * meanSquare[i].squareRoot() + gap.floor
      let distance = abs(parameters[i] - pulled[i])
      let corrected =
        (gradient[i] + gap.weightDecay * parameters[i]) * (averageStep / (distance + averageStep))
      result[i] = step?.taken(along: corrected, from: parameters[i]) ?? corrected
    }
  }

  /// Adds the squares of a step to a moving mean.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func accumulateStep(
    decay: Scalar, freshWeight: Scalar, count: Int, before: UnsafePointer<Scalar>, after: UnsafePointer<Scalar>,
    meanSquare: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      let step = before[i] - after[i]
      meanSquare[i] = decay * meanSquare[i] + freshWeight * (step * step)
    }
  }

  /// Divides a gradient by a moving mean of its own standard deviation.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func divideByDeviation(
    _ scaling: DeviationScaling<Scalar>, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
    meanSquare: UnsafeMutablePointer<Scalar>, deviation: UnsafeMutablePointer<Scalar>,
    result: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      meanSquare[i] = scaling.decay * meanSquare[i] + scaling.freshWeight * (gradient[i] * gradient[i])
      mean[i] = scaling.decay * mean[i] + scaling.freshWeight * gradient[i]
      let variance = meanSquare[i] - mean[i] * mean[i]
      // Rounding may leave a little less than nothing.
      let present = ((variance < 0 ? 0 : variance) + scaling.epsilon).squareRoot()
      deviation[i] = scaling.decay * deviation[i] + scaling.freshWeight * present
      let corrected = gradient[i] / deviation[i]
      result[i] = step?.taken(along: corrected, from: parameters[i]) ?? corrected
    }
  }

  /// Divides a gradient by a moving mean of its own magnitude.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func divideByMagnitude(
    _ scaling: DeviationScaling<Scalar>, step: SGDStep<Scalar>?, count: Int, gradient: UnsafePointer<Scalar>,
    parameters: UnsafePointer<Scalar>, magnitude: UnsafeMutablePointer<Scalar>,
    result: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      magnitude[i] = scaling.decay * magnitude[i] + scaling.freshWeight * abs(gradient[i])
      let corrected = gradient[i] / (magnitude[i] + scaling.epsilon)
      result[i] = step?.taken(along: corrected, from: parameters[i]) ?? corrected
    }
  }

  /// Takes a step with the velocity of one of many workers, and keeps the sum of all velocities.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func workerMomentumStep(
    _ step: SGDStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>, velocitySum: UnsafeMutablePointer<Scalar>,
    updated: UnsafeMutablePointer<Scalar>, ahead: LookAhead<Scalar>?
  ) {
    for i in 0..<count {
      let direction = gradient[i] + step.weightDecay * parameters[i]
      let moved = direction + step.momentum * velocity[i]
      velocitySum[i] += moved - velocity[i]
      velocity[i] = moved
      updated[i] = parameters[i] - step.learningRate * moved
      if let ahead { ahead.parameters[i] = updated[i] - ahead.distance * velocitySum[i] }
    }
  }

  /// Takes a step along a velocity that changes only once in a cycle of several gradients.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func cyclicMomentumStep(
    _ step: SGDStep<Scalar>, meanWeight: Scalar?, count: Int, parameters: UnsafePointer<Scalar>,
    gradient: UnsafePointer<Scalar>, velocity: UnsafeMutablePointer<Scalar>,
    accumulator: UnsafeMutablePointer<Scalar>, updated: UnsafeMutablePointer<Scalar>, ahead: LookAhead<Scalar>?
  ) {
    for i in 0..<count {
      let direction = gradient[i] + step.weightDecay * parameters[i]
      updated[i] = parameters[i] - step.learningRate * (direction + step.momentum * velocity[i])
      accumulator[i] += direction
      if let meanWeight {
        velocity[i] = step.momentum * velocity[i] + meanWeight * accumulator[i]
        accumulator[i] = 0
      }
      if let ahead {
        ahead.parameters[i] = updated[i] - ahead.distance * velocity[i]
        if meanWeight == nil { ahead.parameters[i] -= ahead.accumulatorDistance * accumulator[i] }
      }
    }
  }

  /// Takes a step with a momentum that a late gradient joins with the weight that it would have by now.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func orderedMomentumStep(
    _ step: OrderedMomentumStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>,
    gradient: UnsafePointer<Scalar>, momentum: UnsafeMutablePointer<Scalar>, updated: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      let direction = gradient[i] + step.weightDecay * parameters[i]
      updated[i] = parameters[i] - step.openingWeight * momentum[i] - step.stepWeight * direction
      momentum[i] = step.momentumDecay * momentum[i] + step.momentumWeight * direction
    }
  }

  /// Computes where parameters will be.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func lookAhead(
    _ distance: Scalar, accumulatorDistance: Scalar, count: Int, parameters: UnsafePointer<Scalar>,
    velocity: UnsafePointer<Scalar>, accumulator: UnsafePointer<Scalar>?, ahead: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      ahead[i] = parameters[i] - distance * velocity[i]
      if let accumulator { ahead[i] -= accumulatorDistance * accumulator[i] }
    }
  }
}

extension SGDStep {
  /// Returns a parameter after a step without momentum.
  fileprivate func taken(along gradient: Scalar, from parameter: Scalar) -> Scalar {
    parameter - learningRate * (gradient + weightDecay * parameter)
  }
}
