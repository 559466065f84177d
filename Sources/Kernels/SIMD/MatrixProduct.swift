/// One matrix product and the way it is computed, chosen from its extents alone.
///
/// - Where A and Bᵀ are contiguous along the terms, as in a fully connected layer and in the weight gradient of a
///   convolution, tiles of dot products read both in place.
/// - Otherwise tiles of outer products read A by single elements, so that A needs packing only where it is stored
///   transposed; B is packed into micropanels if C has rows enough to earn the copy back.
///
/// Sources: the loops around the microkernel, Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating
/// BLAS Functionality", TOMS 2015, <https://doi.org/10.1145/2764454>.
struct MatrixProduct {
  private let problem: GEMM
  private let usesDotProducts: Bool
  private let packsA: Bool
  private let packsB: Bool

  init(_ problem: GEMM) {
    var problem = problem
    // A contiguous vector is its own transpose: choose the form that is contiguous along the terms.
    if problem.transposeA, problem.m == 1, problem.leadingDimensionA == 1 {
      problem.transposeA = false
      problem.leadingDimensionA = problem.k
    }
    if !problem.transposeB, problem.n == 1, problem.leadingDimensionB == 1 {
      problem.transposeB = true
      problem.leadingDimensionB = problem.k
    }
    self.problem = problem
    usesDotProducts = problem.transposeB && !problem.transposeA
    packsA = problem.transposeA && problem.n > BlockSizes.nr
    packsB = problem.transposeB || problem.m >= BlockSizes.packingRows
  }

  /// Elements of workspace that ``compute(alpha:a:b:beta:c:epilogue:workspace:)`` uses.
  var workspaceCount: Int {
    usesDotProducts ? 0 : BlockSizes.mr * BlockSizes.nr + blockOfBCount + blockOfACount
  }

  /// Elements of the packed block of B; a single micropanel where only the last, incomplete one is packed.
  private var blockOfBCount: Int {
    let columns = packsB ? min(problem.n, BlockSizes.nc) : BlockSizes.nr
    let panels = (columns + BlockSizes.nr - 1) / BlockSizes.nr
    return min(problem.k, BlockSizes.kc) * panels * BlockSizes.nr
  }

  /// Elements of the packed block of A.
  private var blockOfACount: Int {
    packsA ? min(problem.k, BlockSizes.kc) * min(problem.m, BlockSizes.mc) : 0
  }

  /// Computes C ← f(α·op(A)·op(B) + β·C + bias).
  func compute(
    alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float, c: UnsafeMutablePointer<Float>,
    epilogue: Epilogue<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    guard problem.m > 0, problem.n > 0 else { return }
    let update = Update(alpha: alpha, beta: beta, epilogue: epilogue)
    if usesDotProducts {
      computeDotProducts(a, b, c, update)
    } else {
      computeOuterProducts(a, b, c, update, workspace)
    }
  }

  // MARK: Outer products

  private func computeOuterProducts(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ update: Update,
    _ workspace: UnsafeMutablePointer<Float>
  ) {
    let blockOfB = workspace + BlockSizes.mr * BlockSizes.nr
    let blockOfA = blockOfB + blockOfBCount
    var column = 0
    while column < problem.n {
      let columns = min(BlockSizes.nc, problem.n - column)
      var term = 0
      repeat {
        let terms = min(BlockSizes.kc, problem.k - term)
        let stage = update.stage(isFirst: term == 0, isLast: term + terms == problem.k)
        if packsB {
          packB(b, term: term, terms: terms, column: column, columns: columns, into: blockOfB)
        }
        var row = 0
        while row < problem.m {
          let rows = min(BlockSizes.mc, problem.m - row)
          if packsA {
            packA(a, row: row, rows: rows, term: term, terms: terms, into: blockOfA)
          }
          let block = Block(row: row, rows: rows, column: column, columns: columns, term: term, terms: terms)
          multiply(block, a, b, c, stage, blockOfA, blockOfB, scratch: workspace)
          row += rows
        }
        term += terms
      } while term < problem.k
      column += columns
    }
    update.finish(rows: problem.m, columns: problem.n, c, rowStepC: problem.leadingDimensionC)
  }

  /// Multiplies one block of A by one block of B: the macrokernel.
  private func multiply(
    _ block: Block, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    _ stage: Update.Stage, _ blockOfA: UnsafeMutablePointer<Float>, _ blockOfB: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let nr = BlockSizes.nr
    let tiles = EvenSplit(block.rows, limit: BlockSizes.mr)
    var panel = 0
    while panel < block.columns {
      let width = min(nr, block.columns - panel)
      let column = block.column + panel
      var bTile: UnsafePointer<Float>
      var termStepB = nr
      if packsB {
        bTile = UnsafePointer(blockOfB + panel * block.terms)
      } else if width == nr {
        bTile = b + (block.term * problem.leadingDimensionB + column)
        termStepB = problem.leadingDimensionB
      } else {
        packB(b, term: block.term, terms: block.terms, column: column, columns: width, into: blockOfB)
        bTile = UnsafePointer(blockOfB)
      }
      var offset = 0
      var tile = 0
      while offset < block.rows {
        let rows = tiles.length(of: tile)
        let row = block.row + offset
        let aTile: UnsafePointer<Float>
        let rowStepA: Int
        let termStepA: Int
        if packsA {
          aTile = UnsafePointer(blockOfA + offset * block.terms)
          rowStepA = 1
          termStepA = rows
        } else if problem.transposeA {
          aTile = a + (block.term * problem.leadingDimensionA + row)
          rowStepA = 1
          termStepA = problem.leadingDimensionA
        } else {
          aTile = a + (row * problem.leadingDimensionA + block.term)
          rowStepA = problem.leadingDimensionA
          termStepA = 1
        }
        let cTile = c + (row * problem.leadingDimensionC + column)
        if width == nr {
          outerProductMicrokernel(
            rows: rows, k: block.terms, a: aTile, rowStepA: rowStepA, termStepA: termStepA, b: bTile,
            termStepB: termStepB, c: cTile, rowStepC: problem.leadingDimensionC,
            store: stage.store(row: row, column: column))
        } else {
          // The columns beyond the matrix are zeros of the micropanel; only the others go on to C.
          outerProductMicrokernel(
            rows: rows, k: block.terms, a: aTile, rowStepA: rowStepA, termStepA: termStepA, b: bTile,
            termStepB: termStepB, c: scratch, rowStepC: nr, store: .sums)
          stage.store(row: row, column: column).finish(
            rows: rows, columns: width, sums: scratch, rowStepSums: nr, c: cTile,
            rowStepC: problem.leadingDimensionC)
        }
        offset += rows
        tile += 1
      }
      panel += nr
    }
  }

  /// Copies a block of B into micropanels of NR columns, zeros beyond the last column.
  private func packB(
    _ b: UnsafePointer<Float>, term: Int, terms: Int, column: Int, columns: Int,
    into block: UnsafeMutablePointer<Float>
  ) {
    let nr = BlockSizes.nr
    let termStep = problem.transposeB ? 1 : problem.leadingDimensionB
    let columnStep = problem.transposeB ? problem.leadingDimensionB : 1
    let corner = b + (term * termStep + column * columnStep)
    var panel = 0
    while panel < columns {
      packPanel(
        corner + panel * columnStep, terms: terms, termStep: termStep, width: min(nr, columns - panel),
        columnStep: columnStep, into: block + panel * terms)
      panel += nr
    }
  }

  /// Copies a block of a transposed A so that the elements that one term of a tile needs are neighbours.
  private func packA(
    _ a: UnsafePointer<Float>, row: Int, rows: Int, term: Int, terms: Int, into block: UnsafeMutablePointer<Float>
  ) {
    let tiles = EvenSplit(rows, limit: BlockSizes.mr)
    let corner = a + (term * problem.leadingDimensionA + row)
    var offset = 0
    var tile = 0
    while offset < rows {
      let height = tiles.length(of: tile)
      var target = block + offset * terms
      var source = corner + offset
      for _ in 0..<terms {
        for i in 0..<height { target[i] = source[i] }
        target += height
        source += problem.leadingDimensionA
      }
      offset += height
      tile += 1
    }
  }

  // MARK: Dot products

  private func computeDotProducts(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ update: Update
  ) {
    var row = 0
    while row < problem.m {
      let rows = min(BlockSizes.mc, problem.m - row)
      let tiles = EvenSplit(rows, limit: BlockSizes.dotRows)
      var term = 0
      repeat {
        let terms = min(BlockSizes.dotKC, problem.k - term)
        let stage = update.stage(isFirst: term == 0, isLast: term + terms == problem.k)
        var column = 0
        while column < problem.n {
          let columns = min(BlockSizes.dotColumns, problem.n - column)
          let bTile = b + (column * problem.leadingDimensionB + term)
          var offset = 0
          var tile = 0
          while offset < rows {
            let height = tiles.length(of: tile)
            dotProductMicrokernel(
              rows: height, columns: columns, k: terms,
              a: a + ((row + offset) * problem.leadingDimensionA + term), rowStepA: problem.leadingDimensionA,
              b: bTile, rowStepB: problem.leadingDimensionB,
              c: c + ((row + offset) * problem.leadingDimensionC + column), rowStepC: problem.leadingDimensionC,
              store: stage.store(row: row + offset, column: column))
            offset += height
            tile += 1
          }
          column += columns
        }
        term += terms
      } while term < problem.k
      row += rows
    }
    update.finish(rows: problem.m, columns: problem.n, c, rowStepC: problem.leadingDimensionC)
  }
}

/// The block of a product that the macrokernel works on.
private struct Block {
  let row: Int
  let rows: Int
  let column: Int
  let columns: Int
  let term: Int
  let terms: Int
}

/// A length cut into the fewest parts of at most `limit`, all of nearly the same length.
///
/// Six rows and one row cost more than four and three.
private struct EvenSplit {
  private let base: Int
  private let longer: Int

  init(_ length: Int, limit: Int) {
    let parts = (length + limit - 1) / limit
    base = length / parts
    longer = length % parts
  }

  func length(of part: Int) -> Int { part < longer ? base + 1 : base }
}

/// Copies `width` columns of B, a micropanel, and zeros up to NR columns.
private func packPanel(
  _ b: UnsafePointer<Float>, terms: Int, termStep: Int, width: Int, columnStep: Int,
  into panel: UnsafeMutablePointer<Float>
) {
  let nr = BlockSizes.nr
  if width == nr, columnStep == 1 {
    for l in 0..<terms {
      let row = UnsafeRawPointer(b + l * termStep).loadUnaligned(as: SIMD8<Float>.self)
      UnsafeMutableRawPointer(panel + l * nr).storeBytes(of: row, as: SIMD8<Float>.self)
    }
    return
  }
  if width < nr {
    panel.update(repeating: 0, count: terms * nr)
  }
  for j in 0..<width {
    var source = b + j * columnStep
    var target = panel + j
    for _ in 0..<terms {
      target.pointee = source.pointee
      source += termStep
      target += nr
    }
  }
}
