import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Matrix product of every backend")
struct MatrixProductTests {
  private static let transposes = [(false, false), (false, true), (true, false), (true, true)]

  /// Around the microtiles, the blocks and the powers of 2; flat, narrow and deep.
  private static let shapes: [(m: Int, n: Int, k: Int)] = [
    (15, 16, 17), (17, 15, 16), (31, 33, 32), (33, 31, 65), (63, 65, 64), (65, 63, 33), (12, 24, 48), (11, 25, 49),
    (13, 23, 47), (95, 7, 255), (96, 8, 256), (97, 9, 257), (17, 40, 30), (18, 40, 30), (19, 40, 30), (5, 511, 11),
    (6, 512, 12), (7, 513, 13), (20, 511, 257), (20, 513, 255), (193, 20, 30), (4, 5, 511), (4, 5, 512), (4, 5, 513),
    (127, 129, 128), (7, 9, 4097), (6, 784, 25), (16, 100, 150), (25, 784, 6), (16, 10, 84), (1, 1, 1000),
    (1, 300, 70), (300, 1, 70), (1, 70, 1), (70, 1, 1), (100, 520, 3),
  ]

  @Test(
    "extents from 0 to 10 agree with the oracle, however the matrices are stored",
    arguments: BackendUnderTest.all, transposes)
  func smallExtents(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for m in 0...10 {
      for n in 0...10 {
        for k in 0...10 {
          let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
          try MatrixProductCase(problem: problem).verify(backend.kernels, seed: m * 121 + n * 11 + k)
        }
      }
    }
  }

  @Test("extents around every block size agree with the oracle", arguments: BackendUnderTest.all, transposes)
  func blockEdges(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in Self.shapes {
      let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
      try MatrixProductCase(problem: problem).verify(backend.kernels)
    }
  }

  @Test(
    "rows further apart than their length are respected, and what lies between them is neither read nor written",
    arguments: BackendUnderTest.all, transposes)
  func leadingDimensions(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in [(1, 1, 1), (5, 7, 3), (6, 8, 4), (19, 27, 33), (40, 3, 260), (1, 20, 9), (20, 1, 9)] {
      let problem = GEMM(
        m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1,
        leadingDimensionA: (transposes.0 ? m : k) + 3, leadingDimensionB: (transposes.1 ? k : n) + 5,
        leadingDimensionC: n + 2)
      for beta: Float in [0, 1] {
        try MatrixProductCase(problem: problem, beta: beta).verify(backend.kernels)
      }
    }
  }

  @Test("α and β scale as they should, and β = 0 overwrites NaN", arguments: BackendUnderTest.all, transposes)
  func coefficients(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for alpha: Float in [0, 1, -0.5] {
      for beta: Float in [0, 1, -0.5] {
        for (m, n, k) in [(7, 9, 5), (20, 17, 300), (13, 11, 520), (3, 4, 0)] {
          let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
          try MatrixProductCase(problem: problem, alpha: alpha, beta: beta).verify(backend.kernels)
        }
      }
    }
  }

  @Test(
    "bias and activation are applied once, after the last term", arguments: BackendUnderTest.all, Activation.allCases)
  func epilogues(backend: BackendUnderTest, activation: Activation) throws {
    for biasAxis: Epilogue<Float>.BiasAxis? in [nil, .rows, .columns] {
      for (transposeA, transposeB) in Self.transposes {
        for (m, n, k) in [(7, 11, 5), (20, 17, 300), (13, 11, 520), (3, 4, 0), (1, 9, 4)] {
          let problem = GEMM(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
          for beta: Float in [0, 1] {
            try MatrixProductCase(problem: problem, beta: beta, biasAxis: biasAxis, activation: activation)
              .verify(backend.kernels)
          }
        }
      }
    }
  }

  @Test("small integers give exact results", arguments: BackendUnderTest.all, transposes)
  func exactArithmetic(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in Self.shapes {
      let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
      try MatrixProductCase(
        problem: problem, alpha: -0.5, beta: 1, biasAxis: .columns, activation: .relu, isExact: true
      ).verify(backend.kernels)
    }
  }

  @Test("the bits of the result do not depend on the alignment", arguments: BackendUnderTest.all, transposes)
  func alignment(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in [(7, 11, 13), (40, 37, 300), (1, 33, 9), (33, 1, 9)] {
      let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
      let aligned = try MatrixProductCase(problem: problem, biasAxis: .rows).verify(backend.kernels)
      for misalignment in [1, 2, 3, 5] {
        let moved = try MatrixProductCase(problem: problem, biasAxis: .rows, misalignment: misalignment)
          .verify(backend.kernels)
        try FloatAgreement.checkSameBits(moved, as: aligned)
      }
    }
  }

  @Test(
    "a NaN or an infinity reaches its row or column of C, and no other", arguments: BackendUnderTest.all, transposes)
  func nonFinite(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    let (m, n, k) = (21, 19, 11)
    let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
    for value in [Float.nan, .infinity, -.infinity] {
      for (row, column, term) in [(0, 0, 0), (20, 18, 10), (7, 8, 5)] {
        var stream = RandomStream(testCase: 7)
        var a = stream.uniformFloats(m * k, in: 1...2)
        var b = stream.uniformFloats(k * n, in: 1...2)
        a[transposes.0 ? term * m + row : row * k + term] = value
        b[transposes.1 ? column * k + term : term * n + column] = value
        var unused = 0.0
        var expected = Array(repeating: 0.0, count: m * n)
        var actual = Array(repeating: Float(0), count: m * n)
        oracle.gemm(
          problem, alpha: 1, a: a.doubles, b: b.doubles, beta: 0, c: &expected, epilogue: nil,
          workspace: &unused)
        var workspace = Array(repeating: Float(0), count: backend.kernels.workspaceCount(for: problem))
        backend.kernels.gemm(
          problem, alpha: 1, a: a, b: b, beta: 0, c: &actual, epilogue: nil, workspace: &workspace)
        let unusual = expected.indices.filter { !expected[$0].isFinite }
        #expect(unusual.count == m + n - 1)
        try FloatAgreement.check(
          actual, against: expected, tolerance: FloatAgreement.tolerance(depth: k, magnitude: Double(4 * k)),
          allowsNonFinite: true)
      }
    }
  }

  @Test("a rectifier in the epilogue lets NaN through", arguments: BackendUnderTest.all)
  func rectifierAndNaN(backend: BackendUnderTest) throws {
    for (n, transposeB) in [(9, false), (9, true)] {
      let problem = GEMM(m: 2, n: n, k: 3, transposeB: transposeB)
      var c = Array(repeating: Float(0), count: 2 * n)
      var workspace = Array(repeating: Float(0), count: backend.kernels.workspaceCount(for: problem))
      let a: [Float] = [1, .nan, 1, -1, -1, -1]
      let b = Array(repeating: Float(1), count: 3 * n)
      backend.kernels.gemm(
        problem, alpha: 1, a: a, b: b, beta: 0, c: &c,
        epilogue: Epilogue(bias: nil, along: .rows, activation: .relu), workspace: &workspace)
      #expect(c[..<n].allSatisfy { $0.isNaN })
      #expect(c[n...].allSatisfy { $0 == 0 })
    }
  }

  @Test("large products pass Freivalds's check exactly", arguments: BackendUnderTest.all, transposes)
  func freivalds(backend: BackendUnderTest, transposes: (Bool, Bool)) {
    let (m, n, k) = (203, 530, 601)
    let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
    var stream = RandomStream(testCase: 11)
    let a = stream.smallIntegers(m * k)
    let b = stream.smallIntegers(k * n)
    var c = Array(repeating: Float.nan, count: m * n)
    var workspace = Array(repeating: Float(0), count: backend.kernels.workspaceCount(for: problem))
    backend.kernels.gemm(problem, alpha: 1, a: a, b: b, beta: 0, c: &c, epilogue: nil, workspace: &workspace)
    // C·x = A·(B·x) for random x of ±1; all numbers are integers far below 2²⁴, so equality is exact, and a wrong C
    // passes with probability ½ a trial.
    for _ in 0..<3 {
      let x = (0..<n).map { _ in stream.uniform(below: 2) == 0 ? Float(-1) : 1 }
      let bx = multiply(b, rows: k, columns: n, isTransposed: transposes.1, by: x)
      let abx = multiply(a, rows: m, columns: k, isTransposed: transposes.0, by: bx)
      #expect(multiply(c, rows: m, columns: n, isTransposed: false, by: x) == abx)
    }
  }

  private func multiply(
    _ matrix: [Float], rows: Int, columns: Int, isTransposed: Bool, by x: [Float]
  ) -> [Float] {
    var workspace: Float = 0
    var y = Array(repeating: Float(0), count: rows)
    ReferenceBackend<Float>().gemm(
      GEMM(m: rows, n: 1, k: columns, transposeA: isTransposed), alpha: 1, a: matrix, b: x, beta: 0, c: &y,
      epilogue: nil, workspace: &workspace)
    return y
  }
}
