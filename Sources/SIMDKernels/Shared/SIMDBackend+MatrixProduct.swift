public import KernelInterface

extension SIMDBackend {
  /// Returns how many elements of workspace a matrix product needs.
  public func workspaceCount(for problem: GEMM) -> Int {
    MatrixProduct(problem).workspaceCount
  }

  /// Computes C ← f(α·op(A)·op(B) + β·C + bias).
  public func gemm(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>, epilogue: Epilogue<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    MatrixProduct(problem).compute(
      alpha: alpha, a: a, b: b, beta: beta, c: c, epilogue: epilogue, workspace: workspace)
  }
}
