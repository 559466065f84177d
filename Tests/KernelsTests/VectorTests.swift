import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Sums, products and the SGD step of every backend")
struct VectorTests {
  private static let counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 300]

  @Test("each row of a matrix is summed over its columns", arguments: BackendUnderTest.all)
  func sumColumns(backend: BackendUnderTest) throws {
    for rows in [0, 1, 2, 3, 4, 5, 15, 16, 17, 33] {
      for columns in Self.counts + [1001] {
        var stream = RandomStream(testCase: 51)
        let values = stream.uniformFloats(rows * columns)
        let matrix = GuardedBuffer(values)
        let output = GuardedBuffer<Float>(count: rows)
        backend.kernels.sumColumns(rows: rows, columns: columns, matrix: matrix.pointer, output: output.pointer)
        try checkUntouched(matrix, values)
        try output.checkGuards()
        guard rows > 0 else { continue }
        let elements = (0..<rows).map { values[$0 * columns..<($0 + 1) * columns].map(Double.init) }
        try backend.check("\(rows) rows of \(columns)") { _ in
          try FloatAgreement.check(
            output.values, against: elements.map { $0.reduce(0, +) },
            tolerances: elements.map { row in
              AccuracyContract.sum(terms: columns, magnitude: row.reduce(0) { $0 + abs($1) })
            })
        }
      }
    }
  }

  @Test(
    "each unit of each example is scaled by its factor, in place or not, with the same bits",
    arguments: BackendUnderTest.all)
  func scaleUnits(backend: BackendUnderTest) throws {
    for examples in [0] + exampleCounts {
      for (units, unitSize) in [(1, 1), (3, 1), (40, 1), (2, 4), (3, 25), (0, 4), (4, 0)] {
        var stream = RandomStream(testCase: 52)
        let count = units * unitSize * examples
        let values = stream.uniformFloats(count)
        // Of a dropped unit nothing is left but the sign of a zero.
        let factorValues = stream.uniformFloats(units * examples).map { $0 < -0.3 ? 0 : $0 }
        let factors = GuardedBuffer(factorValues)
        let input = GuardedBuffer(values)
        let output = GuardedBuffer<Float>(count: count)
        backend.kernels.scaleUnits(
          units: units, unitSize: unitSize, examples: examples, factors: factors.pointer, input: input.pointer,
          output: output.pointer)
        try checkUntouched(input, values)
        try checkUntouched(factors, factorValues)
        try output.checkGuards()
        backend.kernels.scaleUnits(
          units: units, unitSize: unitSize, examples: examples, factors: factors.pointer, input: input.pointer,
          output: input.pointer)
        try input.checkGuards()
        guard count > 0 else { continue }
        // One product is rounded once, so the bits are fixed.
        let expected = values.indices.map { index in
          factorValues[index / (unitSize * examples) * examples + index % examples] * values[index]
        }
        try backend.check("\(units) units of \(unitSize), \(examples) examples") { _ in
          try FloatAgreement.checkSameBits(output.values, as: expected)
          try FloatAgreement.checkSameBits(input.values, as: expected)
        }
      }
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
          let terms = (0..<count).map { index in
            (Double(alpha) * Double(xValues[index]), beta == 0 ? 0 : Double(beta) * Double(yValues[index]))
          }
          try FloatAgreement.check(
            y.values, against: terms.map { $0 + $1 },
            tolerances: terms.map { AccuracyContract.formula(operations: 3, magnitude: abs($0) + abs($1)) })
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

        var directions: [Double] = []
        var expected: [Double] = []
        var directionBounds: [Double] = []
        var bounds: [Double] = []
        let (rate, momentum, decay) = (Double(step.learningRate), Double(step.momentum), Double(step.weightDecay))
        for index in 0..<count {
          let (w, g) = (Double(parameterValues[index]), Double(gradientValues[index]))
          let v = hasVelocity ? Double(velocityValues[index]) : 0
          directions.append(g + decay * w + momentum * v)
          expected.append(w - rate * directions[index])
          let magnitude = abs(g) + decay * abs(w) + momentum * abs(v)
          directionBounds.append(AccuracyContract.formula(operations: 4, magnitude: magnitude))
          bounds.append(AccuracyContract.formula(operations: 6, magnitude: abs(w) + rate * magnitude))
        }
        if hasVelocity {
          try FloatAgreement.check(velocity.values, against: directions, tolerances: directionBounds)
        } else {
          try FloatAgreement.checkSameBits(velocity.values, as: velocityValues)
        }
        try FloatAgreement.check(updated.values, against: expected, tolerances: bounds)
      }
    }
  }
}
