package import KernelInterface

/// Matrix products by a library of the system, everything else by kernels of ours.
///
/// The library multiplies; bias and activation, which it does not know, are two passes over C of their own: C begins as
/// β·C + bias, to which the library adds the product, and the activation follows. A convolution is not a matrix product
/// here, so it is not the library's.
package struct LibraryBackend<Library: MatrixProductLibrary>: KernelBackend {
  private let library: Library
  let kernels: any KernelBackend<Float>

  /// Creates a backend.
  ///
  /// - Parameters:
  ///   - library: What multiplies.
  ///   - kernels: What does the rest.
  package init(_ library: Library, otherwise kernels: any KernelBackend<Float>) {
    self.library = library
    self.kernels = kernels
  }

  package var name: String { Library.backendName }

  /// The instruction set of the kernels that are ours; the library chooses its own.
  package var instructionSet: String { kernels.instructionSet }

  /// The workspace of the kernels that are ours, for the products that the library does not get.
  package func workspaceCount(for problem: GEMM) -> Int {
    kernels.workspaceCount(for: problem)
  }

  package func gemm(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>, epilogue: Epilogue<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    guard takes(problem, alpha: alpha) else {
      kernels.gemm(problem, alpha: alpha, a: a, b: b, beta: beta, c: c, epilogue: epilogue, workspace: workspace)
      return
    }
    guard let epilogue else {
      library.multiply(problem, alpha: alpha, a: a, b: b, beta: beta, c: c)
      return
    }
    if let bias = epilogue.bias {
      addBias(bias, along: epilogue.biasAxis, beta: beta, c: c, problem)
    }
    library.multiply(problem, alpha: alpha, a: a, b: b, beta: epilogue.bias == nil ? beta : 1, c: c)
    if epilogue.activation != .identity {
      for i in 0..<problem.m {
        let row = c + i * problem.leadingDimensionC
        kernels.activationForward(epilogue.activation, count: problem.n, input: row, output: row)
      }
    }
  }

  /// Whether the library computes this product as the contract wants it.
  ///
  /// Libraries differ in what they make of no terms, and do not read A and B at all if α is 0, so that a NaN in them would
  /// not show.
  private func takes(_ problem: GEMM, alpha: Float) -> Bool {
    // In pairs: the minimum of more than two makes an array.
    let least = min(problem.m, min(problem.n, problem.k))
    let extents = max(problem.m, max(problem.n, problem.k))
    let leadingDimensions = max(
      problem.leadingDimensionA, max(problem.leadingDimensionB, problem.leadingDimensionC))
    let largest = max(extents, leadingDimensions)
    return least > 0 && largest <= Library.largestExtent && alpha != 0
  }

  /// Computes C ← β·C + bias; β = 0 means that C is overwritten and never read.
  private func addBias(
    _ bias: UnsafePointer<Float>, along axis: Epilogue<Float>.BiasAxis, beta: Float, c: UnsafeMutablePointer<Float>,
    _ problem: GEMM
  ) {
    for i in 0..<problem.m {
      let row = c + i * problem.leadingDimensionC
      switch (axis, beta == 0) {
      case (.rows, true): row.update(repeating: bias[i], count: problem.n)
      case (.rows, false): for j in 0..<problem.n { row[j] = beta * row[j] + bias[i] }
      case (.columns, _): kernels.scaledSum(count: problem.n, alpha: 1, x: bias, beta: beta, y: row)
      }
    }
  }
}
