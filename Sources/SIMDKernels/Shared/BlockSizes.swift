internal import VectorIntrinsics

/// The block sizes of the matrix product, in elements.
///
/// They assume a second-level cache of 512 KiB at least, which a block of A takes half of.
enum BlockSizes {
  /// MR, rows of a register tile.
  static var tileRows: Int { Int(TILE_ROWS) }
  /// NR, columns of a register tile and of a micropanel of B.
  static var tileColumns: Int { 2 * Int(LANE_COUNT) }
  /// KC, terms of one block of the sums.
  ///
  /// So many that reading and writing C again for each block costs little; a micropanel of B then stays in the second-level
  /// cache while the tiles of a block of rows pass over it, which is fast enough.
  static var terms: Int { 512 }
  /// MC, rows of one block of A: MC·KC stays in the second-level cache.
  static var rows: Int { TILE_ROWS == 14 ? 112 : 96 }
  /// NC, columns of one block of B.
  static var columns: Int { 1024 }
  /// The most elements of C that are taken to stay in the nearest caches by themselves.
  static var cachedCount: Int { 16_384 }
}

/// A length cut into the fewest parts of at most `limit`, all of nearly the same length.
///
/// Fourteen rows and one row cost more than eight and seven.
struct EvenSplit {
  private let base: Int
  private let longer: Int
  /// The number of parts.
  let count: Int

  init(_ length: Int, limit: Int) {
    count = (length + limit - 1) / limit
    base = count == 0 ? 0 : length / count
    longer = count == 0 ? 0 : length % count
  }

  func length(of part: Int) -> Int { part < longer ? base + 1 : base }
}
