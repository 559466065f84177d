import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Max pooling of every backend")
struct PoolingTests {
  /// What both passes make of an input and an output gradient.
  private struct Results: Equatable {
    var output: [Float] = []
    var argmax: [UInt8] = []
    var inputGradient: [Float] = []
  }

  private static func geometries() throws -> [PoolingGeometry] {
    try [
      (1, 2, 2, 2, 2), (2, 4, 8, 2, 2), (3, 5, 7, 2, 2), (1, 9, 11, 2, 2), (6, 14, 14, 2, 2), (2, 2, 19, 2, 2),
      (2, 5, 6, 2, 1), (2, 7, 9, 3, 2), (1, 7, 7, 3, 1), (3, 8, 9, 3, 3), (2, 9, 9, 1, 1), (2, 9, 9, 1, 2),
      (1, 7, 8, 2, 3), (1, 9, 8, 5, 2), (1, 16, 17, 16, 1),
    ].map { c, h, w, window, stride in
      try PoolingGeometry(channels: c, height: h, width: w, window: window, stride: stride)
    }
  }

  /// Every geometry with a few numbers of images, and one with all.
  private static func shapes() throws -> [(geometry: PoolingGeometry, images: Int)] {
    let geometries = try geometries()
    let odd = try PoolingGeometry(channels: 2, height: 5, width: 3, window: 2)
    return geometries.flatMap { g in [0, 1, 5, 16, 33].map { (g, $0) } } + exampleCounts.map { (odd, $0) }
  }

  /// Both passes between guard bands, over outputs that start as NaN; where `isRectified`, the backward pass applies the
  /// derivative of a rectifier before the pooling.
  private func run(
    _ kernels: any KernelBackend<Float>, _ g: PoolingGeometry, images: Int, input: [Float], outputGradient: [Float],
    isRectified: Bool = false
  ) throws -> Results {
    let x = GuardedBuffer(input)
    let dy = GuardedBuffer(outputGradient)
    let y = GuardedBuffer<Float>(count: images * g.outputCount)
    let argmax = GuardedBuffer<UInt8>(count: images * g.outputCount)
    let dx = GuardedBuffer<Float>(count: images * g.inputCount)
    kernels.maxPoolForward(g, images: images, input: x.pointer, output: y.pointer, argmax: argmax.pointer)
    let results = (output: y.values, argmax: argmax.values)
    kernels.maxPoolBackward(
      g, images: images, outputGradient: dy.pointer, argmax: argmax.pointer,
      rectifiedOutput: isRectified ? UnsafePointer(y.pointer) : nil, inputGradient: dx.pointer)
    try checkUntouched(x, input)
    try checkUntouched(dy, outputGradient)
    try checkUntouched(y, results.output)
    try dx.checkGuards()
    try argmax.checkGuards()
    #expect(argmax.values == results.argmax)
    return Results(output: results.output, argmax: results.argmax, inputGradient: dx.values)
  }

  /// The definition, written differently from every backend.
  private func expected(
    _ g: PoolingGeometry, images: Int, input: [Float], outputGradient: [Float], isRectified: Bool
  ) -> Results {
    var results = Results(inputGradient: Array(repeating: 0, count: input.count))
    for c in 0..<g.channels {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          for n in 0..<images {
            let indices = (0..<g.window * g.window).map { position in
              let (row, column) = (p * g.stride + position / g.window, q * g.stride + position % g.window)
              return ((c * g.height + row) * g.width + column) * images + n
            }
            let window = indices.map { input[$0] }
            let position =
              window.firstIndex { $0.isNaN }
              ?? window.firstIndex { value in window.allSatisfy { $0 <= value } }!
            let maximum = window[position]
            if !isRectified || maximum > 0 || maximum.isNaN {
              results.inputGradient[indices[position]] += outputGradient[results.output.count]
            }
            results.output.append(maximum)
            results.argmax.append(UInt8(position))
          }
        }
      }
    }
    return results
  }

  private func check(
    _ backend: BackendUnderTest, _ g: PoolingGeometry, images: Int, input: [Float], outputGradient: [Float]
  ) throws {
    for isRectified in [false, true] {
      let subject =
        "\(g.channels)×\(g.height)×\(g.width), windows of \(g.window) every \(g.stride), \(images) images, "
        + (isRectified ? "rectified" : "alone")
      try backend.check(subject) {
        let wanted = expected(
          g, images: images, input: input, outputGradient: outputGradient, isRectified: isRectified)
        let got = try run(
          $0, g, images: images, input: input, outputGradient: outputGradient, isRectified: isRectified)
        #expect(got.argmax == wanted.argmax)
        if images == 0 { return }
        try FloatAgreement.checkSameBits(got.output, as: wanted.output)
        // Without overlaps a gradient is copied; with them, up to window² of at most 1 add up.
        let terms = g.window * g.window
        try FloatAgreement.check(
          got.inputGradient, against: wanted.inputGradient.doubles,
          tolerance: g.stride < g.window ? AccuracyContract.sum(terms: terms, magnitude: Double(terms)) : 0)
      }
    }
  }

  @Test(
    "both passes agree with the definition, overlapping and dropped windows included", arguments: BackendUnderTest.all)
  func definition(backend: BackendUnderTest) throws {
    for (g, images) in try Self.shapes() {
      var stream = RandomStream(testCase: 21)
      try check(
        backend, g, images: images, input: stream.uniformFloats(images * g.inputCount),
        outputGradient: stream.uniformFloats(images * g.outputCount))
    }
  }

  @Test("among equal values the first wins, zeros of both signs included", arguments: BackendUnderTest.all)
  func ties(backend: BackendUnderTest) throws {
    for (g, images) in try Self.shapes() where images > 0 {
      var stream = RandomStream(testCase: 22)
      let input = stream.smallIntegers(images * g.inputCount, magnitude: 1).map { value in
        value == 0 && stream.uniform(below: 2) == 0 ? -0.0 : value
      }
      let outputGradient = stream.uniformFloats(images * g.outputCount)
      try check(backend, g, images: images, input: input, outputGradient: outputGradient)
      let equal = Array(repeating: Float(-1), count: images * g.inputCount)
      let results = try run(backend.kernels, g, images: images, input: equal, outputGradient: outputGradient)
      #expect(results.argmax.allSatisfy { $0 == 0 })
    }
  }

  @Test("a NaN is the maximum of its window, the first of several", arguments: BackendUnderTest.all)
  func notANumber(backend: BackendUnderTest) throws {
    for (g, images) in try Self.shapes() where images > 0 {
      var stream = RandomStream(testCase: 23)
      var input = stream.uniformFloats(images * g.inputCount)
      for _ in 0..<max(1, input.count / 3) {
        let index = Int(stream.uniform(below: UInt32(input.count)))
        input[index] = [Float.infinity, -.infinity, .nan, .nan][Int(stream.uniform(below: 4))]
      }
      try check(
        backend, g, images: images, input: input, outputGradient: stream.uniformFloats(images * g.outputCount))
    }
  }

  @Test("the sum of the gradients is conserved, exactly", arguments: BackendUnderTest.all)
  func conservation(backend: BackendUnderTest) throws {
    for (g, images) in try Self.shapes() {
      var stream = RandomStream(testCase: 24)
      let outputGradient = stream.smallIntegers(images * g.outputCount)
      let results = try run(
        backend.kernels, g, images: images, input: stream.uniformFloats(images * g.inputCount),
        outputGradient: outputGradient)
      #expect(results.inputGradient.reduce(0, +) == outputGradient.reduce(0, +))
    }
  }

  @Test(
    "the rectifier's derivative in the backward pass is that of the two kernels one after the other",
    arguments: BackendUnderTest.all)
  func rectifierBefore(backend: BackendUnderTest) throws {
    for (g, images) in try Self.shapes() where images > 0 {
      var stream = RandomStream(testCase: 26)
      var values = stream.uniformFloats(images * g.inputCount)
      values[values.count / 2] = .nan
      // The rectifier's output, which the pooling reads. Windows without a positive value are common where it is small.
      let input = values.map { $0 <= 0.5 ? 0 : $0 }
      let outputGradient = stream.uniformFloats(images * g.outputCount)
      let fused = try run(
        backend.kernels, g, images: images, input: input, outputGradient: outputGradient, isRectified: true)
      var separate = try run(backend.kernels, g, images: images, input: input, outputGradient: outputGradient)
        .inputGradient
      let pooled = separate
      backend.kernels.activationBackward(
        .relu, count: separate.count, output: input, outputGradient: pooled, inputGradient: &separate)
      #expect(fused.inputGradient == separate)
    }
  }
}
