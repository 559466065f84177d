import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Matrix product of every backend")
struct MatrixProductTests {
  private static let transposes = [(false, false), (false, true), (true, false), (true, true)]

  /// Around the block sizes, the choices of what to pack, and the powers of 2; flat, narrow and deep.
  private static let shapes: [(m: Int, n: Int, k: Int)] = [
    (33, 31, 65), (63, 65, 64), (65, 63, 33), (12, 24, 48), (11, 25, 49), (13, 23, 47), (127, 129, 128),
    // Blocks of terms.
    (15, 17, 255), (14, 32, 256), (13, 33, 257), (4, 5, 511), (6, 16, 512), (29, 9, 513), (7, 9, 4097),
    // Blocks of rows.
    (143, 8, 30), (144, 16, 30), (145, 17, 30), (167, 31, 30), (168, 32, 30), (169, 33, 30), (193, 20, 30),
    (337, 40, 12),
    // Blocks of columns, and the widths from which on operands are packed.
    (7, 511, 13), (6, 512, 12), (20, 1023, 11), (15, 1024, 7), (29, 1025, 5), (13, 65, 20), (29, 64, 20), (30, 127, 9),
    (29, 129, 9), (3, 257, 40),
    // Rows of A that are packed although they are not transposed, in a block that is full.
    (97, 140, 500), (112, 133, 512), (96, 130, 481),
    // Fully connected layers: forward, the gradient of the input, the gradient of the weights.
    (10, 32, 84), (84, 33, 120), (60, 64, 400), (200, 16, 120), (60, 400, 32), (84, 120, 33), (10, 84, 64),
    (100, 7, 784), (50, 320, 4),
    // Vectors on either side.
    (1, 1, 1000), (1, 300, 70), (300, 1, 70), (1, 70, 1), (70, 1, 1), (100, 520, 3),
  ]

  private func verify(_ problem: MatrixProductCase, seed: Int = 1, _ backend: BackendUnderTest) throws {
    try backend.check(problem.description) { _ = try problem.verify($0, seed: seed) }
  }

  @Test(
    "extents from 0 to 10 agree with the oracle, however the matrices are stored",
    arguments: BackendUnderTest.all, transposes)
  func smallExtents(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for m in 0...10 {
      for n in 0...10 {
        for k in 0...10 {
          let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
          try verify(MatrixProductCase(problem: problem), seed: m * 121 + n * 11 + k, backend)
        }
      }
    }
  }

  @Test(
    "extents around every register tile agree with the oracle, all edges of C included",
    arguments: BackendUnderTest.all, transposes)
  func tileEdges(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    // One and two tiles of 6 and of 14 rows, of 8, 16 and 32 columns.
    for m in [5, 6, 7, 11, 12, 13, 14, 15, 27, 28, 29] {
      for (index, n) in [7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65].enumerated() {
        let k = [1, 2, 3, 5, 8, 16, 17][(m + index) % 7]
        let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
        let biasAxis: Epilogue<Float>.BiasAxis? = [nil, .rows, .columns][(m + n) % 3]
        try verify(MatrixProductCase(problem: problem, beta: Float(index % 2), biasAxis: biasAxis), backend)
      }
    }
  }

  @Test("extents around every block size agree with the oracle", arguments: BackendUnderTest.all, transposes)
  func blockEdges(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in Self.shapes {
      let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
      try verify(MatrixProductCase(problem: problem), backend)
    }
  }

  @Test(
    "rows further apart than their length are respected, and what lies between them is neither read nor written",
    arguments: BackendUnderTest.all, transposes)
  func leadingDimensions(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in [
      (1, 1, 1), (5, 7, 3), (6, 8, 4), (14, 32, 9), (15, 33, 9), (19, 27, 33), (40, 3, 260), (1, 20, 9), (20, 1, 9),
      (29, 140, 20),
    ] {
      let problem = GEMM(
        m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1,
        leadingDimensionA: (transposes.0 ? m : k) + 3, leadingDimensionB: (transposes.1 ? k : n) + 5,
        leadingDimensionC: n + 2)
      for beta: Float in [0, 1] {
        try verify(MatrixProductCase(problem: problem, beta: beta), backend)
      }
    }
  }

  @Test("α and β scale as they should, and β = 0 overwrites NaN", arguments: BackendUnderTest.all, transposes)
  func coefficients(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for alpha: Float in [0, 1, -0.5] {
      for beta: Float in [0, 1, -0.5] {
        for (m, n, k) in [(7, 9, 5), (20, 17, 300), (13, 11, 520), (29, 140, 20), (3, 4, 0)] {
          let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
          try verify(MatrixProductCase(problem: problem, alpha: alpha, beta: beta), backend)
        }
      }
    }
  }

  @Test(
    "bias and activation are applied once, after the last term", arguments: BackendUnderTest.all, Activation.allCases)
  func epilogues(backend: BackendUnderTest, activation: Activation) throws {
    for biasAxis: Epilogue<Float>.BiasAxis? in [nil, .rows, .columns] {
      for (transposeA, transposeB) in Self.transposes {
        for (m, n, k, beta) in [
          (7, 11, 5, Float(0)), (7, 11, 5, 1), (20, 17, 300, 0), (13, 40, 270, 1), (29, 140, 20, 0), (3, 4, 0, 0),
          (3, 4, 0, 1), (1, 9, 4, 1),
        ] {
          let problem = GEMM(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
          try verify(
            MatrixProductCase(problem: problem, beta: beta, biasAxis: biasAxis, activation: activation), backend)
        }
      }
    }
  }

  @Test("small integers give exact results", arguments: BackendUnderTest.all, transposes)
  func exactArithmetic(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    for (m, n, k) in Self.shapes {
      let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
      try verify(
        MatrixProductCase(
          problem: problem, alpha: -0.5, beta: 1, biasAxis: .columns, activation: .relu, isExact: true), backend)
    }
  }

  @Test(
    "a NaN or an infinity reaches its row or column of C, and no other", arguments: BackendUnderTest.all, transposes)
  func nonFinite(backend: BackendUnderTest, transposes: (Bool, Bool)) throws {
    let (m, n, k) = (21, 39, 11)
    let problem = GEMM(m: m, n: n, k: k, transposeA: transposes.0, transposeB: transposes.1)
    for value in [Float.nan, .infinity, -.infinity] {
      for (row, column, term) in [(0, 0, 0), (20, 38, 10), (7, 8, 5), (14, 32, 5)] {
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
          actual, against: expected, tolerance: AccuracyContract.sum(terms: k, magnitude: Double(4 * k)),
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
