internal import KernelInterface
internal import VectorIntrinsics

/// The weight gradient of a 3×3 or 5×5 convolution at stride 1 by Winograd's minimal filtering.
///
/// On each tile of images, the output gradient acts as a filter whose outputs are the weight gradient. Both are transformed,
/// their products are summed over all tiles and examples, as 36 matrix products [K×columns]·[columns×C], and the sums are
/// transformed back once.
struct WinogradWeightGradient {
  private let tiles: WinogradTiles
  private let channels: Int
  private let filters: Int
  /// Columns that are transformed at a time: as long as possible, for the sums across lanes at their end.
  private let blockColumns: Int

  init(_ g: ConvolutionGeometry, images: Int) {
    tiles = WinogradTiles(
      size: winogradPoints + 1 - g.filterHeight, filterSize: g.filterHeight, images: images, height: g.height,
      width: g.width, padding: g.padding, outputHeight: g.outputHeight, outputWidth: g.outputWidth)
    channels = g.channels
    filters = g.filters
    blockColumns = min(tiles.count, 512)
  }

  /// Elements between two rows of transformed images or gradients: not a power of two, which would map them all to the same
  /// sets of the cache.
  private var columnStep: Int {
    (blockColumns + Int(LANE_COUNT) - 1) / Int(LANE_COUNT) * Int(LANE_COUNT) + Int(LANE_COUNT)
  }
  private var scratchCount: Int { (36 + 30 + 25) * Int(LANE_COUNT) }

  /// Elements of workspace.
  var workspaceCount: Int {
    scratchCount + winogradPoints * winogradPoints * ((channels + filters) * columnStep + filters * channels)
      + Int(LANE_COUNT)
  }

  /// Computes ∂L/∂w.
  func compute(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    let points = winogradPoints * winogradPoints
    let scratch = workspace
    let images = scratch + scratchCount
    let gradients = images + points * channels * columnStep
    let sums = gradients + points * filters * columnStep
    let rows = EvenSplit(filters, limit: Int(DOT_TILE))
    let columns = EvenSplit(channels, limit: Int(DOT_TILE))
    clearVector(count: points * filters * channels + Int(LANE_COUNT), output: sums)

    var from = 0
    while from < tiles.count {
      let to = min(tiles.count, from + blockColumns)
      tiles.transformImages(
        input, channels: channels, from: from, to: to, scratch: scratch, into: images,
        pointStep: channels * columnStep, channelStep: columnStep)
      transformGradients(outputGradient, from: from, to: to, scratch: scratch, into: gradients)
      let terms = DotTerms(count: to - from, runs: 1, aRunStep: 0, bRunStep: 0)
      for point in 0..<points {
        var k = 0
        for rowTile in 0..<rows.count {
          let height = rows.length(of: rowTile)
          var c = 0
          for columnTile in 0..<columns.count {
            let width = columns.length(of: columnTile)
            addDotTile(
              rows: height, columns: width, terms: terms,
              a: UnsafePointer(gradients + (point * filters + k) * columnStep), aRowStep: columnStep,
              b: UnsafePointer(images + (point * channels + c) * columnStep), bRowStep: columnStep,
              c: sums + ((point * filters + k) * channels + c), cRowStep: channels)
            c += width
          }
          k += height
        }
      }
      from = to
    }
    transformBack(UnsafePointer(sums), scratch: scratch, into: weightGradient)
  }

  private func transformGradients(
    _ source: UnsafePointer<Float>, from: Int, to: Int, scratch: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    tiles.forEachVector(from: from, to: to) { tileRow, tileColumn, n, at, count in
      let row = tileRow * tiles.size
      let column = tileColumn * tiles.size
      for k in 0..<filters {
        transformGradientTile(
          source + (((k * tiles.outputHeight + row) * tiles.outputWidth + column) * tiles.images + n),
          size: tiles.size, rowStep: tiles.outputWidth * tiles.images, columnStep: tiles.images,
          rows: min(tiles.size, tiles.outputHeight - row), columns: min(tiles.size, tiles.outputWidth - column),
          count: count, scratch: scratch, target: target + (k * columnStep + at), targetStep: filters * columnStep)
      }
    }
  }

  /// Transforms LANE_COUNT sums at a time, whose filters and channels are neighbours.
  private func transformBack(
    _ sums: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, into weightGradient: UnsafeMutablePointer<Float>
  ) {
    let lanes = Int(LANE_COUNT)
    let points = winogradPoints * winogradPoints
    let area = tiles.filterSize * tiles.filterSize
    let gathered = scratch
    let between = gathered + points * lanes
    let transformed = between + winogradPoints * tiles.filterSize * lanes
    var pair = 0
    while pair < filters * channels {
      let count = min(lanes, filters * channels - pair)
      for point in 0..<points {
        lanes_store(gathered + point * lanes, lanes_load(sums + (point * filters * channels + pair)))
      }
      transformFilterGradients(gathered, size: tiles.filterSize, scratch: between, target: transformed)
      for lane in 0..<count {
        for index in 0..<area { weightGradient[(pair + lane) * area + index] = transformed[index * lanes + lane] }
      }
      pair += lanes
    }
  }
}
