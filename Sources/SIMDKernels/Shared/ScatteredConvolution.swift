internal import KernelInterface
internal import VectorIntrinsics

/// The input gradient of a convolution whose windows do not tile the input at stride 1.
///
/// At each output position, Wᵀ·∂Y `[C·R·S, N]` is the gradient of the patch under the window; it is added to the input
/// gradient where the window lies, less what lies in the padding.
struct ScatteredConvolution {
  private let geometry: ConvolutionGeometry
  private let images: Int
  private let product: MatrixProduct

  init(_ geometry: ConvolutionGeometry, images: Int) {
    self.geometry = geometry
    self.images = images
    product = MatrixProduct(
      GEMM(
        m: geometry.patchCount, n: images, k: geometry.filters, transposeA: true,
        leadingDimensionB: max(images, geometry.positionCount * images)))
  }

  /// Elements of workspace.
  var workspaceCount: Int { geometry.patchCount * images + product.workspaceCount }

  /// Computes ∂L/∂x from ∂L/∂y.
  func compute(
    outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let patch = workspace
    clearVector(count: g.inputCount * images, output: inputGradient)
    for p in 0..<g.outputHeight {
      for q in 0..<g.outputWidth {
        product.compute(
          alpha: 1, a: weights, b: outputGradient + (p * g.outputWidth + q) * images, beta: 0, c: patch,
          epilogue: nil, workspace: workspace + g.patchCount * images)
        var source = UnsafePointer(patch)
        for c in 0..<g.channels {
          for r in 0..<g.filterHeight {
            let row = p * g.stride + r - g.padding
            for s in 0..<g.filterWidth {
              let column = q * g.stride + s - g.padding
              if row >= 0, row < g.height, column >= 0, column < g.width {
                addVector(
                  count: images, x: source,
                  y: inputGradient + ((c * g.height + row) * g.width + column) * images)
              }
              source += images
            }
          }
        }
      }
    }
  }
}
