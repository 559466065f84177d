import Kernels
import Randomness
import TestSupport
import Testing

/// One matrix product to run on a backend and to judge.
struct MatrixProductCase: CustomStringConvertible {
  var problem: GEMM
  var alpha: Float = 1
  var beta: Float = 0
  var biasAxis: Epilogue<Float>.BiasAxis?
  var activation: Activation?
  /// Whether the inputs are small integers, whose products are exact.
  var isExact = false
  /// Elements between a 64-byte boundary and every buffer.
  var misalignment = 0
  /// What the workspace is full of.
  var workspaceValue = Float.nan

  /// The problem and its variants in one line, such as `C[7×9] with 5 terms, …`.
  var description: String {
    let p = problem
    return "C[\(p.m)×\(p.n)] with \(p.k) terms, A \(p.transposeA ? "transposed" : "as stored"), "
      + "B \(p.transposeB ? "transposed" : "as stored"), α \(alpha), β \(beta), "
      + "bias \(biasAxis.map { "along \($0)" } ?? "none"), activation \(activation.map { "\($0)" } ?? "none")"
  }

  /// The elements of a matrix as stored, without what a last row shorter than the leading dimension leaves over.
  private static func storedCount(rows: Int, columns: Int, leadingDimension: Int) -> Int {
    rows == 0 || columns == 0 ? 0 : (rows - 1) * leadingDimension + columns
  }

  /// Returns a stored matrix whose elements between the rows are NaN, so that reading them shows.
  private func matrix(_ stream: inout RandomStream, rows: Int, columns: Int, leadingDimension: Int) -> [Float] {
    let count = Self.storedCount(rows: rows, columns: columns, leadingDimension: leadingDimension)
    var values = isExact ? stream.smallIntegers(count) : stream.uniformFloats(count)
    for index in values.indices where index % leadingDimension >= columns { values[index] = .nan }
    return values
  }

  /// Runs the product on `kernels`, checks everything but the values, and returns C's elements as stored.
  @discardableResult
  func verify(_ kernels: any KernelBackend<Float>, seed: Int = 1) throws -> [Float] {
    let p = problem
    var stream = RandomStream(testCase: seed)
    let aValues = matrix(
      &stream, rows: p.transposeA ? p.k : p.m, columns: p.transposeA ? p.m : p.k,
      leadingDimension: max(p.leadingDimensionA, 1))
    let bValues = matrix(
      &stream, rows: p.transposeB ? p.n : p.k, columns: p.transposeB ? p.k : p.n,
      leadingDimension: max(p.leadingDimensionB, 1))
    var cValues = matrix(&stream, rows: p.m, columns: p.n, leadingDimension: max(p.leadingDimensionC, 1))
    if beta == 0 { cValues = Array(repeating: .nan, count: cValues.count) }
    let biasCount = biasAxis.map { $0 == .rows ? p.m : p.n }
    let biasValues = biasCount.map { isExact ? stream.smallIntegers($0) : stream.uniformFloats($0) }

    let a = GuardedBuffer(aValues, misalignment: misalignment)
    let b = GuardedBuffer(bValues, misalignment: misalignment)
    let c = GuardedBuffer(cValues, misalignment: misalignment)
    let bias = biasValues.map { GuardedBuffer($0, misalignment: misalignment) }
    let workspace = GuardedBuffer(
      Array(repeating: workspaceValue, count: kernels.workspaceCount(for: p)), misalignment: misalignment)
    let hasEpilogue = biasAxis != nil || activation != nil
    kernels.gemm(
      p, alpha: alpha, a: a.pointer, b: b.pointer, beta: beta, c: c.pointer,
      epilogue: hasEpilogue
        ? Epilogue(
          bias: bias.map { UnsafePointer($0.pointer) }, along: biasAxis ?? .rows, activation: activation ?? .identity)
        : nil,
      workspace: workspace.pointer)

    try checkUntouched(a, aValues)
    try checkUntouched(b, bValues)
    if let bias, let biasValues { try checkUntouched(bias, biasValues) }
    try c.checkGuards()
    try workspace.checkGuards()
    try judge(c.values, a: aValues, b: bValues, c: cValues, bias: biasValues)
    return c.values
  }

  /// Compares C with the oracle's, and what lies between its rows with what was there.
  private func judge(_ actual: [Float], a: [Float], b: [Float], c: [Float], bias: [Float]?) throws {
    let p = problem
    guard !actual.isEmpty else { return }
    let expected = Self.product(
      p, Double(alpha), a.doubles, b.doubles, Double(beta), c.doubles, bias?.doubles, biasAxis,
      activation ?? .identity)
    let magnitudes =
      isExact
      ? expected
      : Self.product(
        p, Double(alpha.magnitude), a.magnitudes, b.magnitudes, Double(beta.magnitude), c.magnitudes,
        bias?.magnitudes, biasAxis, .identity)
    var elements: (actual: [Float], expected: [Double], tolerances: [Double]) = ([], [], [])
    for index in actual.indices {
      if index % p.leadingDimensionC < p.n {
        elements.actual.append(actual[index])
        elements.expected.append(expected[index])
        // β·C and the bias are two more terms of the sum.
        let bound = AccuracyContract.sum(terms: p.k + 2, magnitude: magnitudes[index])
        elements.tolerances.append(
          isExact
            ? 0 : AccuracyContract.activated(activation ?? .identity, expected[index], sumBound: bound))
      } else if actual[index].bitPattern != c[index].bitPattern {
        Issue.record("element \(index) between the rows of C was written")
      }
    }
    try FloatAgreement.check(elements.actual, against: elements.expected, tolerances: elements.tolerances)
  }

  private static func product(
    _ problem: GEMM, _ alpha: Double, _ a: [Double], _ b: [Double], _ beta: Double, _ c: [Double], _ bias: [Double]?,
    _ biasAxis: Epilogue<Float>.BiasAxis?, _ activation: Activation
  ) -> [Double] {
    var result = c
    var unused = 0.0
    (bias ?? [0]).withUnsafeBufferPointer { bias in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          result.withUnsafeMutableBufferPointer { c in
            withUnsafeMutablePointer(to: &unused) { unused in
              oracle.gemm(
                problem, alpha: alpha, a: a.baseAddress ?? UnsafePointer(unused),
                b: b.baseAddress ?? UnsafePointer(unused), beta: beta, c: c.baseAddress ?? unused,
                epilogue: Epilogue(
                  bias: biasAxis == nil ? nil : bias.baseAddress, along: biasAxis == .columns ? .columns : .rows,
                  activation: activation),
                workspace: unused)
            }
          }
        }
      }
    }
    return result
  }
}
