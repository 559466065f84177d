// Copies of parts of matrices in the order in which register tiles read them.
//
// This file is compiled for several instruction sets. It uses raw pointers and SIMD values only, so that a copy of it
// shares no generic code with the others.

internal import VectorIntrinsics

/// Copies columns of a row-major B into micropanels `[terms, NR]`, one after the other, with zeros beyond the last column.
///
/// Four panels are written together, so that memory is read in runs of several cache lines; more would compete for the same
/// sets of the cache.
func packPanels(
  _ b: UnsafePointer<Float>, termStep: Int, terms: Int, columns: Int, into block: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  let width = 2 * lanes
  let panelStep = terms * width
  var column = 0
  while column + 4 * width <= columns {
    var source = b + column
    var target = block + column * terms
    for _ in 0..<terms {
      copyRow(source, target)
      copyRow(source + width, target + panelStep)
      copyRow(source + 2 * width, target + 2 * panelStep)
      copyRow(source + 3 * width, target + 3 * panelStep)
      source += termStep
      target += width
    }
    column += 4 * width
  }
  while column < columns {
    packPanel(
      b + column, termStep: termStep, terms: terms, width: min(width, columns - column), into: block + column * terms)
    column += width
  }
}

@inline(__always)
private func copyRow(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>) {
  lanes_store(target, lanes_load(source))
  lanes_store(target + Int(LANE_COUNT), lanes_load(source + Int(LANE_COUNT)))
}

/// Copies `width` columns of a row-major B into a micropanel `[terms, NR]`, with zeros beyond them.
private func packPanel(
  _ b: UnsafePointer<Float>, termStep: Int, terms: Int, width: Int, into panel: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  var source = b
  var target = panel
  if width == 2 * lanes {
    for _ in 0..<terms {
      lanes_store(target, lanes_load(source))
      lanes_store(target + lanes, lanes_load(source + lanes))
      source += termStep
      target += 2 * lanes
    }
  } else {
    let left = min(width, lanes)
    let right = width - left
    for _ in 0..<terms {
      lanes_store(target, lanes_load_partial(source, left))
      lanes_store(target + lanes, right == 0 ? Lanes.zero : lanes_load_partial(source + lanes, right))
      source += termStep
      target += 2 * lanes
    }
  }
}

/// Copies `width` rows of a transposed B, each contiguous along the terms, into a micropanel `[terms, NR]`, with zeros
/// beyond them.
func packTransposedPanel(
  _ b: UnsafePointer<Float>, rowStep: Int, terms: Int, width: Int, into panel: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  var term = 0
  while term < terms {
    let count = min(lanes, terms - term)
    let target = panel + term * 2 * lanes
    transpose(b + term, rowStep: rowStep, rows: min(width, lanes), columns: count, into: target, step: 2 * lanes)
    if width > lanes {
      transpose(
        b + (lanes * rowStep + term), rowStep: rowStep, rows: width - lanes, columns: count, into: target + lanes,
        step: 2 * lanes)
    } else {
      for i in 0..<count { lanes_store(target + (i * 2 * lanes + lanes), Lanes.zero) }
    }
    term += lanes
  }
}

/// Copies `height` rows of A, each contiguous along the terms, into `[terms, height]`.
///
/// Writes up to LANE_COUNT elements behind the copy.
func packRows(
  _ a: UnsafePointer<Float>, rowStep: Int, terms: Int, height: Int, into target: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  var term = 0
  while term < terms {
    let count = min(lanes, terms - term)
    // A whole vector of the last rows runs over into the next term, so the first rows must be written after them.
    var row = (height - 1) / lanes * lanes
    while row >= 0 {
      transpose(
        a + (row * rowStep + term), rowStep: rowStep, rows: min(lanes, height - row), columns: count,
        into: target + (term * height + row), step: height)
      row -= lanes
    }
    term += lanes
  }
}

/// Copies `height` columns of a matrix stored by terms into `[terms, height]`; writes nothing behind.
///
/// - Parameters:
///   - a: The first column's first term.
///   - termStep: Elements between two terms.
///   - terms: The number of terms.
///   - height: The number of columns to copy.
///   - readable: The number of columns that may be read, `height` at least.
///   - target: The copy.
func packColumns(
  _ a: UnsafePointer<Float>, termStep: Int, terms: Int, height: Int, readable: Int,
  into target: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  var source = a
  var target = target
  // A whole vector runs over into the next terms, which come later.
  var rest = terms
  if height <= lanes, readable >= lanes {
    while rest * height >= lanes {
      lanes_store(target, lanes_load(source))
      source += termStep
      target += height
      rest -= 1
    }
  }
  while rest > 0 {
    var row = 0
    while row < height {
      let count = min(lanes, height - row)
      lanes_store_partial(target + row, lanes_load_partial(source + row, count), count)
      row += lanes
    }
    source += termStep
    target += height
    rest -= 1
  }
}

/// Transposes a matrix: target[j][i] = source[i][j]; writes nothing else.
func packTransposed(
  _ source: UnsafePointer<Float>, rows: Int, rowStep: Int, columns: Int, into target: UnsafeMutablePointer<Float>,
  step: Int
) {
  let lanes = Int(LANE_COUNT)
  var row = 0
  while row + lanes <= rows {
    var column = 0
    while column < columns {
      transpose(
        source + (row * rowStep + column), rowStep: rowStep, rows: lanes, columns: min(lanes, columns - column),
        into: target + (column * step + row), step: step)
      column += lanes
    }
    row += lanes
  }
  while row < rows {
    for column in 0..<columns { target[column * step + row] = source[row * rowStep + column] }
    row += 1
  }
}

/// Transposes up to LANE_COUNT × LANE_COUNT elements; rows that are missing count as zeros.
@inline(never)
private func transpose(
  _ source: UnsafePointer<Float>, rowStep: Int, rows: Int, columns: Int, into target: UnsafeMutablePointer<Float>,
  step: Int
) {
  let lanes = Int(LANE_COUNT)
  if rows == lanes, columns == lanes {
    lanes_transpose(source, rowStep, lanes, lanes, target, step)
  } else {
    lanes_transpose(source, rowStep, rows, columns, target, step)
  }
}
