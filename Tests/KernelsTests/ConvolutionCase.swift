import Kernels
import Randomness
import TestSupport
import Testing

/// One convolution to run on a backend, all three passes, and to judge.
struct ConvolutionCase {
  let geometry: ConvolutionGeometry
  let images: Int
  var hasBias = true
  var activation = Activation.identity
  /// Whether the inputs are small integers, whose products are exact.
  var isExact = false
  var misalignment = 0
  var seed = 1

  /// What a backend made of the case: the three passes' outputs.
  struct Outputs {
    var output: [Float]
    var inputGradient: [Float]
    var weightGradient: [Float]
    var biasGradient: [Float]
  }

  /// The inputs of the three passes.
  struct Inputs {
    var input: [Float]
    var weights: [Float]
    var bias: [Float]
    var outputGradient: [Float]
  }

  var inputs: Inputs {
    var stream = RandomStream(testCase: seed)
    func draw(_ count: Int) -> [Float] { isExact ? stream.smallIntegers(count) : stream.uniformFloats(count) }
    return Inputs(
      input: draw(images * geometry.inputCount), weights: draw(geometry.weightCount), bias: draw(geometry.filters),
      outputGradient: draw(images * geometry.outputCount))
  }

  /// Runs the three passes on `kernels` between guard bands, over outputs that start as NaN, and judges them.
  @discardableResult
  func verify(_ kernels: any KernelBackend<Float>) throws -> Outputs {
    let g = geometry
    let values = inputs
    let x = GuardedBuffer(values.input, misalignment: misalignment)
    let w = GuardedBuffer(values.weights, misalignment: misalignment)
    let b = GuardedBuffer(values.bias, misalignment: misalignment)
    let dy = GuardedBuffer(values.outputGradient, misalignment: misalignment)
    let y = GuardedBuffer<Float>(count: images * g.outputCount, misalignment: misalignment)
    let dx = GuardedBuffer<Float>(count: images * g.inputCount, misalignment: misalignment)
    let dw = GuardedBuffer<Float>(count: g.weightCount, misalignment: misalignment)
    let db = GuardedBuffer<Float>(count: g.filters, misalignment: misalignment)
    let count = kernels.workspaceCount(for: g, images: images)
    var workspaces: [GuardedBuffer<Float>] = []
    // A workspace of its own for each pass: every one must get by with what is promised, over NaN.
    func workspace() -> UnsafeMutablePointer<Float> {
      workspaces.append(GuardedBuffer(count: count, misalignment: misalignment))
      return workspaces[workspaces.count - 1].pointer
    }
    kernels.convolutionForward(
      g, images: images, input: x.pointer, weights: w.pointer, bias: hasBias ? UnsafePointer(b.pointer) : nil,
      activation: activation, output: y.pointer, workspace: workspace())
    kernels.convolutionBackwardData(
      g, images: images, outputGradient: dy.pointer, weights: w.pointer, inputGradient: dx.pointer,
      workspace: workspace())
    kernels.convolutionBackwardWeights(
      g, images: images, input: x.pointer, outputGradient: dy.pointer, weightGradient: dw.pointer,
      biasGradient: hasBias ? db.pointer : nil, workspace: workspace())

    try checkUntouched(x, values.input)
    try checkUntouched(w, values.weights)
    try checkUntouched(b, values.bias)
    try checkUntouched(dy, values.outputGradient)
    for buffer in [y, dx, dw, db] + workspaces { try buffer.checkGuards() }
    if !hasBias { #expect(db.values.allSatisfy { $0.isNaN }, "there is no bias, so there is no gradient of it") }

    let outputs = Outputs(
      output: y.values, inputGradient: dx.values, weightGradient: dw.values, biasGradient: hasBias ? db.values : [])
    try judge(outputs, values)
    return outputs
  }

  private func judge(_ actual: Outputs, _ inputs: Inputs) throws {
    let g = geometry
    let expected = passes { $0.doubles }
    let magnitudes = passes { $0.magnitudes }
    func check(_ actual: [Float], _ expected: [Double], _ magnitudes: [Double], depth: Int) throws {
      if expected.isEmpty {
        #expect(actual.isEmpty)
        return
      }
      let tolerances = magnitudes.map { isExact ? 0 : FloatAgreement.tolerance(depth: depth + 2, magnitude: $0 + 1) }
      try FloatAgreement.check(actual, against: expected, tolerances: tolerances)
    }
    try check(actual.output, expected.output, magnitudes.output, depth: g.patchCount)
    try check(
      actual.inputGradient, expected.inputGradient, magnitudes.inputGradient,
      depth: g.filters * g.filterHeight * g.filterWidth)
    try check(
      actual.weightGradient, expected.weightGradient, magnitudes.weightGradient, depth: images * g.positionCount)
    if hasBias {
      try check(actual.biasGradient, expected.biasGradient, magnitudes.biasGradient, depth: images * g.positionCount)
    }
  }

  /// The oracle's three passes on inputs made of the case's.
  private func passes(
    _ transform: ([Float]) -> [Double]
  ) -> (output: [Double], inputGradient: [Double], weightGradient: [Double], biasGradient: [Double]) {
    let g = geometry
    let values = inputs
    let x = transform(values.input)
    let w = transform(values.weights)
    let b = transform(hasBias ? values.bias : values.bias.map { _ in 0 })
    let dy = transform(values.outputGradient)
    var y = Array(repeating: Double.nan, count: images * g.outputCount)
    var dx = Array(repeating: Double.nan, count: images * g.inputCount)
    var dw = Array(repeating: Double.nan, count: g.weightCount)
    var db = Array(repeating: Double.nan, count: g.filters)
    var unused = 0.0
    oracle.convolutionForward(
      g, images: images, input: x, weights: w, bias: b, activation: activation, output: &y, workspace: &unused)
    oracle.convolutionBackwardData(
      g, images: images, outputGradient: dy, weights: w, inputGradient: &dx, workspace: &unused)
    oracle.convolutionBackwardWeights(
      g, images: images, input: x, outputGradient: dy, weightGradient: &dw, biasGradient: &db, workspace: &unused)
    return (y, dx, dw, db)
  }
}
