import Kernels
import Randomness
import TestSupport
import Testing

@Suite("The SGD step of every backend")
struct SGDStepTests {
  @Test("a step of SGD computed by hand", arguments: BackendUnderTest.all)
  func byHand(backend: BackendUnderTest) {
    let parameters: [Float] = [1, -2, 0]
    let gradient: [Float] = [0.5, 0.25, -1]
    var velocity: [Float] = [1, 0, -4]
    var updated: [Float] = [.nan, .nan, .nan]
    // d = g + 0.25·w = (0.75, −0.25, −1);  v = 0.5·v + d = (1.25, −0.25, −3);  w − 2·v.
    var step = SGDStep<Float>(learningRate: 2, momentum: 0.5, weightDecay: 0.25)
    backend.kernels.sgdStep(
      step, count: 3, parameters: parameters, gradient: gradient, velocity: &velocity, updated: &updated)
    #expect(velocity == [1.25, -0.25, -3])
    #expect(updated == [-1.5, -1.5, 6])
    // Without a velocity the step is 2·d.
    backend.kernels.sgdStep(
      step, count: 3, parameters: parameters, gradient: gradient, velocity: nil, updated: &updated)
    #expect(updated == [-0.5, -1.5, 2])
    // Nesterov: v = 0.5·v + d = (1.375, −0.375, −2.5);  w − 2·(d + 0.5·v) = w − (2.875, −0.875, −4.5).
    step.isNesterov = true
    backend.kernels.sgdStep(
      step, count: 3, parameters: parameters, gradient: gradient, velocity: &velocity, updated: &updated)
    #expect(velocity == [1.375, -0.375, -2.5])
    #expect(updated == [-1.875, -1.125, 4.5])
  }

  @Test("the steps of every length agree with the formula, in place or not", arguments: BackendUnderTest.all)
  func everyLength(backend: BackendUnderTest) throws {
    for count in vectorLengths {
      for (hasVelocity, isNesterov) in [(false, false), (true, false), (true, true)] {
        var stream = RandomStream(testCase: 54)
        let step = SGDStep<Float>(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, isNesterov: isNesterov)
        let parameterValues = stream.uniformFloats(count)
        let gradientValues = stream.uniformFloats(count)
        let velocityValues = stream.uniformFloats(count)
        let parameters = GuardedBuffer(parameterValues)
        let gradient = GuardedBuffer(gradientValues, misalignment: 1)
        let velocity = GuardedBuffer(velocityValues, misalignment: 2)
        let updated = GuardedBuffer<Float>(count: count, misalignment: 3)
        backend.kernels.sgdStep(
          step, count: count, parameters: parameters.pointer, gradient: gradient.pointer,
          velocity: hasVelocity ? velocity.pointer : nil, updated: updated.pointer)
        try checkUntouched(parameters, parameterValues)
        try checkUntouched(gradient, gradientValues)
        try velocity.checkGuards()
        try updated.checkGuards()

        let inPlace = GuardedBuffer(parameterValues)
        let otherVelocity = GuardedBuffer(velocityValues)
        backend.kernels.sgdStep(
          step, count: count, parameters: inPlace.pointer, gradient: gradient.pointer,
          velocity: hasVelocity ? otherVelocity.pointer : nil, updated: inPlace.pointer)
        try inPlace.checkGuards()
        guard count > 0 else { continue }
        try FloatAgreement.checkSameBits(inPlace.values, as: updated.values)
        try FloatAgreement.checkSameBits(otherVelocity.values, as: velocity.values)

        var velocities: [Double] = []
        var expected: [Double] = []
        var velocityBounds: [Double] = []
        var bounds: [Double] = []
        let (rate, momentum, decay) = (Double(step.learningRate), Double(step.momentum), Double(step.weightDecay))
        for index in 0..<count {
          let (w, g) = (Double(parameterValues[index]), Double(gradientValues[index]))
          let v = hasVelocity ? Double(velocityValues[index]) : 0
          velocities.append(g + decay * w + momentum * v)
          let direction = isNesterov ? g + decay * w + momentum * velocities[index] : velocities[index]
          expected.append(w - rate * direction)
          // Each magnitude is the formula's with absolute values.
          let magnitude = abs(g) + decay * abs(w) + momentum * abs(v)
          let steps = isNesterov ? abs(g) + decay * abs(w) + momentum * magnitude : magnitude
          velocityBounds.append(AccuracyContract.formula(operations: 4, magnitude: magnitude))
          bounds.append(AccuracyContract.formula(operations: 8, magnitude: abs(w) + rate * steps))
        }
        if hasVelocity {
          try FloatAgreement.check(velocity.values, against: velocities, tolerances: velocityBounds)
        } else {
          try FloatAgreement.checkSameBits(velocity.values, as: velocityValues)
        }
        try FloatAgreement.check(updated.values, against: expected, tolerances: bounds)
      }
    }
  }

  @Test(
    "momentum that is added to a gradient, and then a plain step, have the bits of a step with momentum",
    arguments: BackendUnderTest.all, [false, true])
  func accumulatedMomentum(backend: BackendUnderTest, isNesterov: Bool) throws {
    for count in vectorLengths {
      var stream = RandomStream(testCase: 55)
      let parameters = stream.uniformFloats(count)
      let gradient = GuardedBuffer(stream.uniformFloats(count), misalignment: 1)
      let velocity = GuardedBuffer(stream.uniformFloats(count), misalignment: 2)
      let otherVelocity = GuardedBuffer(velocity.values)
      var (updated, otherUpdated) = (parameters, parameters)
      let step = SGDStep<Float>(learningRate: 0.1, momentum: 0.9, isNesterov: isNesterov)
      backend.kernels.sgdStep(
        step, count: count, parameters: parameters, gradient: gradient.pointer, velocity: velocity.pointer,
        updated: &updated)
      backend.kernels.accumulateMomentum(
        0.9, isNesterov: isNesterov, count: count, gradient: gradient.pointer, velocity: otherVelocity.pointer)
      backend.kernels.sgdStep(
        SGDStep(learningRate: 0.1), count: count, parameters: parameters, gradient: gradient.pointer, velocity: nil,
        updated: &otherUpdated)
      try gradient.checkGuards()
      try otherVelocity.checkGuards()
      guard count > 0 else { continue }
      try FloatAgreement.checkSameBits(otherVelocity.values, as: velocity.values)
      try FloatAgreement.checkSameBits(otherUpdated, as: updated)
    }
  }
}

@Suite("The squared norm of every backend")
struct SquaredNormTests {
  @Test("agrees with the sum of squares at every length", arguments: BackendUnderTest.all)
  func everyLength(backend: BackendUnderTest) throws {
    for count in vectorLengths + [1001] {
      var stream = RandomStream(testCase: 57)
      let values = stream.uniformFloats(count)
      let buffer = GuardedBuffer(values, misalignment: 1)
      let norm = backend.kernels.squaredNorm(count: count, values: buffer.pointer)
      try checkUntouched(buffer, values)
      // The oracle's own sum has at most the same error.
      let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(norm - expected) <= 2 * Double(count) * 0x1p-52 * expected, "\(backend), \(count) values")
    }
  }

  @Test("is exact for small integers", arguments: BackendUnderTest.all)
  func integers(backend: BackendUnderTest) {
    for count in vectorLengths {
      let values = (0..<count).map { Float($0 % 7 - 3) }
      let expected = values.reduce(0) { $0 + Int($1) * Int($1) }
      #expect(backend.kernels.squaredNorm(count: count, values: values) == Double(expected))
    }
  }

  @Test("does not overflow, and lets through what is not finite", arguments: BackendUnderTest.all)
  func extremes(backend: BackendUnderTest) {
    let largest = Double(Float.greatestFiniteMagnitude)
    for count in [1, 17, 40] {
      var values = [Float](repeating: .greatestFiniteMagnitude, count: count)
      let norm = backend.kernels.squaredNorm(count: count, values: values)
      #expect(abs(norm / (largest * largest) - Double(count)) < 1e-9)
      values[count / 2] = -.infinity
      #expect(backend.kernels.squaredNorm(count: count, values: values) == .infinity)
      values[count - 1] = .nan
      #expect(backend.kernels.squaredNorm(count: count, values: values).isNaN)
    }
  }
}
