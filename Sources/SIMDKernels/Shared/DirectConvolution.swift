internal import KernelInterface
internal import VectorIntrinsics

/// A convolution without patches: register tiles of filters times outputs read the images where they lie.
///
/// With the examples innermost, neighbouring outputs of a row read neighbouring inputs for every term (c, r, s), so a
/// matrix product's tile only has to step differently from term to term. At stride 1 a row of outputs is one run of Q·N
/// columns; at larger strides each position is a run of N columns.
///
/// Terms that lie in the padding are left out: the rows of a filter by the row of the output, its columns by the columns
/// that a tile spans. Only a tile that spans several positions meets zeros, and only then are the images copied between
/// columns of zeros.
///
/// The gradient with respect to the input at stride 1 is a convolution too, of the output gradient with the filters turned
/// by 180° and with the roles of channels and filters exchanged.
struct DirectConvolution {
  private let images: PaddedImages
  private let filters: Int
  private let filterHeight: Int
  private let filterWidth: Int
  private let stride: Int
  /// Rows and columns of padding; negative where outputs begin inside the images.
  private let verticalPadding: Int
  private let horizontalPadding: Int
  private let outputHeight: Int
  private let outputWidth: Int
  /// How the weights `[K, C, R, S]` are read.
  private let isTurned: Bool

  /// The forward pass of a minibatch.
  init(forward g: ConvolutionGeometry, images: Int) {
    filters = g.filters
    filterHeight = g.filterHeight
    filterWidth = g.filterWidth
    stride = g.stride
    verticalPadding = g.padding
    horizontalPadding = g.padding
    outputHeight = g.outputHeight
    outputWidth = g.outputWidth
    isTurned = false
    let usedWidth = (g.outputWidth - 1) * g.stride + g.filterWidth
    let spansPositions = g.stride == 1 && images % BlockSizes.tileColumns != 0
    self.images = PaddedImages(
      channels: g.channels, height: g.height, width: g.width, images: images, left: spansPositions ? g.padding : 0,
      right: spansPositions ? max(0, usedWidth - g.width - g.padding) : 0)
  }

  /// The pass from output gradient to input gradient.
  ///
  /// - Precondition: The stride is 1.
  init(backwardData g: ConvolutionGeometry, images: Int) {
    precondition(g.stride == 1, "an input gradient is a convolution at stride 1 only")
    filters = g.channels
    filterHeight = g.filterHeight
    filterWidth = g.filterWidth
    stride = 1
    verticalPadding = g.filterHeight - 1 - g.padding
    horizontalPadding = g.filterWidth - 1 - g.padding
    outputHeight = g.height
    outputWidth = g.width
    isTurned = true
    let zeros = images % BlockSizes.tileColumns != 0 ? max(0, horizontalPadding) : 0
    self.images = PaddedImages(
      channels: g.filters, height: g.outputHeight, width: g.outputWidth, images: images, left: zeros, right: zeros)
  }

  private var patchCount: Int { images.channels * filterHeight * filterWidth }

  /// Elements of workspace for this minibatch or a shorter one, which may need columns of zeros where this does not.
  var workspaceCount: Int {
    let zeros = 2 * max(0, horizontalPadding)
    let padded = zeros == 0 ? 0 : images.channels * images.height * (images.width + zeros) * images.images
    return padded + filters * patchCount + Int(LANE_COUNT)
  }

  /// Computes f(w ∗ x + b), or the input gradient.
  func compute(
    input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, activation: Activation,
    output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    let packedWeights = workspace + images.workspaceCount
    let source = images.pad(input, into: workspace)
    let tiles = EvenSplit(filters, limit: BlockSizes.tileRows)
    pack(weights, tiles, into: packedWeights)

    let n = images.images
    let runColumns = stride == 1 ? outputWidth * n : n
    let runs = stride == 1 ? 1 : outputWidth
    let outputPlane = outputHeight * outputWidth * n
    for p in 0..<outputHeight {
      for run in 0..<runs {
        let to = output + (p * outputWidth + run) * n
        var column = 0
        while column < runColumns {
          let columns = min(BlockSizes.tileColumns, runColumns - column)
          let window = window(row: p, column: run, offset: column, count: columns)
          let firstTerm = window.rows.first * filterWidth + window.columns.first
          let terms = TileTerms(
            count: window.columns.count, runs: window.rows.count, planes: images.channels)
          let images = operand(window, row: p, column: run, offset: column, in: source)
          var filter = 0
          for tile in 0..<tiles.count {
            let rows = tiles.length(of: tile)
            let weights = TileOperand(
              start: UnsafePointer(packedWeights + (filter * patchCount + firstTerm * rows)), termStep: rows,
              runSkip: (filterWidth - window.columns.count) * rows,
              planeSkip: (filterHeight - window.rows.count) * filterWidth * rows)
            computeTile(
              rows: rows, columns: columns, terms: terms, a: weights, aRows: nil, b: images,
              c: to + (filter * outputPlane + column), cRowStep: outputPlane,
              store: TileStore(rowBias: bias.map { $0 + filter }, rectifies: activation == .relu))
            filter += rows
          }
          column += columns
        }
      }
    }
    if activation == .sigmoid || activation == .tanh {
      activateVector(activation, count: filters * outputPlane, input: UnsafePointer(output), output: output)
    }
  }

  /// The rows and columns of a filter that meet the images anywhere in a tile.
  private struct Window {
    var rows: (first: Int, count: Int)
    var columns: (first: Int, count: Int)
  }

  /// Returns the window of the tile whose outputs begin `offset` elements after (row, column).
  private func window(row p: Int, column q: Int, offset: Int, count: Int) -> Window {
    let n = images.images
    let firstColumn = q + offset / n
    let lastColumn = q + (offset + count - 1) / n
    return Window(
      rows: Self.overlap(
        filter: filterHeight, image: images.height, first: p * stride - verticalPadding,
        last: p * stride - verticalPadding),
      columns: Self.overlap(
        filter: filterWidth, image: images.width, first: firstColumn * stride - horizontalPadding,
        last: lastColumn * stride - horizontalPadding))
  }

  /// Returns which elements of a filter meet the image for any of its positions between `first` and `last`.
  private static func overlap(filter: Int, image: Int, first: Int, last: Int) -> (first: Int, count: Int) {
    let begin = max(0, -last)
    let end = min(filter, image - first)
    return (begin, max(0, end - begin))
  }

  /// Returns the images as the tile's columns see them.
  private func operand(
    _ window: Window, row p: Int, column q: Int, offset: Int, in source: UnsafePointer<Float>
  ) -> TileOperand {
    let n = images.images
    let row = p * stride + window.rows.first - verticalPadding
    let column = q * stride + window.columns.first - horizontalPadding + images.left
    return TileOperand(
      start: source + (row * images.rowCount + column * n + offset), termStep: n,
      runSkip: images.rowCount - window.columns.count * n,
      planeSkip: images.planeCount - window.rows.count * images.rowCount)
  }

  /// Copies the weights so that the elements that one term of a tile needs are neighbours.
  private func pack(
    _ weights: UnsafePointer<Float>, _ tiles: EvenSplit, into target: UnsafeMutablePointer<Float>
  ) {
    var first = 0
    for tile in 0..<tiles.count {
      let rows = tiles.length(of: tile)
      if isTurned {
        packTurnedFilters(
          weights, filters: images.channels, channels: filters, area: filterHeight * filterWidth, first: first,
          rows: rows, into: target + first * patchCount)
      } else {
        packRows(
          weights + first * patchCount, rowStep: patchCount, terms: patchCount, height: rows,
          into: target + first * patchCount)
      }
      first += rows
    }
  }
}

/// Copies the weights of `rows` channels from `first` on, turned by 180°, into `[filters, area, rows]`.
private func packTurnedFilters(
  _ weights: UnsafePointer<Float>, filters: Int, channels: Int, area: Int, first: Int, rows: Int,
  into target: UnsafeMutablePointer<Float>
) {
  var to = target
  for k in 0..<filters {
    let filter = weights + (k * channels + first) * area
    for position in stride(from: area - 1, through: 0, by: -1) {
      for row in 0..<rows { to[row] = filter[row * area + position] }
      to += rows
    }
  }
}
