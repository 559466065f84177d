import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Sums, products and the SGD step of every backend")
struct VectorTests {
  private static let counts = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 65, 100, 300]

  @Test("the rows of a matrix are summed", arguments: BackendUnderTest.all)
  func sumRows(backend: BackendUnderTest) throws {
    for rows in [0, 1, 2, 3, 16, 1001] {
      for columns in [0, 1, 7, 10, 15, 16, 17, 33] {
        var stream = RandomStream(testCase: 51)
        let values = stream.uniformFloats(rows * columns)
        let matrix = GuardedBuffer(values)
        let output = GuardedBuffer<Float>(count: columns)
        backend.kernels.sumRows(rows: rows, columns: columns, matrix: matrix.pointer, output: output.pointer)
        try checkUntouched(matrix, values)
        try output.checkGuards()
        guard columns > 0 else { continue }
        let expected = (0..<columns).map { j in (0..<rows).reduce(0.0) { $0 + Double(values[$1 * columns + j]) } }
        try FloatAgreement.check(
          output.values, against: expected,
          tolerance: FloatAgreement.tolerance(depth: rows, magnitude: Double(rows)))
      }
    }
  }

  @Test("each row of a matrix is scaled by its factor, in place or not", arguments: BackendUnderTest.all)
  func scaleRows(backend: BackendUnderTest) throws {
    for columns in Self.counts {
      var stream = RandomStream(testCase: 52)
      let values = stream.uniformFloats(3 * columns)
      let factors: [Float] = [0.3, -1.7, 0]
      let input = GuardedBuffer(values)
      let output = GuardedBuffer<Float>(count: 3 * columns)
      backend.kernels.scaleRows(
        rows: 3, columns: columns, factors: factors, input: input.pointer, output: output.pointer)
      try checkUntouched(input, values)
      try output.checkGuards()
      backend.kernels.scaleRows(
        rows: 3, columns: columns, factors: factors, input: input.pointer, output: input.pointer)
      try input.checkGuards()
      guard columns > 0 else { continue }
      // One product is rounded once, so the bits are fixed.
      let expected = values.enumerated().map { factors[$0 / columns] * $1 }
      try FloatAgreement.checkSameBits(output.values, as: expected)
      try FloatAgreement.checkSameBits(input.values, as: expected)
    }
  }

  @Test("α·x + β·y, and β = 0 overwrites NaN", arguments: BackendUnderTest.all)
  func scaledSum(backend: BackendUnderTest) throws {
    for count in Self.counts {
      for alpha: Float in [0, 1, -0.5] {
        for beta: Float in [0, 1, 0.25] {
          var stream = RandomStream(testCase: 53)
          let xValues = stream.uniformFloats(count)
          let yValues = beta == 0 ? Array(repeating: .nan, count: count) : stream.uniformFloats(count)
          let x = GuardedBuffer(xValues)
          let y = GuardedBuffer(yValues, misalignment: 1)
          backend.kernels.scaledSum(count: count, alpha: alpha, x: x.pointer, beta: beta, y: y.pointer)
          try checkUntouched(x, xValues)
          try y.checkGuards()
          guard count > 0 else { continue }
          let expected = (0..<count).map {
            Double(alpha) * Double(xValues[$0]) + (beta == 0 ? 0 : Double(beta) * Double(yValues[$0]))
          }
          try FloatAgreement.check(
            y.values, against: expected, tolerance: FloatAgreement.tolerance(depth: 1, magnitude: 2))
        }
      }
    }
  }

  @Test("the first value that is not finite is found wherever it is", arguments: BackendUnderTest.all)
  func firstNonFinite(backend: BackendUnderTest) {
    for count in [0, 1, 63, 64, 65, 200] {
      var values = Array(repeating: Float.greatestFiniteMagnitude, count: count)
      for index in values.indices where index % 3 == 1 {
        values[index] = index % 2 == 0 ? -0.0 : -.leastNonzeroMagnitude
      }
      #expect(backend.kernels.firstNonFinite(count: count, values: values) == nil)
      for index in values.indices {
        for bad in [Float.nan, -.nan, .signalingNaN, .infinity, -.infinity] {
          var spoiled = values
          spoiled[index] = bad
          spoiled[count - 1] = index == count - 1 ? bad : .nan
          #expect(backend.kernels.firstNonFinite(count: count, values: spoiled) == index)
        }
      }
    }
  }

  @Test("nothing beyond the end is looked at", arguments: BackendUnderTest.all)
  func firstNonFiniteEnds(backend: BackendUnderTest) throws {
    for count in Self.counts {
      let buffer = GuardedBuffer(Array(repeating: Float(1), count: count))
      #expect(backend.kernels.firstNonFinite(count: count, values: buffer.pointer) == nil)
      try buffer.checkGuards()
    }
  }

  @Test("a step of SGD computed by hand", arguments: BackendUnderTest.all)
  func sgdByHand(backend: BackendUnderTest) {
    let parameters: [Float] = [1, -2, 0]
    let gradient: [Float] = [0.5, 0.25, -1]
    var velocity: [Float] = [1, 0, -4]
    var updated: [Float] = [.nan, .nan, .nan]
    // d = g + 0.25·w = (0.75, −0.25, −1);  v = 0.5·v + d = (1.25, −0.25, −3);  w − 2·v.
    let step = SGDStep<Float>(learningRate: 2, momentum: 0.5, weightDecay: 0.25)
    backend.kernels.sgdStep(
      step, count: 3, parameters: parameters, gradient: gradient, velocity: &velocity, updated: &updated)
    #expect(velocity == [1.25, -0.25, -3])
    #expect(updated == [-1.5, -1.5, 6])
    // Without a velocity the step is 2·d.
    backend.kernels.sgdStep(
      step, count: 3, parameters: parameters, gradient: gradient, velocity: nil, updated: &updated)
    #expect(updated == [-0.5, -1.5, 2])
  }

  @Test("the steps of every length agree with the formula, in place or not", arguments: BackendUnderTest.all)
  func sgdSteps(backend: BackendUnderTest) throws {
    for count in Self.counts {
      for hasVelocity in [false, true] {
        var stream = RandomStream(testCase: 54)
        let step = SGDStep<Float>(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)
        let parameterValues = stream.uniformFloats(count)
        let gradientValues = stream.uniformFloats(count)
        let velocityValues = stream.uniformFloats(count)
        let parameters = GuardedBuffer(parameterValues)
        let gradient = GuardedBuffer(gradientValues, misalignment: 1)
        let velocity = GuardedBuffer(velocityValues, misalignment: 2)
        let updated = GuardedBuffer<Float>(count: count, misalignment: 3)
        backend.kernels.sgdStep(
          step, count: count, parameters: parameters.pointer, gradient: gradient.pointer,
          velocity: hasVelocity ? velocity.pointer : nil, updated: updated.pointer)
        try checkUntouched(parameters, parameterValues)
        try checkUntouched(gradient, gradientValues)
        try velocity.checkGuards()
        try updated.checkGuards()

        let inPlace = GuardedBuffer(parameterValues)
        let otherVelocity = GuardedBuffer(velocityValues)
        backend.kernels.sgdStep(
          step, count: count, parameters: inPlace.pointer, gradient: gradient.pointer,
          velocity: hasVelocity ? otherVelocity.pointer : nil, updated: inPlace.pointer)
        try inPlace.checkGuards()
        guard count > 0 else { continue }
        try FloatAgreement.checkSameBits(inPlace.values, as: updated.values)
        try FloatAgreement.checkSameBits(otherVelocity.values, as: velocity.values)

        let directions = (0..<count).map { index -> Double in
          let direction = Double(gradientValues[index]) + 0.01 * Double(parameterValues[index])
          return hasVelocity ? 0.9 * Double(velocityValues[index]) + direction : direction
        }
        let tolerance = FloatAgreement.tolerance(depth: 4, magnitude: 3)
        try FloatAgreement.check(
          velocity.values, against: hasVelocity ? directions : velocityValues.doubles, tolerance: tolerance)
        try FloatAgreement.check(
          updated.values, against: (0..<count).map { Double(parameterValues[$0]) - 0.1 * directions[$0] },
          tolerance: tolerance)
      }
    }
  }
}
