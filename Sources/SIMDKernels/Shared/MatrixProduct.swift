internal import KernelInterface
internal import VectorIntrinsics

/// One matrix product and the way it is computed, chosen from its extents alone.
///
/// C is computed in register tiles. The tiles read B through micropanels of NR columns, and A by single elements:
///
/// - A is packed where it is stored transposed, or where so many columns use it that the copy costs nothing; rows far
///   apart in memory otherwise compete for the same cache sets.
/// - B is packed unless it is about as narrow as a micropanel, as the activations of a minibatch are, or C has too few rows
///   to earn the copy back.
///
/// Sources: the loops around the register tile, Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS
/// Functionality", TOMS 2015, <https://doi.org/10.1145/2764454>.
struct MatrixProduct {
  private let problem: GEMM
  private let packsA: Bool
  private let packsB: Bool
  private let termLimit: Int

  init(_ problem: GEMM) {
    self.problem = problem
    packsA =
      problem.transposeA || !RowOffsets.canHold(step: problem.leadingDimensionA)
      || (problem.n > 4 * BlockSizes.tileColumns && problem.leadingDimensionA > 480)
    packsB =
      problem.transposeB
      || (problem.leadingDimensionB > 4 * BlockSizes.tileColumns && problem.m > 2 * BlockSizes.tileRows)
    termLimit = min(problem.k, BlockSizes.terms)
  }

  /// Elements of workspace that ``compute(alpha:a:b:beta:c:epilogue:workspace:)`` uses.
  var workspaceCount: Int { RowOffsets.capacity + blockOfBCount + blockOfACount }

  /// Elements of the packed block of B; a single micropanel where only the last, incomplete one is packed.
  private var blockOfBCount: Int {
    let columns = packsB ? min(problem.n, BlockSizes.columns) : BlockSizes.tileColumns
    let panels = (columns + BlockSizes.tileColumns - 1) / BlockSizes.tileColumns
    return termLimit * panels * BlockSizes.tileColumns
  }

  /// Elements of the packed block of A, and of the slack that its last vector may write.
  private var blockOfACount: Int {
    packsA ? termLimit * min(problem.m, BlockSizes.rows) + Int(LANE_COUNT) : 0
  }

  /// Computes C ← f(α·op(A)·op(B) + β·C + bias).
  func compute(
    alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float, c: UnsafeMutablePointer<Float>,
    epilogue: Epilogue<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    guard problem.m > 0, problem.n > 0 else { return }
    let update = MatrixProductUpdate(
      alpha: alpha, beta: beta, epilogue: epilogue, isLarge: problem.m * problem.n > BlockSizes.cachedCount)
    let aRows = RowOffsets.write(step: packsA ? 0 : problem.leadingDimensionA, into: workspace)
    let blockOfB = workspace + RowOffsets.capacity
    let blockOfA = blockOfB + blockOfBCount
    let termBlocks = EvenSplit(problem.k, limit: BlockSizes.terms)
    let rowBlocks = EvenSplit(problem.m, limit: BlockSizes.rows)
    var column = 0
    while column < problem.n {
      let columns = min(BlockSizes.columns, problem.n - column)
      var term = 0
      var termBlock = 0
      repeat {
        let terms = termBlocks.length(of: termBlock)
        let stage = update.stage(isFirst: term == 0, isLast: term + terms == problem.k)
        if packsB { packB(b, term: term, terms: terms, column: column, columns: columns, into: blockOfB) }
        var row = 0
        for rowBlock in 0..<rowBlocks.count {
          let rows = rowBlocks.length(of: rowBlock)
          if packsA { packA(a, row: row, rows: rows, term: term, terms: terms, into: blockOfA) }
          let block = Block(row: row, rows: rows, column: column, columns: columns, term: term, terms: terms)
          multiply(block, a, b, c, stage, blockOfA, blockOfB, aRows)
          row += rows
        }
        term += terms
        termBlock += 1
      } while term < problem.k
      column += columns
    }
    update.finish(rows: problem.m, columns: problem.n, c, rowStepC: problem.leadingDimensionC)
  }

  /// Multiplies one block of A by one block of B.
  private func multiply(
    _ block: Block, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    _ stage: MatrixProductUpdate.Stage, _ blockOfA: UnsafeMutablePointer<Float>,
    _ blockOfB: UnsafeMutablePointer<Float>, _ aRows: UnsafePointer<Int32>
  ) {
    let tiles = EvenSplit(block.rows, limit: BlockSizes.tileRows)
    var panel = 0
    while panel < block.columns {
      let width = min(BlockSizes.tileColumns, block.columns - panel)
      let column = block.column + panel
      let bTile: UnsafePointer<Float>
      var termStep = BlockSizes.tileColumns
      if packsB {
        bTile = UnsafePointer(blockOfB + panel * block.terms)
      } else if width == BlockSizes.tileColumns {
        bTile = b + (block.term * problem.leadingDimensionB + column)
        termStep = problem.leadingDimensionB
      } else {
        packB(b, term: block.term, terms: block.terms, column: column, columns: width, into: blockOfB)
        bTile = UnsafePointer(blockOfB)
      }
      let terms = TileTerms(count: block.terms)
      let bOperand = TileOperand(start: bTile, termStep: termStep)
      var offset = 0
      for tile in 0..<tiles.count {
        let rows = tiles.length(of: tile)
        let row = block.row + offset
        let aOperand =
          packsA
          ? TileOperand(start: UnsafePointer(blockOfA + offset * block.terms), termStep: rows)
          : TileOperand(start: a + (row * problem.leadingDimensionA + block.term), termStep: 1)
        computeTile(
          rows: rows, columns: width, terms: terms, a: aOperand, aRows: packsA ? nil : aRows, b: bOperand,
          c: c + (row * problem.leadingDimensionC + column), cRowStep: problem.leadingDimensionC,
          store: stage.store(row: row, column: column))
        offset += rows
      }
      panel += BlockSizes.tileColumns
    }
  }

  /// Copies a block of B into micropanels of NR columns, with zeros beyond the last column.
  private func packB(
    _ b: UnsafePointer<Float>, term: Int, terms: Int, column: Int, columns: Int,
    into block: UnsafeMutablePointer<Float>
  ) {
    guard problem.transposeB else {
      packPanels(
        b + (term * problem.leadingDimensionB + column), termStep: problem.leadingDimensionB, terms: terms,
        columns: columns, into: block)
      return
    }
    var panel = 0
    while panel < columns {
      packTransposedPanel(
        b + ((column + panel) * problem.leadingDimensionB + term), rowStep: problem.leadingDimensionB, terms: terms,
        width: min(BlockSizes.tileColumns, columns - panel), into: block + panel * terms)
      panel += BlockSizes.tileColumns
    }
  }

  /// Copies a block of A so that the elements that one term of a tile needs are neighbours.
  private func packA(
    _ a: UnsafePointer<Float>, row: Int, rows: Int, term: Int, terms: Int, into block: UnsafeMutablePointer<Float>
  ) {
    let tiles = EvenSplit(rows, limit: BlockSizes.tileRows)
    var offset = 0
    for tile in 0..<tiles.count {
      let height = tiles.length(of: tile)
      let target = block + offset * terms
      if problem.transposeA {
        packColumns(
          a + (term * problem.leadingDimensionA + row + offset), termStep: problem.leadingDimensionA, terms: terms,
          height: height, readable: problem.m - row - offset, into: target)
      } else {
        packRows(
          a + ((row + offset) * problem.leadingDimensionA + term), rowStep: problem.leadingDimensionA, terms: terms,
          height: height, into: target)
      }
      offset += height
    }
  }
}

/// The block of a product that is multiplied while it is in the caches.
private struct Block {
  let row: Int
  let rows: Int
  let column: Int
  let columns: Int
  let term: Int
  let terms: Int
}
