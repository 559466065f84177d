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

  /// The factor of each unit.
  var memoryNeeds: MemoryNeeds { MemoryNeeds(kept: capacity * unitCount) }

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    guard pass.isTraining else {
      pass.output.update(from: pass.input, count: pass.examples * unitCount * unitSize)
      return
    }
    drawFactors(
      rate: rate, units: unitCount, examples: pass.examples, into: pass.memory.kept, random: &random)
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

/// Fills `factors`, `[units, examples]`, with 0, with probability `rate`, and 1 / (1 − rate) otherwise.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func drawFactors<Scalar: KernelScalar>(
  rate: Double, units: Int, examples: Int, into factors: UnsafeMutablePointer<Scalar>, random: inout RandomStream
) {
  let threshold = Float(rate)
  let scale = Scalar(1 / (1 - rate))
  for example in 0..<examples {
    for unit in 0..<units { factors[unit * examples + example] = random.uniform() < threshold ? 0 : scale }
  }
}
