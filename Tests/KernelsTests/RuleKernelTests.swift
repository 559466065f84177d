import Kernels
import Randomness
import TestSupport
import Testing

@Suite("The update rules' kernels of every backend")
struct RuleKernelTests {
  /// Lengths around the widths of the vector registers.
  private static let counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65, 300]
  /// No formula has more operations.
  private static let operations = 18

  @Test(
    "every length agrees with the formula, and touches nothing else", arguments: BackendUnderTest.all,
    RuleKernelCase.all)
  func everyLength(backend: BackendUnderTest, problem: RuleKernelCase) throws {
    for count in Self.counts {
      var stream = RandomStream(testCase: 56)
      let inputValues = (0..<problem.inputs).map { _ in stream.uniformFloats(count) }
      let stateValues = problem.states.map { stream.uniformFloats(count, in: $0) }
      let inputs = inputValues.enumerated().map { GuardedBuffer($0.element, misalignment: $0.offset) }
      let states = stateValues.enumerated().map { GuardedBuffer($0.element, misalignment: $0.offset + 1) }
      let output = GuardedBuffer<Float>(count: count, misalignment: 3)
      problem.run(
        backend.kernels, count, inputs.map { UnsafePointer($0.pointer) }, states.map(\.pointer), output.pointer)
      for (input, values) in zip(inputs, inputValues) { try checkUntouched(input, values) }
      for buffer in states + [output] { try buffer.checkGuards() }
      guard count > 0 else { continue }

      let expected = (0..<count).map { index in
        problem.formula(inputValues.map { Double($0[index]) }, stateValues.map { Double($0[index]) })
      }
      for (position, buffer) in (states + [output]).enumerated() {
        try backend.check("result \(position) of \(count)") { _ in
          try FloatAgreement.check(
            buffer.values, against: expected.map { $0[position].value },
            tolerances: expected.map {
              AccuracyContract.formula(operations: Self.operations, magnitude: $0[position].magnitude)
            })
        }
      }
    }
  }

  @Test(
    "an element's bits depend neither on where it stands nor on the alignment", arguments: BackendUnderTest.all,
    RuleKernelCase.all)
  func blocks(backend: BackendUnderTest, problem: RuleKernelCase) throws {
    let count = 61
    var stream = RandomStream(testCase: 57)
    let inputs = (0..<problem.inputs).map { _ in stream.uniformFloats(count) }
    let states = problem.states.map { stream.uniformFloats(count, in: $0) }
    func results(cutAt cuts: [Int], misalignment: Int) -> [[Float]] {
      let readers = inputs.map { GuardedBuffer($0, misalignment: misalignment) }
      let writers = states.map { GuardedBuffer($0, misalignment: misalignment) }
      let output = GuardedBuffer<Float>(count: count, misalignment: misalignment)
      for (start, end) in zip([0] + cuts, cuts + [count]) {
        problem.run(
          backend.kernels, end - start, readers.map { UnsafePointer($0.pointer) + start },
          writers.map { $0.pointer + start }, output.pointer + start)
      }
      return (writers + [output]).map(\.values)
    }
    let whole = results(cutAt: [], misalignment: 0)
    for (cuts, misalignment) in [([1, 20], 0), ([16, 32], 1), ([7, 8, 60], 3)] {
      for (part, expected) in zip(results(cutAt: cuts, misalignment: misalignment), whole) {
        try FloatAgreement.checkSameBits(part, as: expected)
      }
    }
  }

  @Test(
    "a step in the same pass has the bits of the optimizer's own", arguments: BackendUnderTest.all,
    Array(RuleKernelCase.corrections(step: nil).indices))
  func fusedStep(backend: BackendUnderTest, index: Int) throws {
    let step = SGDStep<Float>(learningRate: 0.3, weightDecay: 0.7)
    let (apart, together) = (
      RuleKernelCase.corrections(step: nil)[index], RuleKernelCase.corrections(step: step)[index]
    )
    let count = 45
    var stream = RandomStream(testCase: 58)
    let inputs = (0..<apart.inputs).map { _ in stream.uniformFloats(count) }
    let states = apart.states.map { stream.uniformFloats(count, in: $0) }
    func results(_ problem: RuleKernelCase) -> (states: [[Float]], output: [Float]) {
      let readers = inputs.map { GuardedBuffer($0, misalignment: 0) }
      let writers = states.map { GuardedBuffer($0, misalignment: 0) }
      let output = GuardedBuffer<Float>(count: count, misalignment: 0)
      problem.run(
        backend.kernels, count, readers.map { UnsafePointer($0.pointer) }, writers.map(\.pointer), output.pointer)
      return (writers.map(\.values), output.values)
    }
    let (corrected, stepped) = (results(apart), results(together))
    var updated = [Float](repeating: .nan, count: count)
    backend.kernels.sgdStep(
      step, count: count, parameters: inputs[1], gradient: corrected.output, velocity: nil, updated: &updated)
    try FloatAgreement.checkSameBits(stepped.output, as: updated)
    for (state, expected) in zip(stepped.states, corrected.states) {
      try FloatAgreement.checkSameBits(state, as: expected)
    }
  }

  @Test(
    "a look ahead in the same pass as the step has the bits of one by itself", arguments: BackendUnderTest.all,
    [nil, false, true] as [Bool?])
  func fusedLook(backend: BackendUnderTest, endsCycle: Bool?) throws {
    let step = SGDStep<Float>(learningRate: 0.3, momentum: 0.9, weightDecay: 0.7)
    let count = 45
    var stream = RandomStream(testCase: 59)
    let (parameters, gradient) = (stream.uniformFloats(count), stream.uniformFloats(count))
    let (velocity, sum) = (stream.uniformFloats(count), stream.uniformFloats(count))
    /// Returns the new velocity, the new sum, and the new parameters; `ahead` is untouched without `looks`.
    func stepped(looking looks: Bool, ahead: inout [Float]) -> [[Float]] {
      var (velocity, sum, updated) = (velocity, sum, [Float](repeating: .nan, count: count))
      ahead.withUnsafeMutableBufferPointer { ahead in
        let place = ahead.baseAddress.flatMap { place in
          looks ? LookAhead(distance: 0.1, accumulatorDistance: 0.2, parameters: place) : nil
        }
        if let endsCycle {
          backend.kernels.cyclicMomentumStep(
            step, meanWeight: endsCycle ? 0.25 : nil, count: count, parameters: parameters, gradient: gradient,
            velocity: &velocity, accumulator: &sum, updated: &updated, ahead: place)
        } else {
          backend.kernels.workerMomentumStep(
            step, count: count, parameters: parameters, gradient: gradient, velocity: &velocity, velocitySum: &sum,
            updated: &updated, ahead: place)
        }
      }
      return [velocity, sum, updated]
    }
    // Guards behind the last element, which is in a partial register.
    var ahead = [Float](repeating: -7, count: count + 16)
    let together = stepped(looking: true, ahead: &ahead)
    var untouched = [Float](repeating: -7, count: 1)
    let apart = stepped(looking: false, ahead: &untouched)
    for (state, expected) in zip(together, apart) { try FloatAgreement.checkSameBits(state, as: expected) }
    #expect(untouched == [-7] && ahead[count...].allSatisfy { $0 == -7 })

    var expected = [Float](repeating: .nan, count: count)
    let (velocityNow, sumNow, updated) = (apart[0], apart[1], apart[2])
    sumNow.withUnsafeBufferPointer { sums in
      // DANA looks along the sum of the velocities; SMEGA²'s accumulator counts within a cycle only.
      backend.kernels.lookAhead(
        0.1, accumulatorDistance: 0.2, count: count, parameters: updated,
        velocity: endsCycle == nil ? sumNow : velocityNow,
        accumulator: endsCycle == false ? sums.baseAddress : nil, ahead: &expected)
    }
    try FloatAgreement.checkSameBits(Array(ahead[..<count]), as: expected)
  }

  @Test("rules' kernels computed by hand", arguments: BackendUnderTest.all)
  func byHand(backend: BackendUnderTest) {
    let kernels = backend.kernels
    var (corrected, meanSquare) = ([Float](repeating: .nan, count: 2), [Float]([0, 12]))
    // g + ½·g²·(θ − θ′): 2 + ½·4·(1 − 3) = −2;  −4 + ½·16·0 = −4.
    kernels.compensateDelay(
      0.5, step: nil, count: 2, gradient: [2, -4], parameters: [1, 5], pulled: [3, 5], result: &corrected)
    #expect(corrected == [-2, -4])
    // MS = ¾·MS + ¼·g² = (1, 13), with ε = 3 under the root (2, 4): 2 + 4/2·4·(−2) = −14;  −4 + 0.
    kernels.compensateDelay(
      AdaptiveCompensation(weight: 4, decay: 0.75, freshWeight: 0.25, epsilon: 3), step: nil, count: 2,
      gradient: [2, -4], parameters: [1, 5], pulled: [3, 5], meanSquare: &meanSquare, result: &corrected)
    #expect(meanSquare == [1, 13] && corrected == [-14, -4])
    // s = ½·s + ½·g² = (9, 16); C = ½·√s + ½ = (2, 2.5); gaps 6/2 + 1 = 4 and 1; (2 + 2·1)/4 = 1;  −4 + 2·5 = 6.
    meanSquare = [14, 16]
    kernels.divideByGap(
      GapScaling(decay: 0.5, freshWeight: 0.5, scale: 0.5, floor: 0.5, weightDecay: 2), step: nil, count: 2,
      gradient: [2, -4], parameters: [1, 5], pulled: [7, 5], meanSquare: &meanSquare, result: &corrected)
    #expect(meanSquare == [9, 16] && corrected == [1, 6])
  }

  @Test("a variance that rounding made negative counts as 0", arguments: BackendUnderTest.all)
  func negativeVariance(backend: BackendUnderTest) {
    // The mean of squares is less than the square of the mean, by far more than rounding does.
    var (mean, meanSquare, deviation, corrected): ([Float], [Float], [Float], [Float]) = ([4], [1], [0], [.nan])
    backend.kernels.divideByDeviation(
      DeviationScaling(decay: 1, freshWeight: 0.5, epsilon: 0.25), step: nil, count: 1, gradient: [0],
      parameters: [0], mean: &mean, meanSquare: &meanSquare, deviation: &deviation, result: &corrected)
    #expect(deviation == [0.25] && corrected == [0])
    mean = [.nan]
    backend.kernels.divideByDeviation(
      DeviationScaling(decay: 1, freshWeight: 0.5, epsilon: 0.25), step: nil, count: 1, gradient: [1],
      parameters: [0], mean: &mean, meanSquare: &meanSquare, deviation: &deviation, result: &corrected)
    #expect(corrected[0].isNaN)
  }
}
