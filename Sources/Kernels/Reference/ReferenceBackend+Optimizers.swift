public import KernelInterface

extension ReferenceBackend {
  /// Computes one step of SGD out of place, with momentum and weight decay.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sgdStep(
    _ step: SGDStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>?, updated: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      let decayed = gradient[i] + step.weightDecay * parameters[i]
      var direction = decayed
      if let velocity {
        velocity[i] = decayed + step.momentum * velocity[i]
        direction = step.isNesterov ? decayed + step.momentum * velocity[i] : velocity[i]
      }
      updated[i] = parameters[i] - step.learningRate * direction
    }
  }

  /// Computes one step whose size adapts to the squares of each parameter's gradients, out of place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func adaptiveStep(
    _ step: AdaptiveStep<Scalar>, count: Int, parameters: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    first: UnsafeMutablePointer<Scalar>?, second: UnsafeMutablePointer<Scalar>,
    updated: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      var direction = gradient[i] + step.weightDecay * parameters[i]
      second[i] = step.secondDecay * second[i] + step.secondWeight * (direction * direction)
      if let first {
        first[i] = step.firstDecay * first[i] + step.firstWeight * direction
        direction = first[i]
      }
      let size = step.secondScale * second[i].squareRoot() + step.epsilon
      updated[i] = step.shrinkage * parameters[i] - step.stepSize * (direction / size)
    }
  }

  /// Replaces a gradient by the direction that momentum makes of it.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func accumulateMomentum(
    _ momentum: Scalar, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Scalar>,
    velocity: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      velocity[i] = gradient[i] + momentum * velocity[i]
      gradient[i] = isNesterov ? gradient[i] + momentum * velocity[i] : velocity[i]
    }
  }

  /// Returns Σ values².
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func squaredNorm(count: Int, values: UnsafePointer<Scalar>) -> Double {
    var sum = 0.0
    for i in 0..<count {
      sum += Double(values[i]) * Double(values[i])
    }
    return sum
  }
}
