import Dispatch
import Kernels
import Randomness
import Synchronization
import TestSupport
import Testing

@Suite("Repeatability of every backend")
struct RepeatabilityTests {
  /// A kernel called between guard bands, on fixed inputs long enough for vector loops and their remainders.
  struct Call: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Returns all results of the call, with every buffer `misalignment` elements behind a 64-byte boundary and a
    /// workspace full of `workspaceValue`.
    let results:
      @Sendable (_ kernels: any KernelBackend<Float>, _ misalignment: Int, _ workspaceValue: Float) throws -> [Float]
  }

  private static let calls =
    matrixProducts + convolutions + [pooling, activations, softmax, sums, sgdStep, adaptiveStep]

  private static let matrixProducts = [(7, 11, 13), (40, 37, 300), (29, 140, 20), (1, 33, 9), (33, 1, 9)].flatMap {
    m, n, k in
    [(false, false), (false, true), (true, false), (true, true)].map { transposeA, transposeB in
      let problem = GEMM(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
      let variants = MatrixProductCase(problem: problem, biasAxis: .rows, activation: .tanh)
      return Call(testDescription: "gemm \(variants)") { kernels, misalignment, workspaceValue in
        var moved = variants
        moved.misalignment = misalignment
        moved.workspaceValue = workspaceValue
        return try moved.verify(kernels)
      }
    }
  }

  private static let convolutions = [
    try? ConvolutionShape(5, 3, 9, 11, 7, 3, 3, padding: 1), try? ConvolutionShape(17, 2, 6, 5, 15, 5, 5),
    try? ConvolutionShape(32, 16, 5, 5, 16, 3, 3, padding: 1), try? ConvolutionShape(9, 3, 7, 7, 6, 1, 1, stride: 2),
  ].compactMap { $0 }.map { shape in
    Call(testDescription: "convolution \(shape)") { kernels, misalignment, workspaceValue in
      let problem = ConvolutionCase(shape, activation: .sigmoid)
      let outputs = try problem.run(
        kernels, on: problem.makeInputs(), misalignment: misalignment, workspaceValue: workspaceValue)
      return outputs.output + outputs.inputGradient + outputs.weightGradient + outputs.biasGradient
    }
  }

  private static let pooling = Call(testDescription: "max pooling") { kernels, misalignment, _ in
    let g = try PoolingGeometry(channels: 2, height: 7, width: 9, window: 3, stride: 2)
    let images = 19
    var stream = RandomStream(testCase: 61)
    let input = GuardedBuffer(stream.uniformFloats(images * g.inputCount), misalignment: misalignment)
    let gradient = GuardedBuffer(stream.uniformFloats(images * g.outputCount), misalignment: misalignment)
    let output = GuardedBuffer<Float>(count: images * g.outputCount, misalignment: misalignment)
    let argmax = GuardedBuffer<UInt8>(count: images * g.outputCount, misalignment: misalignment)
    let alone = GuardedBuffer<Float>(count: images * g.inputCount, misalignment: misalignment)
    let rectified = GuardedBuffer<Float>(count: images * g.inputCount, misalignment: misalignment)
    kernels.maxPoolForward(
      g, images: images, input: input.pointer, output: output.pointer, argmax: argmax.pointer)
    kernels.maxPoolBackward(
      g, images: images, outputGradient: gradient.pointer, argmax: argmax.pointer, rectifiedOutput: nil,
      inputGradient: alone.pointer)
    kernels.maxPoolBackward(
      g, images: images, outputGradient: gradient.pointer, argmax: argmax.pointer, rectifiedOutput: output.pointer,
      inputGradient: rectified.pointer)
    for buffer in [output, alone, rectified] { try buffer.checkGuards() }
    try argmax.checkGuards()
    return output.values + alone.values + rectified.values + argmax.values.map(Float.init)
  }

  private static let activations = Call(testDescription: "activations") { kernels, misalignment, _ in
    var stream = RandomStream(testCase: 62)
    let count = 77
    let input = GuardedBuffer(stream.uniformFloats(count, in: -3...3), misalignment: misalignment)
    let outputGradient = GuardedBuffer(stream.uniformFloats(count), misalignment: misalignment)
    var results: [Float] = []
    for activation in Activation.allCases {
      let output = GuardedBuffer<Float>(count: count, misalignment: misalignment)
      let gradient = GuardedBuffer<Float>(count: count, misalignment: misalignment)
      kernels.activationForward(activation, count: count, input: input.pointer, output: output.pointer)
      kernels.activationBackward(
        activation, count: count, output: output.pointer, outputGradient: outputGradient.pointer,
        inputGradient: gradient.pointer)
      try output.checkGuards()
      try gradient.checkGuards()
      results += output.values + gradient.values
    }
    return results
  }

  private static let softmax = Call(testDescription: "softmax cross-entropy") { kernels, misalignment, _ in
    var stream = RandomStream(testCase: 63)
    let examples = 37
    let logits = GuardedBuffer(stream.uniformFloats(10 * examples, in: -4...4), misalignment: misalignment)
    let labels = GuardedBuffer((0..<examples).map { Int32($0 % 10) }, misalignment: misalignment)
    let gradient = GuardedBuffer<Float>(count: 10 * examples, misalignment: misalignment)
    let sums = kernels.softmaxCrossEntropy(
      examples: examples, classes: 10, logits: logits.pointer, labels: labels.pointer, gradientScale: 0.1,
      gradient: gradient.pointer)
    try gradient.checkGuards()
    let loss = sums.loss.bitPattern
    let halves = [UInt32(truncatingIfNeeded: loss), UInt32(loss >> 32)].map(Float.init(bitPattern:))
    return gradient.values + halves + [Float(sums.correct)]
  }

  private static let sums = Call(testDescription: "sums and products") { kernels, misalignment, _ in
    var stream = RandomStream(testCase: 64)
    let matrix = GuardedBuffer(stream.uniformFloats(5 * 77), misalignment: misalignment)
    let factors = GuardedBuffer(stream.uniformFloats(77), misalignment: misalignment)
    let rows = GuardedBuffer<Float>(count: 5, misalignment: misalignment)
    let scaled = GuardedBuffer<Float>(count: 5 * 77, misalignment: misalignment)
    kernels.sumColumns(rows: 5, columns: 77, matrix: matrix.pointer, output: rows.pointer)
    kernels.scaleUnits(
      units: 1, unitSize: 5, examples: 77, factors: factors.pointer, input: matrix.pointer, output: scaled.pointer)
    kernels.scaledSum(count: 77, alpha: 0.3, x: matrix.pointer, beta: 0.7, y: factors.pointer)
    for buffer in [rows, scaled, factors] { try buffer.checkGuards() }
    return rows.values + scaled.values + factors.values
  }

  private static let sgdStep = Call(testDescription: "sgd step") { kernels, misalignment, _ in
    var stream = RandomStream(testCase: 65)
    let parameters = GuardedBuffer(stream.uniformFloats(101), misalignment: misalignment)
    let gradient = GuardedBuffer(stream.uniformFloats(101), misalignment: misalignment)
    let velocity = GuardedBuffer(stream.uniformFloats(101), misalignment: misalignment)
    let updated = GuardedBuffer<Float>(count: 101, misalignment: misalignment)
    let step = SGDStep<Float>(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)
    kernels.sgdStep(
      step, count: 101, parameters: parameters.pointer, gradient: gradient.pointer, velocity: nil,
      updated: updated.pointer)
    kernels.sgdStep(
      step, count: 101, parameters: updated.pointer, gradient: gradient.pointer, velocity: velocity.pointer,
      updated: parameters.pointer)
    for buffer in [parameters, velocity, updated] { try buffer.checkGuards() }
    return parameters.values + velocity.values + updated.values
  }

  private static let adaptiveStep = Call(testDescription: "adaptive step") { kernels, misalignment, _ in
    var stream = RandomStream(testCase: 66)
    let parameters = GuardedBuffer(stream.uniformFloats(101), misalignment: misalignment)
    let gradient = GuardedBuffer(stream.uniformFloats(101), misalignment: misalignment)
    let first = GuardedBuffer(stream.uniformFloats(101), misalignment: misalignment)
    let second = GuardedBuffer(stream.uniformFloats(101, in: 0...1), misalignment: misalignment)
    let updated = GuardedBuffer<Float>(count: 101, misalignment: misalignment)
    let step = AdaptiveStep<Float>(
      stepSize: 0.1, weightDecay: 0.01, firstDecay: 0.9, firstWeight: 0.1, secondDecay: 0.99, secondWeight: 0.01,
      epsilon: 1e-8)
    kernels.adaptiveStep(
      step, count: 101, parameters: parameters.pointer, gradient: gradient.pointer, first: nil,
      second: second.pointer, updated: updated.pointer)
    kernels.adaptiveStep(
      step, count: 101, parameters: updated.pointer, gradient: gradient.pointer, first: first.pointer,
      second: second.pointer, updated: parameters.pointer)
    kernels.accumulateMomentum(
      0.9, isNesterov: true, count: 101, gradient: gradient.pointer, velocity: first.pointer)
    let norm = kernels.squaredNorm(count: 101, values: parameters.pointer).bitPattern
    let halves = [UInt32(truncatingIfNeeded: norm), UInt32(norm >> 32)].map(Float.init(bitPattern:))
    for buffer in [parameters, gradient, first, second, updated] { try buffer.checkGuards() }
    return parameters.values + gradient.values + first.values + second.values + updated.values + halves
  }

  @Test(
    "the bits depend neither on the alignment nor on what the workspace held, and do not change from call to call",
    arguments: BackendUnderTest.all, calls)
  func sameBits(backend: BackendUnderTest, call: Call) throws {
    let first = try call.results(backend.kernels, 0, .nan)
    for (misalignment, workspaceValue) in [
      (0, Float.nan), (0, 0), (0, .infinity), (0, 3e38), (1, .nan), (2, 1), (3, .nan), (5, -1), (8, .nan), (15, .nan),
    ] {
      let again = try call.results(backend.kernels, misalignment, workspaceValue)
      try FloatAgreement.checkSameBits(again, as: first)
    }
  }

  @Test("threads that share a backend do not disturb each other", arguments: BackendUnderTest.all)
  func threads(backend: BackendUnderTest) throws {
    let expected = try Self.calls.map { try $0.results(backend.kernels, 0, .nan) }
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { iteration in
      for offset in Self.calls.indices {
        // Every thread starts elsewhere, so that different kernels meet.
        let index = (offset + iteration * 5) % Self.calls.count
        do {
          let results = try Self.calls[index].results(backend.kernels, iteration % 4, .nan)
          try FloatAgreement.checkSameBits(results, as: expected[index])
        } catch {
          failures.withLock { $0.append("\(Self.calls[index].testDescription): \(error)") }
        }
      }
    }
    #expect(failures.withLock { $0 } == [])
  }
}
