import Kernels
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
  static let all =
    corrections(step: nil) + corrections(step: plainStep)
    + [step, workerMomentum, cycle, cycleEnd, orderedMomentum, look, lookAlongBoth]

  private static let plainStep = SGDStep<Float>(learningRate: 0.25, weightDecay: 0.125)

  /// The kernels that correct a gradient, with what they are to do with it; the second input is the parameters.
  static func corrections(step: SGDStep<Float>?) -> [RuleKernelCase] {
    [
      compensation(step), adaptiveCompensation(step), gap("divideByGap", freshWeight: 0.25, step),
      gap("divideByGap, mean as it is", freshWeight: 0, step), deviation(step), magnitude(step),
    ].map { problem in
      guard let step else { return problem }
      return RuleKernelCase(
        testDescription: problem.testDescription + ", and step", inputs: problem.inputs, states: problem.states,
        run: problem.run,
        formula: { inputs, states in
          var results = problem.formula(inputs, states)
          let corrected = results.removeLast()
          let (rate, decay, w) = (Double(step.learningRate), Double(step.weightDecay), inputs[1])
          return results + [
            (w - rate * (corrected.value + decay * w), abs(w) + rate * (corrected.magnitude + decay * abs(w)))
          ]
        })
    }
  }

  private static func compensation(_ step: SGDStep<Float>?) -> RuleKernelCase {
    RuleKernelCase(
      testDescription: "compensateDelay", inputs: 3, states: [],
      run: { kernels, count, inputs, _, output in
        kernels.compensateDelay(
          0.5, step: step, count: count, gradient: inputs[0], parameters: inputs[1], pulled: inputs[2],
          result: output)
      },
      formula: { inputs, _ in
        let (g, way) = (inputs[0], inputs[1] - inputs[2])
        let term = 0.5 * g * g * way
        return [(g + term, abs(g) + abs(term))]
      })
  }

  private static func adaptiveCompensation(_ step: SGDStep<Float>?) -> RuleKernelCase {
    RuleKernelCase(
      testDescription: "compensateDelay, adaptive", inputs: 3, states: [0...2],
      run: { kernels, count, inputs, states, output in
        kernels.compensateDelay(
          AdaptiveCompensation(weight: 2, decay: 0.75, freshWeight: 0.25, epsilon: 0.125), step: step, count: count,
          gradient: inputs[0], parameters: inputs[1], pulled: inputs[2], meanSquare: states[0], result: output)
      },
      formula: { inputs, states in
        let (g, way) = (inputs[0], inputs[1] - inputs[2])
        let meanSquare = 0.75 * states[0] + 0.25 * g * g
        let term = 2 / (meanSquare + 0.125).squareRoot() * g * g * way
        return [(meanSquare, meanSquare), (g + term, abs(g) + abs(term))]
      })
  }

  private static func gap(_ name: String, freshWeight: Float, _ step: SGDStep<Float>?) -> RuleKernelCase {
    RuleKernelCase(
      testDescription: name, inputs: 3, states: [0...2],
      run: { kernels, count, inputs, states, output in
        kernels.divideByGap(
          GapScaling(decay: 0.75, freshWeight: freshWeight, scale: 0.5, floor: 0.0625, weightDecay: 0.125),
          step: step, count: count, gradient: inputs[0], parameters: inputs[1], pulled: inputs[2],
          meanSquare: states[0], result: output)
      },
      formula: { inputs, states in
        let (g, w) = (inputs[0], inputs[1])
        let meanSquare = freshWeight == 0 ? states[0] : 0.75 * states[0] + Double(freshWeight) * g * g
        let gap = abs(w - inputs[2]) / (0.5 * meanSquare.squareRoot() + 0.0625) + 1
        return [(meanSquare, meanSquare), ((g + 0.125 * w) / gap, (abs(g) + 0.125 * abs(w)) / gap)]
      })
  }

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

  private static func deviation(_ step: SGDStep<Float>?) -> RuleKernelCase {
    RuleKernelCase(
      // The variance stays above ½, so that its root has no larger error than its terms.
      testDescription: "divideByDeviation", inputs: 2, states: [-0.25...0.25, 1...2, 0.5...1],
      run: { kernels, count, inputs, states, output in
        kernels.divideByDeviation(
          DeviationScaling(decay: 0.75, freshWeight: 0.25, epsilon: 0.0625), step: step, count: count,
          gradient: inputs[0], parameters: inputs[1], mean: states[0], meanSquare: states[1], deviation: states[2],
          result: output)
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
  }

  private static func magnitude(_ step: SGDStep<Float>?) -> RuleKernelCase {
    RuleKernelCase(
      testDescription: "divideByMagnitude", inputs: 2, states: [0...2],
      run: { kernels, count, inputs, states, output in
        kernels.divideByMagnitude(
          DeviationScaling(decay: 0.75, freshWeight: 0.25, epsilon: 0.0625), step: step, count: count,
          gradient: inputs[0], parameters: inputs[1], magnitude: states[0], result: output)
      },
      formula: { inputs, states in
        let magnitude = 0.75 * states[0] + 0.25 * abs(inputs[0])
        return [(magnitude, magnitude), (inputs[0] / (magnitude + 0.0625), abs(inputs[0]) / (magnitude + 0.0625))]
      })
  }

  private static let sgd = SGDStep<Float>(learningRate: 0.25, momentum: 0.875, weightDecay: 0.125)

  private static let workerMomentum = RuleKernelCase(
    testDescription: "workerMomentumStep", inputs: 2, states: [-1...1, -3...3],
    run: { kernels, count, inputs, states, output in
      kernels.workerMomentumStep(
        sgd, count: count, parameters: inputs[0], gradient: inputs[1], velocity: states[0], velocitySum: states[1],
        updated: output, ahead: nil)
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
          accumulator: states[1], updated: output, ahead: nil)
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
