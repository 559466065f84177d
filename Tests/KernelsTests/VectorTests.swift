import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Sums and products of every backend")
struct VectorTests {
  @Test("each row of a matrix is summed over its columns", arguments: BackendUnderTest.all)
  func sumColumns(backend: BackendUnderTest) throws {
    for rows in [0, 1, 2, 3, 4, 5, 15, 16, 17, 33] {
      for columns in vectorLengths + [1001] {
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
    for count in vectorLengths {
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
          guard beta == 0 else { continue }
          backend.kernels.scaledSum(count: count, alpha: alpha, x: x.pointer, beta: beta, y: x.pointer)
          try x.checkGuards()
          try FloatAgreement.checkSameBits(x.values, as: y.values)
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
    for count in vectorLengths {
      let buffer = GuardedBuffer(Array(repeating: Float(1), count: count))
      #expect(backend.kernels.firstNonFinite(count: count, values: buffer.pointer) == nil)
      try buffer.checkGuards()
    }
  }
}
