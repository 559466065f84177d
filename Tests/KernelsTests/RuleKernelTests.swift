import Kernels
import Randomness
import TestSupport
import Testing

/// A kernel of the update rules with fixed coefficients, and what it should compute of one element.
struct RuleKernelCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Vectors that are only read.
  let inputs: Int
  /// The ranges of the vectors that are read and written.
  let states: [ClosedRange<Float>]
  /// Calls the kernel.
  let run:
    @Sendable (
      _ kernels: any KernelBackend<Float>, _ count: Int, _ inputs: [UnsafePointer<Float>],
      _ states: [UnsafeMutablePointer<Float>], _ output: UnsafeMutablePointer<Float>
    ) -> Void
  /// Returns the new states and the output of one element, each with the magnitude that its error is relative to.
  let formula: @Sendable (_ inputs: [Double], _ states: [Double]) -> [(value: Double, magnitude: Double)]
}

extension RuleKernelCase {
  static let all = [
    compensation, adaptiveCompensation, gap, measuredGap, step, deviation, magnitude, workerMomentum, cycle, cycleEnd,
    orderedMomentum, look, lookAlongBoth,
  ]

  private static let compensation = RuleKernelCase(
    testDescription: "compensateDelay", inputs: 3, states: [],
    run: { kernels, count, inputs, _, output in
      kernels.compensateDelay(
        0.5, count: count, gradient: inputs[0], parameters: inputs[1], pulled: inputs[2], corrected: output)
    },
    formula: { inputs, _ in
      let (g, way) = (inputs[0], inputs[1] - inputs[2])
      let term = 0.5 * g * g * way
      return [(g + term, abs(g) + abs(term))]
    })

  private static let adaptiveCompensation = RuleKernelCase(
    testDescription: "compensateDelay, adaptive", inputs: 3, states: [0...2],
    run: { kernels, count, inputs, states, output in
      kernels.compensateDelay(
        AdaptiveCompensation(weight: 2, decay: 0.75, freshWeight: 0.25, epsilon: 0.125), count: count,
        gradient: inputs[0], parameters: inputs[1], pulled: inputs[2], meanSquare: states[0], corrected: output)
    },
    formula: { inputs, states in
      let (g, way) = (inputs[0], inputs[1] - inputs[2])
      let meanSquare = 0.75 * states[0] + 0.25 * g * g
      let term = 2 / (meanSquare + 0.125).squareRoot() * g * g * way
      return [(meanSquare, meanSquare), (g + term, abs(g) + abs(term))]
    })

  private static func gap(_ name: String, freshWeight: Float) -> RuleKernelCase {
    RuleKernelCase(
      testDescription: name, inputs: 3, states: [0...2],
      run: { kernels, count, inputs, states, output in
        kernels.divideByGap(
          GapScaling(decay: 0.75, freshWeight: freshWeight, scale: 0.5, floor: 0.0625, weightDecay: 0.125),
          count: count, gradient: inputs[0], parameters: inputs[1], pulled: inputs[2], meanSquare: states[0],
          corrected: output)
      },
      formula: { inputs, states in
        let (g, w) = (inputs[0], inputs[1])
        let meanSquare = freshWeight == 0 ? states[0] : 0.75 * states[0] + Double(freshWeight) * g * g
        let gap = abs(w - inputs[2]) / (0.5 * meanSquare.squareRoot() + 0.0625) + 1
        return [(meanSquare, meanSquare), ((g + 0.125 * w) / gap, (abs(g) + 0.125 * abs(w)) / gap)]
      })
  }

  private static let gap = gap("divideByGap", freshWeight: 0.25)
  private static let measuredGap = gap("divideByGap, mean as it is", freshWeight: 0)

  private static let step = RuleKernelCase(
    testDescription: "accumulateStep", inputs: 2, states: [0...2],
    run: { kernels, count, inputs, states, output in
      kernels.accumulateStep(
        decay: 0.75, freshWeight: 4, count: count, before: inputs[0], after: inputs[1], meanSquare: states[0])
      output.update(from: inputs[0], count: count)
    },
    formula: { inputs, states in
      let meanSquare = 0.75 * states[0] + 4 * (inputs[0] - inputs[1]) * (inputs[0] - inputs[1])
      return [(meanSquare, meanSquare), (inputs[0], 0)]
    })

  private static let deviation = RuleKernelCase(
    // The variance stays above ½, so that its root has no larger error than its terms.
    testDescription: "divideByDeviation", inputs: 1, states: [-0.25...0.25, 1...2, 0.5...1],
    run: { kernels, count, inputs, states, output in
      kernels.divideByDeviation(
        DeviationScaling(decay: 0.75, freshWeight: 0.25, epsilon: 0.0625), count: count, gradient: inputs[0],
        mean: states[0], meanSquare: states[1], deviation: states[2], corrected: output)
    },
    formula: { inputs, states in
      let g = inputs[0]
      let mean = 0.75 * states[0] + 0.25 * g
      let meanSquare = 0.75 * states[1] + 0.25 * g * g
      let deviation = 0.75 * states[2] + 0.25 * (meanSquare - mean * mean + 0.0625).squareRoot()
      return [
        (mean, 0.75 * abs(states[0]) + 0.25 * abs(g)), (meanSquare, meanSquare), (deviation, 2 * deviation),
        (g / deviation, 2 * abs(g) / deviation),
      ]
    })

  private static let magnitude = RuleKernelCase(
    testDescription: "divideByMagnitude", inputs: 1, states: [0...2],
    run: { kernels, count, inputs, states, output in
      kernels.divideByMagnitude(
        DeviationScaling(decay: 0.75, freshWeight: 0.25, epsilon: 0.0625), count: count, gradient: inputs[0],
        magnitude: states[0], corrected: output)
    },
    formula: { inputs, states in
      let magnitude = 0.75 * states[0] + 0.25 * abs(inputs[0])
      return [(magnitude, magnitude), (inputs[0] / (magnitude + 0.0625), abs(inputs[0]) / (magnitude + 0.0625))]
    })

  private static let sgd = SGDStep<Float>(learningRate: 0.25, momentum: 0.875, weightDecay: 0.125)

  private static let workerMomentum = RuleKernelCase(
    testDescription: "workerMomentumStep", inputs: 2, states: [-1...1, -3...3],
    run: { kernels, count, inputs, states, output in
      kernels.workerMomentumStep(
        sgd, count: count, parameters: inputs[0], gradient: inputs[1], velocity: states[0], velocitySum: states[1],
        updated: output)
    },
    formula: { inputs, states in
      let velocity = inputs[1] + 0.125 * inputs[0] + 0.875 * states[0]
      let size = abs(inputs[1]) + 0.125 * abs(inputs[0]) + 0.875 * abs(states[0])
      return [
        (velocity, size), (states[1] + velocity - states[0], abs(states[1]) + size + abs(states[0])),
        (inputs[0] - 0.25 * velocity, abs(inputs[0]) + 0.25 * size),
      ]
    })

  private static func cycle(_ name: String, meanWeight: Float?) -> RuleKernelCase {
    RuleKernelCase(
      testDescription: name, inputs: 2, states: [-1...1, -3...3],
      run: { kernels, count, inputs, states, output in
        kernels.cyclicMomentumStep(
          sgd, meanWeight: meanWeight, count: count, parameters: inputs[0], gradient: inputs[1], velocity: states[0],
          accumulator: states[1], updated: output)
      },
      formula: { inputs, states in
        let direction = inputs[1] + 0.125 * inputs[0]
        let size = abs(inputs[1]) + 0.125 * abs(inputs[0])
        let way = 0.25 * (direction + 0.875 * states[0])
        let updated = (inputs[0] - way, abs(inputs[0]) + 0.25 * (size + 0.875 * abs(states[0])))
        let sum = (states[1] + direction, abs(states[1]) + size)
        guard let meanWeight else { return [(states[0], 0), sum, updated] }
        let weight = Double(meanWeight)
        return [
          (0.875 * states[0] + weight * sum.0, 0.875 * abs(states[0]) + weight * sum.1), (0, 0), updated,
        ]
      })
  }

  private static let cycle = cycle("cyclicMomentumStep", meanWeight: nil)
  private static let cycleEnd = cycle("cyclicMomentumStep, end of cycle", meanWeight: 0.25)

  private static let orderedMomentum = RuleKernelCase(
    testDescription: "orderedMomentumStep", inputs: 2, states: [-1...1],
    run: { kernels, count, inputs, states, output in
      kernels.orderedMomentumStep(
        OrderedMomentumStep(
          openingWeight: 0.5, momentumDecay: 0.75, momentumWeight: 0.125, stepWeight: 1.5, weightDecay: 0.125),
        count: count, parameters: inputs[0], gradient: inputs[1], momentum: states[0], updated: output)
    },
    formula: { inputs, states in
      let direction = inputs[1] + 0.125 * inputs[0]
      let size = abs(inputs[1]) + 0.125 * abs(inputs[0])
      return [
        (0.75 * states[0] + 0.125 * direction, 0.75 * abs(states[0]) + 0.125 * size),
        (inputs[0] - 0.5 * states[0] - 1.5 * direction, abs(inputs[0]) + 0.5 * abs(states[0]) + 1.5 * size),
      ]
    })

  private static let look = RuleKernelCase(
    testDescription: "lookAhead", inputs: 2, states: [],
    run: { kernels, count, inputs, _, output in
      kernels.lookAhead(
        0.375, accumulatorDistance: .nan, count: count, parameters: inputs[0], velocity: inputs[1], accumulator: nil,
        ahead: output)
    },
    formula: { inputs, _ in
      [(inputs[0] - 0.375 * inputs[1], abs(inputs[0]) + 0.375 * abs(inputs[1]))]
    })

  private static let lookAlongBoth = RuleKernelCase(
    testDescription: "lookAhead, with what will join", inputs: 3, states: [],
    run: { kernels, count, inputs, _, output in
      kernels.lookAhead(
        0.375, accumulatorDistance: 0.625, count: count, parameters: inputs[0], velocity: inputs[1],
        accumulator: inputs[2], ahead: output)
    },
    formula: { inputs, _ in
      let sizes = inputs.map { abs($0) }
      return [
        (inputs[0] - 0.375 * inputs[1] - 0.625 * inputs[2], sizes[0] + 0.375 * sizes[1] + 0.625 * sizes[2])
      ]
    })
}

@Suite("The update rules' kernels of every backend")
struct RuleKernelTests {
  /// Lengths around the widths of the vector registers.
  private static let counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65, 300]
  /// No formula has more operations.
  private static let operations = 14

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

  @Test("rules' kernels computed by hand", arguments: BackendUnderTest.all)
  func byHand(backend: BackendUnderTest) {
    let kernels = backend.kernels
    var (corrected, meanSquare) = ([Float](repeating: .nan, count: 2), [Float]([0, 12]))
    // g + ½·g²·(θ − θ′): 2 + ½·4·(1 − 3) = −2;  −4 + ½·16·0 = −4.
    kernels.compensateDelay(
      0.5, count: 2, gradient: [2, -4], parameters: [1, 5], pulled: [3, 5], corrected: &corrected)
    #expect(corrected == [-2, -4])
    // MS = ¾·MS + ¼·g² = (1, 13), with ε = 3 under the root (2, 4): 2 + 4/2·4·(−2) = −14;  −4 + 0.
    kernels.compensateDelay(
      AdaptiveCompensation(weight: 4, decay: 0.75, freshWeight: 0.25, epsilon: 3), count: 2, gradient: [2, -4],
      parameters: [1, 5], pulled: [3, 5], meanSquare: &meanSquare, corrected: &corrected)
    #expect(meanSquare == [1, 13] && corrected == [-14, -4])
    // s = ½·s + ½·g² = (9, 16); C = ½·√s + ½ = (2, 2.5); gaps 6/2 + 1 = 4 and 1; (2 + 2·1)/4 = 1;  −4 + 2·5 = 6.
    meanSquare = [14, 16]
    kernels.divideByGap(
      GapScaling(decay: 0.5, freshWeight: 0.5, scale: 0.5, floor: 0.5, weightDecay: 2), count: 2, gradient: [2, -4],
      parameters: [1, 5], pulled: [7, 5], meanSquare: &meanSquare, corrected: &corrected)
    #expect(meanSquare == [9, 16] && corrected == [1, 6])
  }

  @Test("a variance that rounding made negative counts as 0", arguments: BackendUnderTest.all)
  func negativeVariance(backend: BackendUnderTest) {
    // The mean of squares is less than the square of the mean, by far more than rounding does.
    var (mean, meanSquare, deviation, corrected): ([Float], [Float], [Float], [Float]) = ([4], [1], [0], [.nan])
    backend.kernels.divideByDeviation(
      DeviationScaling(decay: 1, freshWeight: 0.5, epsilon: 0.25), count: 1, gradient: [0], mean: &mean,
      meanSquare: &meanSquare, deviation: &deviation, corrected: &corrected)
    #expect(deviation == [0.25] && corrected == [0])
    mean = [.nan]
    backend.kernels.divideByDeviation(
      DeviationScaling(decay: 1, freshWeight: 0.5, epsilon: 0.25), count: 1, gradient: [1], mean: &mean,
      meanSquare: &meanSquare, deviation: &deviation, corrected: &corrected)
    #expect(corrected[0].isNaN)
  }
}
