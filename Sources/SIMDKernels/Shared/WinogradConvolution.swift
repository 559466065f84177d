internal import KernelInterface
internal import VectorIntrinsics

/// The tiles of a Winograd convolution, and their order: examples within columns of tiles within rows of tiles.
///
/// One column of the products is one example of one tile.
struct WinogradTiles {
  /// Rows and columns of outputs of a tile: 4 for filters of 3×3, 2 for filters of 5×5.
  let size: Int
  /// Rows and columns of a filter.
  let filterSize: Int
  let images: Int
  let height: Int
  let width: Int
  let padding: Int
  let outputHeight: Int
  let outputWidth: Int

  /// Columns of tiles.
  var across: Int { (outputWidth + size - 1) / size }
  /// Columns of the products.
  var count: Int { (outputHeight + size - 1) / size * across * images }

  /// Calls `body` for each part of the products' columns `from..<to` that fits a vector: the part's tile by row and column,
  /// its first example, its column relative to `from`, and its number of examples.
  @inline(__always)
  func forEachVector(
    from: Int, to: Int, _ body: (_ row: Int, _ column: Int, _ n: Int, _ at: Int, _ count: Int) -> Void
  ) {
    var column = from
    while column < to {
      let tile = column / images
      let n = column - tile * images
      let count = min(Int(LANE_COUNT), min(images - n, to - column))
      body(tile / across, tile % across, n, column - from, count)
      column += count
    }
  }

  /// Transforms the channels of some tiles of images.
  ///
  /// - Parameters:
  ///   - source: The images.
  ///   - channels: The number of channels.
  ///   - from: The first column of the products.
  ///   - to: The column after the last.
  ///   - scratch: 36 vectors.
  ///   - target: `[36, channels, to − from]`.
  ///   - pointStep: Elements between two points.
  ///   - channelStep: Elements between two channels.
  func transformImages(
    _ source: UnsafePointer<Float>, channels: Int, from: Int, to: Int, scratch: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>, pointStep: Int, channelStep: Int
  ) {
    forEachVector(from: from, to: to) { tileRow, tileColumn, n, at, count in
      let row = tileRow * size - padding
      let column = tileColumn * size - padding
      let rows = max(0, -row)..<max(max(0, -row), min(winogradPoints, height - row))
      let columns = max(0, -column)..<max(max(0, -column), min(winogradPoints, width - column))
      for c in 0..<channels {
        transformImageTile(
          source + (((c * height + row) * width + column) * images + n), rowStep: width * images, columnStep: images,
          rows: rows, columns: columns, count: count, scratch: scratch, target: target + (c * channelStep + at),
          targetStep: pointStep)
      }
    }
  }
}

/// A convolution of 3×3 or 5×5 filters at stride 1 by Winograd's minimal filtering.
///
/// Tiles of images and filters are transformed, multiplied as 36 matrix products [K×C]·[C×columns], and transformed back.
/// That takes a quarter of the multiplications for 3×3 filters and 36 % for 5×5 filters, at the price of larger rounding
/// errors. A block of columns stays in the second-level cache from the first transform to the last.
///
/// The gradient with respect to the input is such a convolution of the output gradient, with the filters turned by 180° and
/// with the roles of channels and filters exchanged.
struct WinogradConvolution {
  private let tiles: WinogradTiles
  private let channels: Int
  private let filters: Int
  private let isTurned: Bool

  /// The forward pass of a minibatch.
  init(forward g: ConvolutionGeometry, images: Int) {
    tiles = WinogradTiles(
      size: winogradPoints + 1 - g.filterHeight, filterSize: g.filterHeight, images: images, height: g.height,
      width: g.width, padding: g.padding, outputHeight: g.outputHeight, outputWidth: g.outputWidth)
    channels = g.channels
    filters = g.filters
    isTurned = false
  }

  /// The pass from output gradient to input gradient.
  init(backwardData g: ConvolutionGeometry, images: Int) {
    tiles = WinogradTiles(
      size: winogradPoints + 1 - g.filterHeight, filterSize: g.filterHeight, images: images, height: g.outputHeight,
      width: g.outputWidth, padding: g.filterHeight - 1 - g.padding, outputHeight: g.height, outputWidth: g.width)
    channels = g.filters
    filters = g.channels
    isTurned = true
  }

  // Elements between two of the 36 points. A cache line more than needed, lest they are a power of two apart and compete for
  // the same sets of the cache.
  private var weightStep: Int { filters * channels + 16 }
  private var imageStep: Int { channels * BlockSizes.tileColumns + 16 }
  private var productStep: Int { filters * BlockSizes.tileColumns + 16 }
  /// Elements for a tile between two transforms: 36 vectors, and for filters up to 25 and 30 more.
  private var scratchCount: Int { (36 + 25 + 30) * Int(LANE_COUNT) }

  /// Elements of workspace.
  var workspaceCount: Int {
    let points = winogradPoints * winogradPoints
    return scratchCount + points * (weightStep + imageStep + productStep)
  }

  /// Computes f(w ∗ x + b), or the input gradient.
  func compute(
    input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, activation: Activation,
    output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    let points = winogradPoints * winogradPoints
    let width = BlockSizes.tileColumns
    let scratch = workspace
    let transformedWeights = scratch + scratchCount
    let images = transformedWeights + points * weightStep
    let products = images + points * imageStep
    let rowTiles = EvenSplit(filters, limit: BlockSizes.tileRows)
    transform(weights, rowTiles, scratch: scratch, into: transformedWeights)

    var column = 0
    while column < tiles.count {
      let columns = min(width, tiles.count - column)
      tiles.transformImages(
        input, channels: channels, from: column, to: column + columns, scratch: scratch, into: images,
        pointStep: imageStep, channelStep: width)
      for point in 0..<points {
        let operand = TileOperand(start: UnsafePointer(images + point * imageStep), termStep: width)
        var filter = 0
        for tile in 0..<rowTiles.count {
          let rows = rowTiles.length(of: tile)
          computeTile(
            rows: rows, columns: columns, terms: TileTerms(count: channels),
            a: TileOperand(
              start: UnsafePointer(transformedWeights + point * weightStep + filter * channels), termStep: rows),
            aRows: nil, b: operand, c: products + (point * productStep + filter * width), cRowStep: width,
            store: TileStore())
          filter += rows
        }
      }
      transformBack(
        UnsafePointer(products), from: column, to: column + columns, bias: bias, rectifies: activation == .relu,
        scratch: scratch, into: output)
      column += columns
    }
    if activation == .sigmoid || activation == .tanh {
      activateVector(
        activation, count: filters * tiles.outputHeight * tiles.outputWidth * tiles.images,
        input: UnsafePointer(output), output: output)
    }
  }

  private func transformBack(
    _ products: UnsafePointer<Float>, from: Int, to: Int, bias: UnsafePointer<Float>?, rectifies: Bool,
    scratch: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
  ) {
    let step = BlockSizes.tileColumns
    tiles.forEachVector(from: from, to: to) { tileRow, tileColumn, n, at, count in
      let row = tileRow * tiles.size
      let column = tileColumn * tiles.size
      for k in 0..<filters {
        transformOutputTile(
          products + (k * step + at), sourceStep: productStep, size: tiles.size,
          target: output + (((k * tiles.outputHeight + row) * tiles.outputWidth + column) * tiles.images + n),
          rowStep: tiles.outputWidth * tiles.images, columnStep: tiles.images,
          rows: min(tiles.size, tiles.outputHeight - row), columns: min(tiles.size, tiles.outputWidth - column),
          count: count, bias: bias.map { $0[k] } ?? 0, rectifies: rectifies, scratch: scratch)
      }
    }
  }

  /// Transforms the filters, and packs them for the register tiles: `[36, row tiles, channels, rows]`.
  private func transform(
    _ weights: UnsafePointer<Float>, _ rowTiles: EvenSplit, scratch: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    let lanes = Int(LANE_COUNT)
    let area = tiles.filterSize * tiles.filterSize
    let gathered = scratch
    let between = gathered + area * lanes
    let transformed = between + winogradPoints * tiles.filterSize * lanes
    var first = 0
    for tile in 0..<rowTiles.count {
      let rows = rowTiles.length(of: tile)
      for c in 0..<channels {
        var row = 0
        while row < rows {
          let count = min(lanes, rows - row)
          for lane in 0..<lanes {
            let filter = min(first + row + lane, filters - 1)
            let source = weights + (isTurned ? c * filters + filter : filter * channels + c) * area
            for index in 0..<area {
              gathered[index * lanes + lane] = source[isTurned ? area - 1 - index : index]
            }
          }
          transformFilters(gathered, size: tiles.filterSize, scratch: between, target: transformed)
          let to = target + (first * channels + c * rows + row)
          for point in 0..<winogradPoints * winogradPoints {
            lanes_store_partial(to + point * weightStep, lanes_load(transformed + point * lanes), count)
          }
          row += lanes
        }
      }
      first += rows
    }
  }
}
