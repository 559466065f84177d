internal import Kernels
internal import Randomness

/// Dropout of equally large units: the values of an example, or its channels.
struct ShapedDropout: ShapedLayer {
  let rate: Double
  let outputShape: Shape
  /// The number of units in an example.
  let unitCount: Int

  var parameters: [ParameterDescriptor] { [] }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    CompiledDropout(
      rate: rate, unitCount: unitCount, unitSize: outputShape.count / unitCount, capacity: capacity, backend: backend)
  }
}

private struct CompiledDropout<Scalar: KernelScalar>: CompiledLayer {
  let rate: Double
  let unitCount: Int
  let unitSize: Int
  let capacity: Int
  let backend: any KernelBackend<Scalar>

  /// The factor of each unit, and the numbers drawn for some examples at a time.
  var memoryNeeds: MemoryNeeds {
    MemoryNeeds(kept: capacity * unitCount, workspace: min(capacity, examplesPerDraw) * unitCount)
  }

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    guard pass.isTraining else {
      pass.output.update(from: pass.input, count: pass.examples * unitCount * unitSize)
      return
    }
    UnsafeMutableRawPointer(pass.memory.workspace).withMemoryRebound(
      to: Float.self, capacity: min(capacity, examplesPerDraw) * unitCount
    ) { draws in
      drawFactors(
        rate: rate, units: unitCount, examples: pass.examples, into: pass.memory.kept, draws: draws, random: &random)
    }
    backend.scaleUnits(
      units: unitCount, unitSize: unitSize, examples: pass.examples, factors: pass.memory.kept, input: pass.input,
      output: pass.output)
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    guard let inputGradient = pass.inputGradient else { return }
    backend.scaleUnits(
      units: unitCount, unitSize: unitSize, examples: pass.examples, factors: pass.memory.kept,
      input: pass.outputGradient, output: inputGradient)
  }
}

/// How many examples random numbers are drawn for at once: a cache line of factors.
private let examplesPerDraw = 16

/// Fills `factors`, `[units, examples]`, with 0, with probability `rate`, and 1 / (1 − rate) otherwise.
///
/// Random numbers are drawn one example after another, into `draws`, and turned on the way to their factors.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func drawFactors<Scalar: KernelScalar>(
  rate: Double, units: Int, examples: Int, into factors: UnsafeMutablePointer<Scalar>,
  draws: UnsafeMutablePointer<Float>, random: inout RandomStream
) {
  let threshold = Float(rate)
  let scale = Scalar(1 / (1 - rate))
  for first in stride(from: 0, to: examples, by: examplesPerDraw) {
    let count = min(examplesPerDraw, examples - first)
    random.fillUniform(UnsafeMutableBufferPointer(start: draws, count: count * units))
    for unit in 0..<units {
      let row = factors + (unit * examples + first)
      for example in 0..<count { row[example] = draws[example * units + unit] < threshold ? 0 : scale }
    }
  }
}
