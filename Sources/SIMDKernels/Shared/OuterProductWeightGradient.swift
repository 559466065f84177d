internal import KernelInterface
internal import VectorIntrinsics

/// The weight gradient of a convolution as products of patches and output gradients, neither of which is copied out.
///
/// ∂W[k, (c,r,s)] = Σ_{p,q,n} ∂Y[k,p,q,n] · x[c, p·stride + r, q·stride + s, n]. Some rows of outputs at a time, the output
/// gradient is transposed to `[positions, K]`; tiles of patches times filters then read the padded images by single
/// elements, whose rows (c, r, s) lie anywhere, and sum over the examples of all positions.
struct OuterProductWeightGradient {
  private let geometry: ConvolutionGeometry
  private let images: PaddedImages
  /// Terms that are transposed at a time, if a row of outputs is not longer.
  private static var blockTerms: Int { 1024 }
  /// Rows of outputs that are transposed at a time.
  private let rowsPerBlock: Int

  init(_ g: ConvolutionGeometry, images: Int) {
    geometry = g
    self.images = PaddedImages(padding: g, images: images)
    // Long sums, for the sake of the tile's beginning and end, but short enough for the second-level cache.
    let rowTerms = max(1, g.outputWidth * images)
    rowsPerBlock = max(1, min(g.outputHeight, Self.blockTerms / rowTerms))
  }

  private var panels: Int { (geometry.filters + BlockSizes.tileColumns - 1) / BlockSizes.tileColumns }
  /// Elements of the transposed output gradient of a block of any number of images up to this: fewer may fill it better.
  private var panelCount: Int {
    let rowTerms = geometry.outputWidth * images.images
    return max(rowTerms, min(geometry.outputHeight * rowTerms, Self.blockTerms)) * BlockSizes.tileColumns
  }
  /// Elements of the weight gradient, transposed and in panels.
  private var sumCount: Int { panels * geometry.patchCount * BlockSizes.tileColumns }

  /// Elements of workspace for this minibatch or a shorter one.
  var workspaceCount: Int {
    let longestBlock = max(Self.blockTerms, geometry.outputWidth * images.images) * BlockSizes.tileColumns
    return RowOffsets.capacity + images.workspaceCount + panels * longestBlock + sumCount
  }

  /// Computes ∂L/∂w.
  func compute(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let n = images.images
    let offsets = RowOffsets.memory(in: workspace)
    let transposed = workspace + RowOffsets.capacity
    let sums = transposed + panels * panelCount
    let source = images.pad(input, into: sums + sumCount)
    let width = BlockSizes.tileColumns
    let rowTerms = g.outputWidth * n
    let planeTerms = g.outputHeight * rowTerms
    let tiles = EvenSplit(g.patchCount, limit: BlockSizes.tileRows)

    var p = 0
    while p < g.outputHeight {
      let rows = min(rowsPerBlock, g.outputHeight - p)
      for panel in 0..<panels {
        packTransposedPanel(
          outputGradient + (panel * width * planeTerms + p * rowTerms), rowStep: planeTerms, terms: rows * rowTerms,
          width: min(width, g.filters - panel * width), into: transposed + panel * panelCount)
      }
      let (terms, skips) = termsOfPatches(rows: rows)
      var first = 0
      for tile in 0..<tiles.count {
        let height = tiles.length(of: tile)
        let base = offset(ofPatchRow: first)
        for row in 0..<height { offsets[row] = Int32(offset(ofPatchRow: first + row) - base) }
        for panel in 0..<panels {
          computeTile(
            rows: height, columns: min(width, g.filters - panel * width), terms: terms,
            a: TileOperand(
              start: source + (base + p * g.stride * images.rowCount), termStep: 1, runSkip: skips.run,
              planeSkip: skips.plane),
            aRows: UnsafePointer(offsets),
            b: TileOperand(start: UnsafePointer(transposed + panel * panelCount), termStep: width),
            c: sums + (panel * g.patchCount + first) * width, cRowStep: width,
            store: TileStore(beta: p == 0 ? 0 : 1))
        }
        first += height
      }
      p += rows
    }
    for panel in 0..<panels {
      packTransposed(
        UnsafePointer(sums + panel * g.patchCount * width), rows: g.patchCount, rowStep: width,
        columns: min(width, g.filters - panel * width), into: weightGradient + panel * width * g.patchCount,
        step: g.patchCount)
    }
  }

  /// The terms of a tile over some rows of outputs, and how the images skip between the runs.
  private func termsOfPatches(rows: Int) -> (TileTerms, skips: (run: Int, plane: Int)) {
    let g = geometry
    let n = images.images
    if g.stride == 1 {
      return (TileTerms(count: g.outputWidth * n, runs: rows), (images.rowCount - g.outputWidth * n, 0))
    }
    return (
      TileTerms(count: n, runs: g.outputWidth, planes: rows),
      ((g.stride - 1) * n, g.stride * images.rowCount - g.outputWidth * g.stride * n)
    )
  }

  /// Returns where the patches' row (c, r, s) begins in the padded images.
  private func offset(ofPatchRow row: Int) -> Int {
    let s = row % geometry.filterWidth
    let r = row / geometry.filterWidth % geometry.filterHeight
    let c = row / (geometry.filterWidth * geometry.filterHeight)
    return c * images.planeCount + r * images.rowCount + s * images.images
  }
}

extension PaddedImages {
  /// The images of a forward pass.
  ///
  /// Rows and columns beyond the last window get no zeros.
  init(padding g: ConvolutionGeometry, images: Int) {
    let usedHeight = (g.outputHeight - 1) * g.stride + g.filterHeight
    let usedWidth = (g.outputWidth - 1) * g.stride + g.filterWidth
    self.init(
      channels: g.channels, height: g.height, width: g.width, images: images, top: g.padding,
      bottom: max(0, usedHeight - g.height - g.padding), left: g.padding,
      right: max(0, usedWidth - g.width - g.padding))
  }
}
