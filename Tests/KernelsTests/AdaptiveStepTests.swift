import Kernels
import Randomness
import TestSupport
import Testing

@Suite("The adaptive step of every backend")
struct AdaptiveStepTests {
  @Test("a step along the mean of the gradients computed by hand", arguments: BackendUnderTest.all)
  func byHand(backend: BackendUnderTest) {
    let parameters: [Float] = [2, -4, 0]
    let gradient: [Float] = [2, 3, 4]
    var first: [Float] = [8, 0, -4]
    var second: [Float] = [0, 31.5, 24]
    var updated: [Float] = [.nan, .nan, .nan]
    // d = g + 0.5·w = (3, 1, 4);  s = 0.5·s + 0.25·d² = (2.25, 16, 16);  m = 0.5·m + 0.25·d = (4.75, 0.25, −1);
    // 2·√s + 1 = (4, 9, 9);  0.5·w − 2·m/(4, 9, 9).
    let step = AdaptiveStep<Float>(
      stepSize: 2, weightDecay: 0.5, shrinkage: 0.5, firstDecay: 0.5, firstWeight: 0.25, secondDecay: 0.5,
      secondWeight: 0.25, secondScale: 2, epsilon: 1)
    backend.kernels.adaptiveStep(
      step, count: 3, parameters: parameters, gradient: gradient, first: &first, second: &second, updated: &updated)
    #expect(second == [2.25, 16, 16])
    #expect(first == [4.75, 0.25, -1])
    let quotients: [Float] = [4.75 / 4, 0.25 / 9, -1 / 9]
    #expect(updated == [1 - 2 * quotients[0], -2 - 2 * quotients[1], -2 * quotients[2]])
  }

  @Test("a step along the gradient itself computed by hand", arguments: BackendUnderTest.all)
  func byHandWithoutMean(backend: BackendUnderTest) {
    let parameters: [Float] = [2, -4, 0]
    let gradient: [Float] = [2, 3, 4]
    var second: [Float] = [7, 8, 9]
    var updated: [Float] = [.nan, .nan, .nan]
    // d = g + 0.5·w = (3, 1, 4);  s = s + d² = (16, 9, 25);  √s + 1 = (5, 4, 6);  w − 2·d/(5, 4, 6).
    let step = AdaptiveStep<Float>(stepSize: 2, weightDecay: 0.5, secondDecay: 1, secondWeight: 1, epsilon: 1)
    backend.kernels.adaptiveStep(
      step, count: 3, parameters: parameters, gradient: gradient, first: nil, second: &second, updated: &updated)
    #expect(second == [16, 9, 25])
    let quotients: [Float] = [3 / 5, 1 / 4, 4 / 6]
    #expect(updated == [2 - 2 * quotients[0], -4.5, -2 * quotients[2]])
  }

  @Test("the steps of every length agree with the formula, in place or not", arguments: BackendUnderTest.all)
  func everyLength(backend: BackendUnderTest) throws {
    for count in vectorLengths {
      for hasMean in [false, true] {
        let problem = Problem(count: count, hasMean: hasMean)
        let parameters = GuardedBuffer(problem.parameters)
        let gradient = GuardedBuffer(problem.gradient, misalignment: 1)
        let first = GuardedBuffer(problem.first, misalignment: 2)
        let second = GuardedBuffer(problem.second, misalignment: 5)
        let updated = GuardedBuffer<Float>(count: count, misalignment: 3)
        backend.kernels.adaptiveStep(
          Problem.step, count: count, parameters: parameters.pointer, gradient: gradient.pointer,
          first: hasMean ? first.pointer : nil, second: second.pointer, updated: updated.pointer)
        try checkUntouched(parameters, problem.parameters)
        try checkUntouched(gradient, problem.gradient)
        for buffer in [first, second, updated] { try buffer.checkGuards() }

        let inPlace = GuardedBuffer(problem.parameters)
        let (otherFirst, otherSecond) = (GuardedBuffer(problem.first), GuardedBuffer(problem.second))
        backend.kernels.adaptiveStep(
          Problem.step, count: count, parameters: inPlace.pointer, gradient: gradient.pointer,
          first: hasMean ? otherFirst.pointer : nil, second: otherSecond.pointer, updated: inPlace.pointer)
        try inPlace.checkGuards()
        guard count > 0 else { continue }
        try FloatAgreement.checkSameBits(inPlace.values, as: updated.values)
        try FloatAgreement.checkSameBits(otherFirst.values, as: first.values)
        try FloatAgreement.checkSameBits(otherSecond.values, as: second.values)

        let exact = (0..<count).map { problem.exactResult(at: $0) }
        try backend.check("\(count) parameters") { _ in
          if hasMean {
            try FloatAgreement.check(
              first.values, against: exact.map(\.first.value), tolerances: exact.map(\.first.bound))
          } else {
            try FloatAgreement.checkSameBits(first.values, as: problem.first)
          }
          try FloatAgreement.check(
            second.values, against: exact.map(\.second.value), tolerances: exact.map(\.second.bound))
          try FloatAgreement.check(
            updated.values, against: exact.map(\.updated.value), tolerances: exact.map(\.updated.bound))
        }
      }
    }
  }

  @Test("steps and momentum have the same bits in blocks of any size", arguments: BackendUnderTest.all)
  func blocks(backend: BackendUnderTest) throws {
    let count = 301
    let problem = Problem(count: count, hasMean: true)
    let sgd = SGDStep<Float>(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, isNesterov: true)
    func run(block: Int) -> [Float] {
      let parameters = GuardedBuffer(problem.parameters)
      let gradient = GuardedBuffer(problem.gradient)
      let (first, second) = (GuardedBuffer(problem.first), GuardedBuffer(problem.second))
      let velocity = GuardedBuffer(problem.first)
      let (adaptive, ahead) = (GuardedBuffer<Float>(count: count), GuardedBuffer<Float>(count: count))
      for start in stride(from: 0, to: count, by: block) {
        let length = min(block, count - start)
        backend.kernels.adaptiveStep(
          Problem.step, count: length, parameters: parameters.pointer + start, gradient: gradient.pointer + start,
          first: first.pointer + start, second: second.pointer + start, updated: adaptive.pointer + start)
        backend.kernels.sgdStep(
          sgd, count: length, parameters: parameters.pointer + start, gradient: gradient.pointer + start,
          velocity: velocity.pointer + start, updated: ahead.pointer + start)
        backend.kernels.accumulateMomentum(
          0.9, isNesterov: true, count: length, gradient: gradient.pointer + start,
          velocity: velocity.pointer + start)
      }
      return [adaptive, first, second, ahead, velocity, gradient].flatMap(\.values)
    }
    let whole = run(block: count)
    for block in [1, 3, 8, 16, 17, 64, 100] {
      try FloatAgreement.checkSameBits(run(block: block), as: whole)
    }
  }
}

/// A step of random numbers, and its result in double precision.
private struct Problem {
  static let step = AdaptiveStep<Float>(
    stepSize: 0.1, weightDecay: 0.01, shrinkage: 0.999, firstDecay: 0.9, firstWeight: 0.1, secondDecay: 0.99,
    secondWeight: 0.01, secondScale: 1.5, epsilon: 1e-3)

  let parameters: [Float]
  let gradient: [Float]
  let first: [Float]
  /// Not negative; some are 0, as all are at first.
  let second: [Float]
  let hasMean: Bool

  init(count: Int, hasMean: Bool) {
    var stream = RandomStream(testCase: 56)
    parameters = stream.uniformFloats(count)
    gradient = stream.uniformFloats(count)
    first = stream.uniformFloats(count)
    second = stream.uniformFloats(count).map { max(0, $0) }
    self.hasMean = hasMean
  }

  /// A number, and how far from it a result may be.
  struct Bounded {
    let value: Double
    let bound: Double
  }

  /// Returns the moments and the parameter after the step.
  ///
  /// With D = |g| + λ|w|, the absolute values of d's formula, and ε for an operation with its one or two roundings:
  ///
  /// - d is off by 2ε·D at most, so d² by 4ε·D², and s = a·s₀ + b·d² by 4ε·b·D² + 4ε·(a·s₀ + b·D²) ≤ 8ε·S, where S is the
  ///   term in parentheses.
  /// - m is off by 2ε·D of d, and 3ε of its own formula: 5ε·M with M = β|m₀| + (1 − β)·D. Without a mean, M = D.
  /// - √s is off by half of s's error over √s, and the size z = c·√s + e by c·4ε·S/√s + 3ε·z.
  /// - q = m/z is off by 5ε·M/z + |m|/z² · (z's error) + ε·|q|.
  /// - The result is off by α times that, and 3ε·(κ|w| + α|q|).
  ///
  /// Products of two errors are below ε/1000 of the terms that are kept; a factor of 1.01 pays for them.
  func exactResult(at index: Int) -> (first: Bounded, second: Bounded, updated: Bounded) {
    let epsilon = AccuracyContract.epsilon
    let step = Self.step
    let (w, g) = (Double(parameters[index]), Double(gradient[index]))
    let (m, s) = (Double(first[index]), Double(second[index]))
    let d = g + Double(step.weightDecay) * w
    let magnitude = abs(g) + Double(step.weightDecay) * abs(w)
    let square = Double(step.secondDecay) * s + Double(step.secondWeight) * d * d
    let squareMagnitude = Double(step.secondDecay) * s + Double(step.secondWeight) * magnitude * magnitude
    let mean = hasMean ? Double(step.firstDecay) * m + Double(step.firstWeight) * d : d
    let meanMagnitude =
      hasMean ? Double(step.firstDecay) * abs(m) + Double(step.firstWeight) * magnitude : magnitude
    let root = square.squareRoot()
    let size = Double(step.secondScale) * root + Double(step.epsilon)
    let sizeBound = Double(step.secondScale) * 4 * epsilon * squareMagnitude / root + 3 * epsilon * size
    let quotient = mean / size
    let quotientBound =
      5 * epsilon * meanMagnitude / size + abs(quotient) / size * sizeBound + epsilon * abs(quotient)
    let kept = Double(step.shrinkage) * w
    let alpha = Double(step.stepSize)
    let bound = alpha * quotientBound + 3 * epsilon * (abs(kept) + alpha * abs(quotient))
    return (
      Bounded(value: mean, bound: 1.01 * 5 * epsilon * meanMagnitude),
      Bounded(value: square, bound: 1.01 * 8 * epsilon * squareMagnitude),
      Bounded(value: kept - alpha * quotient, bound: 1.01 * bound)
    )
  }
}
