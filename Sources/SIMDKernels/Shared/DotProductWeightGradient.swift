internal import KernelInterface
internal import VectorIntrinsics

/// The weight gradient of a convolution of few filters, as dot products along the outputs.
///
/// Vectors run along the outputs of a row and their examples, so that none of their lanes is empty, however few the filters
/// are. For each channel and filter row, a tile of filters times filter columns reads the output gradient and the images in
/// place; the filter rows see only those rows of outputs whose inputs lie within the image.
struct DotProductWeightGradient {
  private let geometry: ConvolutionGeometry
  private let images: PaddedImages
  /// Rows of outputs that a tile sums over: so many that the sums across lanes in the end cost little, and few enough for
  /// the gradients of a tile's filters to stay in the second-level cache.
  private let rowsPerBlock: Int

  init(_ g: ConvolutionGeometry, images: Int) {
    geometry = g
    let usedWidth = (g.outputWidth - 1) * g.stride + g.filterWidth
    self.images = PaddedImages(
      channels: g.channels, height: g.height, width: g.width, images: images, left: g.padding,
      right: max(0, usedWidth - g.width - g.padding))
    rowsPerBlock = max(1, min(g.outputHeight, 4096 / max(1, g.outputWidth * images)))
  }

  /// Elements of workspace.
  var workspaceCount: Int { images.workspaceCount }

  /// Computes ∂L/∂w.
  func compute(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let source = images.pad(input, into: workspace)
    let filters = EvenSplit(g.filters, limit: Int(DOT_TILE))
    let columns = EvenSplit(g.filterWidth, limit: Int(DOT_TILE))
    clearVector(count: g.weightCount, output: weightGradient)
    var p = 0
    while p < g.outputHeight {
      let end = min(g.outputHeight, p + rowsPerBlock)
      var k = 0
      for filterTile in 0..<filters.count {
        let rows = filters.length(of: filterTile)
        for c in 0..<g.channels {
          for r in 0..<g.filterHeight {
            let valid = validRows(filterRow: r, from: p, to: end)
            guard !valid.isEmpty else { continue }
            var s = 0
            for columnTile in 0..<columns.count {
              let width = columns.length(of: columnTile)
              add(
                rows: valid, filter: k, filters: rows, channel: c, filterRow: r, filterColumn: s, columns: width,
                source, outputGradient, weightGradient)
              s += width
            }
          }
        }
        k += rows
      }
      p = end
    }
  }

  /// Adds the part of some rows of outputs to a tile of the weight gradient.
  private func add(
    rows: Range<Int>, filter k: Int, filters: Int, channel c: Int, filterRow r: Int, filterColumn s: Int,
    columns: Int, _ source: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ weightGradient: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let n = images.images
    let outputRow = g.outputWidth * n
    let outputPlane = g.outputHeight * outputRow
    let row = rows.lowerBound * g.stride + r - g.padding
    let a = outputGradient + (k * outputPlane + rows.lowerBound * outputRow)
    let b = source + (c * images.planeCount + row * images.rowCount + s * n)
    let target = weightGradient + (k * g.patchCount + (c * g.filterHeight + r) * g.filterWidth + s)
    if g.stride == 1 {
      addDotTile(
        rows: filters, columns: columns,
        terms: DotTerms(count: outputRow, runs: rows.count, aRunStep: outputRow, bRunStep: images.rowCount), a: a,
        aRowStep: outputPlane, b: b, bRowStep: n, c: target, cRowStep: g.patchCount)
    } else {
      for index in 0..<rows.count {
        addDotTile(
          rows: filters, columns: columns,
          terms: DotTerms(count: n, runs: g.outputWidth, aRunStep: n, bRunStep: g.stride * n),
          a: a + index * outputRow, aRowStep: outputPlane, b: b + index * g.stride * images.rowCount, bRowStep: n,
          c: target, cRowStep: g.patchCount)
      }
    }
  }

  /// Returns the rows of outputs, of `from..<to`, whose input under a filter row lies within the image.
  private func validRows(filterRow r: Int, from: Int, to: Int) -> Range<Int> {
    let g = geometry
    // p·stride + r − padding must be in 0..<height.
    let first = max(from, (max(0, g.padding - r) + g.stride - 1) / g.stride)
    let beyond = g.height - 1 + g.padding - r
    let last = beyond < 0 ? -1 : min(to - 1, beyond / g.stride)
    return first..<max(first, last + 1)
  }
}
