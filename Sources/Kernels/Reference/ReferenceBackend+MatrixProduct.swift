public import KernelInterface

extension ReferenceBackend {
  /// Returns 0: the reference needs no workspace.
  public func workspaceCount(for problem: GEMM) -> Int { 0 }

  /// Computes C ← f(α·op(A)·op(B) + β·C + bias) with one sum of k terms an element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func gemm(
    _ problem: GEMM, alpha: Scalar, a: UnsafePointer<Scalar>, b: UnsafePointer<Scalar>, beta: Scalar,
    c: UnsafeMutablePointer<Scalar>, epilogue: Epilogue<Scalar>?, workspace: UnsafeMutablePointer<Scalar>
  ) {
    // The stored matrices seen through two steps each, whichever way they are transposed.
    let rowStepA = problem.transposeA ? 1 : problem.leadingDimensionA
    let termStepA = problem.transposeA ? problem.leadingDimensionA : 1
    let termStepB = problem.transposeB ? 1 : problem.leadingDimensionB
    let columnStepB = problem.transposeB ? problem.leadingDimensionB : 1
    for i in 0..<problem.m {
      for j in 0..<problem.n {
        var sum: Scalar = 0
        for l in 0..<problem.k {
          sum += a[i * rowStepA + l * termStepA] * b[l * termStepB + j * columnStepB]
        }
        let element = c + (i * problem.leadingDimensionC + j)
        var result = alpha * sum
        if beta != 0 { result += beta * element.pointee }
        if let epilogue {
          if let bias = epilogue.bias {
            switch epilogue.biasAxis {
            case .rows: result += bias[i]
            case .columns: result += bias[j]
            }
          }
          result = activate(result, with: epilogue.activation)
        }
        element.pointee = result
      }
    }
  }
}
