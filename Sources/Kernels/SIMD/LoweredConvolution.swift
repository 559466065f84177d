/// A convolution as matrix products with the patches of one image at a time.
///
/// The weights are a matrix W `[K, C·R·S]`, and im2col makes of an image a matrix X `[C·R·S, P·Q]`:
///
/// - forward Y = W·X,
/// - by data ∂X = Wᵀ·∂Y, put back with col2im,
/// - by weights ∂W = Σ ∂Y·Xᵀ over the images.
///
/// The workspace holds the patches of one image, whatever the minibatch. A convolution of 1×1 filters at stride 1 without
/// padding needs no lowering: the image is the matrix.
///
/// Sources: Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document Processing",
/// IWFHR 2006.
struct LoweredConvolution {
  private let geometry: ConvolutionGeometry
  private let extents: PatchExtents
  private let isPointwise: Bool
  private let forwardProduct: MatrixProduct
  private let dataProduct: MatrixProduct
  private let weightProduct: MatrixProduct

  init(_ geometry: ConvolutionGeometry) {
    let g = geometry
    self.geometry = g
    extents = PatchExtents(
      channels: g.channels, height: g.height, width: g.width, filterHeight: g.filterHeight,
      filterWidth: g.filterWidth, stride: g.stride, padding: g.padding, outputHeight: g.outputHeight,
      outputWidth: g.outputWidth)
    isPointwise = g.filterHeight == 1 && g.filterWidth == 1 && g.stride == 1 && g.padding == 0
    forwardProduct = MatrixProduct(GEMM(m: g.filters, n: g.positionCount, k: g.patchCount))
    dataProduct = MatrixProduct(GEMM(m: g.patchCount, n: g.positionCount, k: g.filters, transposeA: true))
    weightProduct = MatrixProduct(GEMM(m: g.filters, n: g.patchCount, k: g.positionCount, transposeB: true))
  }

  /// Elements of workspace that each of the three passes uses.
  var workspaceCount: Int {
    let products = max(
      forwardProduct.workspaceCount, dataProduct.workspaceCount, weightProduct.workspaceCount)
    return isPointwise ? products : extents.paddedCount + extents.patchMatrixCount + products
  }

  /// Computes y = f(W·X + b) of each image.
  func forward(
    images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    activation: Activation, output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    let room = Room(self, workspace)
    let epilogue = Epilogue(bias: bias, along: .rows, activation: activation)
    for n in 0..<images {
      forwardProduct.compute(
        alpha: 1, a: weights, b: lower(input + n * geometry.inputCount, room), beta: 0,
        c: output + n * geometry.outputCount, epilogue: epilogue, workspace: room.products)
    }
  }

  /// Computes ∂L/∂x = col2im(Wᵀ·∂L/∂y) of each image.
  func backwardData(
    images: Int, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    let room = Room(self, workspace)
    for n in 0..<images {
      let dx = inputGradient + n * geometry.inputCount
      let patches = isPointwise ? dx : room.patches
      dataProduct.compute(
        alpha: 1, a: weights, b: outputGradient + n * geometry.outputCount, beta: 0, c: patches, epilogue: nil,
        workspace: room.products)
      if !isPointwise {
        col2im(extents, patches: UnsafePointer(patches), padded: room.padded, image: dx)
      }
    }
  }

  /// Computes ∂L/∂W = Σ ∂L/∂y·Xᵀ and ∂L/∂b = Σ ∂L/∂y over images and positions.
  func backwardWeights(
    images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
    workspace: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let room = Room(self, workspace)
    weightGradient.update(repeating: 0, count: g.weightCount)
    biasGradient?.update(repeating: 0, count: g.filters)
    for n in 0..<images {
      let dy = outputGradient + n * g.outputCount
      weightProduct.compute(
        alpha: 1, a: dy, b: lower(input + n * g.inputCount, room), beta: 1, c: weightGradient, epilogue: nil,
        workspace: room.products)
      if let biasGradient {
        for k in 0..<g.filters {
          biasGradient[k] += sumVector(count: g.positionCount, values: dy + k * g.positionCount)
        }
      }
    }
  }

  /// Returns the patch matrix of an image.
  private func lower(_ image: UnsafePointer<Float>, _ room: Room) -> UnsafePointer<Float> {
    if isPointwise { return image }
    padImage(extents, image: image, padded: room.padded)
    im2col(extents, padded: UnsafePointer(room.padded), patches: room.patches)
    return UnsafePointer(room.patches)
  }

  /// The parts of the workspace.
  private struct Room {
    let padded: UnsafeMutablePointer<Float>
    let patches: UnsafeMutablePointer<Float>
    let products: UnsafeMutablePointer<Float>

    init(_ convolution: borrowing LoweredConvolution, _ workspace: UnsafeMutablePointer<Float>) {
      let extents = convolution.extents
      padded = workspace
      patches = convolution.isPointwise ? workspace : padded + extents.paddedCount
      products = convolution.isPointwise ? workspace : patches + extents.patchMatrixCount
    }
  }
}
