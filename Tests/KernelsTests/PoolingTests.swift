import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Max pooling of every backend")
struct PoolingTests {
  private static func geometries() throws -> [PoolingGeometry] {
    var all: [PoolingGeometry] = []
    for (c, h, w, window, stride) in [
      (1, 2, 2, 2, 2), (2, 4, 8, 2, 2), (3, 5, 7, 2, 2), (1, 9, 11, 2, 2), (2, 10, 10, 2, 2), (6, 28, 28, 2, 2),
      (2, 2, 19, 2, 2), (2, 5, 6, 2, 1), (2, 7, 9, 3, 2), (1, 7, 7, 3, 1), (3, 8, 9, 3, 3), (2, 9, 9, 1, 1),
      (2, 9, 9, 1, 2), (1, 7, 8, 2, 3), (1, 16, 17, 16, 1),
    ] {
      all.append(try PoolingGeometry(channels: c, height: h, width: w, window: window, stride: stride))
    }
    return all
  }

  /// Both passes between guard bands, over outputs that start as NaN.
  private func run(
    _ kernels: any KernelBackend<Float>, _ g: PoolingGeometry, images: Int, input: [Float], outputGradient: [Float],
    misalignment: Int = 0
  ) throws -> (output: [Float], argmax: [UInt8], inputGradient: [Float]) {
    let x = GuardedBuffer(input, misalignment: misalignment)
    let dy = GuardedBuffer(outputGradient, misalignment: misalignment)
    let y = GuardedBuffer<Float>(count: images * g.outputCount, misalignment: misalignment)
    let argmax = GuardedBuffer<UInt8>(count: images * g.outputCount, misalignment: misalignment)
    let dx = GuardedBuffer<Float>(count: images * g.inputCount, misalignment: misalignment)
    kernels.maxPoolForward(g, images: images, input: x.pointer, output: y.pointer, argmax: argmax.pointer)
    let positions = argmax.values
    kernels.maxPoolBackward(
      g, images: images, outputGradient: dy.pointer, argmax: argmax.pointer, inputGradient: dx.pointer)
    try checkUntouched(x, input)
    try checkUntouched(dy, outputGradient)
    try y.checkGuards()
    try dx.checkGuards()
    try argmax.checkGuards()
    #expect(argmax.values == positions)
    return (y.values, positions, dx.values)
  }

  /// The definition, written differently from every backend.
  private func expected(
    _ g: PoolingGeometry, images: Int, input: [Float], outputGradient: [Float]
  ) -> (output: [Float], argmax: [UInt8], inputGradient: [Float]) {
    var result = (output: [Float](), argmax: [UInt8](), inputGradient: Array(repeating: Float(0), count: input.count))
    for plane in 0..<images * g.channels {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          let indices = (0..<g.window * g.window).map { position in
            (plane * g.height + p * g.stride + position / g.window) * g.width + q * g.stride + position % g.window
          }
          let window = indices.map { input[$0] }
          let position =
            window.firstIndex { $0.isNaN }
            ?? window.firstIndex { value in window.allSatisfy { $0 <= value } }!
          result.inputGradient[indices[position]] += outputGradient[result.output.count]
          result.output.append(window[position])
          result.argmax.append(UInt8(position))
        }
      }
    }
    return result
  }

  private func check(
    _ kernels: any KernelBackend<Float>, _ g: PoolingGeometry, images: Int, input: [Float], outputGradient: [Float]
  ) throws {
    let wanted = expected(g, images: images, input: input, outputGradient: outputGradient)
    let got = try run(kernels, g, images: images, input: input, outputGradient: outputGradient)
    #expect(got.argmax == wanted.argmax)
    if images == 0 { return }
    try FloatAgreement.checkSameBits(got.output, as: wanted.output)
    try FloatAgreement.check(
      got.inputGradient, against: wanted.inputGradient.doubles,
      tolerance: g.stride < g.window
        ? FloatAgreement.tolerance(depth: g.window * g.window, magnitude: Double(g.window * g.window)) : 0)
  }

  @Test(
    "both passes agree with the definition, overlapping and dropped windows included", arguments: BackendUnderTest.all)
  func geometries(backend: BackendUnderTest) throws {
    for g in try Self.geometries() {
      for images in [0, 1, 3] {
        var stream = RandomStream(testCase: 21)
        try check(
          backend.kernels, g, images: images, input: stream.uniformFloats(images * g.inputCount),
          outputGradient: stream.uniformFloats(images * g.outputCount))
      }
    }
  }

  @Test("among equal values the first wins", arguments: BackendUnderTest.all)
  func ties(backend: BackendUnderTest) throws {
    for g in try Self.geometries() {
      var stream = RandomStream(testCase: 22)
      try check(
        backend.kernels, g, images: 2, input: stream.smallIntegers(2 * g.inputCount, magnitude: 1),
        outputGradient: stream.uniformFloats(2 * g.outputCount))
      let equal = Array(repeating: Float(-1), count: g.inputCount)
      let result = try run(
        backend.kernels, g, images: 1, input: equal, outputGradient: stream.uniformFloats(g.outputCount))
      #expect(result.argmax.allSatisfy { $0 == 0 })
    }
  }

  @Test("a NaN is the maximum of its window, the first of several", arguments: BackendUnderTest.all)
  func notANumber(backend: BackendUnderTest) throws {
    for g in try Self.geometries() {
      var stream = RandomStream(testCase: 23)
      var input = stream.uniformFloats(2 * g.inputCount)
      for _ in 0..<max(1, input.count / 3) {
        let index = Int(stream.uniform(below: UInt32(input.count)))
        input[index] = stream.uniform(below: 3) == 0 ? .infinity : .nan
      }
      try check(
        backend.kernels, g, images: 2, input: input, outputGradient: stream.uniformFloats(2 * g.outputCount))
    }
  }

  @Test("the sum of the gradients is conserved, exactly", arguments: BackendUnderTest.all)
  func conservation(backend: BackendUnderTest) throws {
    for g in try Self.geometries() {
      var stream = RandomStream(testCase: 24)
      let outputGradient = stream.smallIntegers(2 * g.outputCount)
      let result = try run(
        backend.kernels, g, images: 2, input: stream.uniformFloats(2 * g.inputCount), outputGradient: outputGradient)
      #expect(result.inputGradient.reduce(0, +) == outputGradient.reduce(0, +))
    }
  }

  @Test("the result does not depend on the alignment", arguments: BackendUnderTest.all)
  func alignment(backend: BackendUnderTest) throws {
    let g = try PoolingGeometry(channels: 3, height: 9, width: 22, window: 2)
    var stream = RandomStream(testCase: 25)
    let input = stream.uniformFloats(g.inputCount)
    let gradient = stream.uniformFloats(g.outputCount)
    let aligned = try run(backend.kernels, g, images: 1, input: input, outputGradient: gradient)
    for misalignment in [1, 2, 3] {
      let moved = try run(
        backend.kernels, g, images: 1, input: input, outputGradient: gradient, misalignment: misalignment)
      #expect(moved == aligned)
    }
  }
}
