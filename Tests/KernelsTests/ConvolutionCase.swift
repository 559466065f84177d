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
  /// Whether the inputs differ by many orders of magnitude, and every third is 0.
  var isUneven = false
  var seed = 1

  init(
    _ shape: ConvolutionShape, hasBias: Bool = true, activation: Activation = .identity, isExact: Bool = false,
    isUneven: Bool = false, seed: Int = 1
  ) {
    geometry = shape.geometry
    images = shape.images
    self.hasBias = hasBias
    self.activation = activation
    self.isExact = isExact
    self.isUneven = isUneven
    self.seed = seed
  }

  /// The results of the three passes.
  struct Outputs<Scalar> {
    var output: [Scalar]
    var inputGradient: [Scalar]
    var weightGradient: [Scalar]
    var biasGradient: [Scalar]
  }

  /// The inputs of the three passes.
  struct Inputs {
    var input: [Float]
    var weights: [Float]
    var bias: [Float]
    var outputGradient: [Float]
  }

  func makeInputs() -> Inputs {
    var stream = RandomStream(testCase: seed)
    func draw(_ count: Int) -> [Float] {
      if isExact { return stream.smallIntegers(count) }
      let values = stream.uniformFloats(count)
      guard isUneven else { return values }
      let exponents = stream.smallIntegers(count, magnitude: 9)
      return zip(values, exponents).map { value, exponent in
        exponent.remainder(dividingBy: 3) == 0 ? 0 : value * Float(sign: .plus, exponent: Int(exponent), significand: 1)
      }
    }
    return Inputs(
      input: draw(images * geometry.inputCount), weights: draw(geometry.weightCount), bias: draw(geometry.filters),
      outputGradient: draw(images * geometry.outputCount))
  }

  /// Runs the three passes on `kernels` between guard bands, over outputs that start as NaN, and judges them.
  @discardableResult
  func verify(_ kernels: any KernelBackend<Float>) throws -> Outputs<Float> {
    let inputs = makeInputs()
    let outputs = try run(kernels, on: inputs)
    try judge(outputs, inputs, errorFactor: kernels.convolutionErrorFactor(geometry))
    return outputs
  }

  /// Runs the three passes on `kernels` between guard bands, over outputs that start as NaN.
  ///
  /// - Parameters:
  ///   - kernels: The backend under test.
  ///   - inputs: The inputs, this case's or others of the same extents.
  ///   - misalignment: Elements between a 64-byte boundary and every buffer.
  ///   - workspaceValue: What the workspace is full of.
  /// - Returns: The results of the three passes.
  /// - Throws: What was touched that must not be.
  func run(
    _ kernels: any KernelBackend<Float>, on inputs: Inputs, misalignment: Int = 0, workspaceValue: Float = .nan
  ) throws -> Outputs<Float> {
    let g = geometry
    let x = GuardedBuffer(inputs.input, misalignment: misalignment)
    let w = GuardedBuffer(inputs.weights, misalignment: misalignment)
    let b = GuardedBuffer(inputs.bias, misalignment: misalignment)
    let dy = GuardedBuffer(inputs.outputGradient, misalignment: misalignment)
    let y = GuardedBuffer<Float>(count: images * g.outputCount, misalignment: misalignment)
    let dx = GuardedBuffer<Float>(count: images * g.inputCount, misalignment: misalignment)
    let dw = GuardedBuffer<Float>(count: g.weightCount, misalignment: misalignment)
    let db = GuardedBuffer<Float>(count: g.filters, misalignment: misalignment)
    let scratch = Array(repeating: workspaceValue, count: kernels.workspaceCount(for: g, images: images))
    // A workspace of its own for each pass: every one must get by with what is promised.
    let workspaces = (0..<3).map { _ in GuardedBuffer(scratch, misalignment: misalignment) }
    kernels.convolutionForward(
      g, images: images, input: x.pointer, weights: w.pointer, bias: hasBias ? UnsafePointer(b.pointer) : nil,
      activation: activation, output: y.pointer, workspace: workspaces[0].pointer)
    kernels.convolutionBackwardData(
      g, images: images, outputGradient: dy.pointer, weights: w.pointer, inputGradient: dx.pointer,
      workspace: workspaces[1].pointer)
    kernels.convolutionBackwardWeights(
      g, images: images, input: x.pointer, outputGradient: dy.pointer, weightGradient: dw.pointer,
      biasGradient: hasBias ? db.pointer : nil, workspace: workspaces[2].pointer)

    try checkUntouched(x, inputs.input)
    try checkUntouched(w, inputs.weights)
    try checkUntouched(b, inputs.bias)
    try checkUntouched(dy, inputs.outputGradient)
    for buffer in [y, dx, dw, db] + workspaces { try buffer.checkGuards() }
    if !hasBias { #expect(db.values.allSatisfy { $0.isNaN }, "there is no bias, so there is no gradient of it") }
    return Outputs(
      output: y.values, inputGradient: dx.values, weightGradient: dw.values, biasGradient: hasBias ? db.values : [])
  }

  private func judge(_ actual: Outputs<Float>, _ inputs: Inputs, errorFactor: Double) throws {
    let g = geometry
    let expected = passes(inputs)
    let magnitudes = isExact ? expected : passes(inputs, isMagnitude: true) { $0.magnitudes }
    func check(
      _ name: String, _ actual: [Float], _ expected: [Double], _ magnitudes: [Double], terms: Int, factor: Double = 1,
      planeSize: Int = 1, examples: Int = 1, activation: Activation = .identity
    ) throws {
      guard !expected.isEmpty else { return #expect(actual.isEmpty) }
      let relevant =
        factor == 1 ? magnitudes : planeMaxima(of: magnitudes, planeSize: planeSize, examples: examples)
      let tolerances = zip(expected, relevant).map { exact, magnitude in
        let bound = AccuracyContract.sum(terms: terms, magnitude: magnitude, factor: factor)
        return isExact ? 0 : AccuracyContract.activated(activation, exact, sumBound: bound)
      }
      do {
        try FloatAgreement.check(actual, against: expected, tolerances: tolerances)
      } catch {
        throw CaseFailure(subject: name, reason: error)
      }
    }
    try check(
      "output", actual.output, expected.output, magnitudes.output, terms: g.patchCount + 1, factor: errorFactor,
      planeSize: g.positionCount, examples: images, activation: activation)
    try check(
      "input gradient", actual.inputGradient, expected.inputGradient, magnitudes.inputGradient,
      terms: g.filters * g.filterHeight * g.filterWidth, factor: errorFactor, planeSize: g.height * g.width,
      examples: images)
    try check(
      "weight gradient", actual.weightGradient, expected.weightGradient, magnitudes.weightGradient,
      terms: images * g.positionCount, factor: errorFactor, planeSize: g.filterHeight * g.filterWidth)
    if hasBias {
      try check(
        "bias gradient", actual.biasGradient, expected.biasGradient, magnitudes.biasGradient,
        terms: images * g.positionCount)
    }
  }

  /// Replaces every element of `[planes, planeSize, examples]` by the largest of its example's plane.
  private func planeMaxima(of values: [Double], planeSize: Int, examples: Int) -> [Double] {
    var maxima = Array(repeating: 0.0, count: values.count / planeSize)
    for (index, value) in values.enumerated() {
      let plane = index / (planeSize * examples) * examples + index % examples
      maxima[plane] = max(maxima[plane], value)
    }
    return values.indices.map { maxima[$0 / (planeSize * examples) * examples + $0 % examples] }
  }

  /// The oracle's three passes on what `transform` makes of the inputs; those of magnitudes without the activation.
  func passes(
    _ inputs: Inputs, isMagnitude: Bool = false, _ transform: ([Float]) -> [Double] = { $0.doubles }
  ) -> Outputs<Double> {
    let g = geometry
    let x = transform(inputs.input)
    let w = transform(inputs.weights)
    let b = transform(hasBias ? inputs.bias : inputs.bias.map { _ in 0 })
    let dy = transform(inputs.outputGradient)
    var y = Array(repeating: Double.nan, count: images * g.outputCount)
    var dx = Array(repeating: Double.nan, count: images * g.inputCount)
    var dw = Array(repeating: Double.nan, count: g.weightCount)
    var db = Array(repeating: Double.nan, count: g.filters)
    var unused = 0.0
    oracle.convolutionForward(
      g, images: images, input: x, weights: w, bias: b, activation: isMagnitude ? .identity : activation, output: &y,
      workspace: &unused)
    oracle.convolutionBackwardData(
      g, images: images, outputGradient: dy, weights: w, inputGradient: &dx, workspace: &unused)
    oracle.convolutionBackwardWeights(
      g, images: images, input: x, outputGradient: dy, weightGradient: &dw, biasGradient: &db, workspace: &unused)
    return Outputs(output: y, inputGradient: dx, weightGradient: dw, biasGradient: db)
  }
}
