// A register tile of a product: some rows of A times one or two vectors of B, summed over the terms.
//
// This file is compiled for several instruction sets. It uses raw pointers and SIMD values only, so that a copy of it
// shares no generic code with the others.

internal import VectorIntrinsics

/// What happens to a tile on its way from the registers to C: C ← f(α·sum + β·C + bias).
struct TileStore {
  /// α.
  var alpha: Float = 1
  /// β; 0 means that C is not read.
  var beta: Float = 0
  /// The bias of the tile's first row, or `nil` for no bias by rows.
  var rowBias: UnsafePointer<Float>?
  /// The bias of the tile's first column, or `nil` for no bias by columns.
  var columnBias: UnsafePointer<Float>?
  /// Whether to clip at 0 in the end.
  var rectifies = false
  /// Whether to fetch C while the sums are computed: worth it where C is not in the nearest caches.
  var prefetches = false
}

/// The terms of each sum, in three nested runs.
///
/// A matrix product has one run. A convolution that is read in place has filter columns within filter rows within channels,
/// and its weight gradient examples within positions within rows.
struct TileTerms {
  /// Terms of the innermost run.
  var count: Int
  /// Innermost runs in a middle one.
  var runs = 1
  /// Middle runs.
  var planes = 1
}

/// Where a tile finds one of its operands: the first element, and the way from one term to the next.
struct TileOperand {
  /// The element of the first term.
  var start: UnsafePointer<Float>
  /// Elements between two terms of an innermost run.
  var termStep: Int
  /// Elements from the term after an innermost run to the next run.
  var runSkip = 0
  /// Elements from there, after the last innermost run, to the next middle run.
  var planeSkip = 0
}

/// Computes a tile of `rows` rows, 1...TILE_ROWS, and `columns` columns, 1...2·LANE_COUNT.
///
/// - Parameters:
///   - rows: The rows of the tile.
///   - columns: The columns of the tile. No element of B or C beyond them is touched.
///   - terms: The terms of each sum.
///   - a: The first row of A.
///   - aRows: Elements from the first row of A to each of the rows; `nil` if A is packed: the elements of a term are then neighbours, and `termStep` is `rows`.
///   - b: The columns of B, which are neighbours.
///   - c: The first element of C.
///   - cRowStep: Elements between two rows of C.
///   - store: What to do with the sums.
func computeTile(
  rows: Int, columns: Int, terms: borrowing TileTerms, a: borrowing TileOperand, aRows: UnsafePointer<Int32>?,
  b: borrowing TileOperand, c: UnsafeMutablePointer<Float>, cRowStep: Int, store: borrowing TileStore
) {
  switch rows {
  case 1: tileOf1(columns, terms, a, aRows, b, c, cRowStep, store)
  case 2: tileOf2(columns, terms, a, aRows, b, c, cRowStep, store)
  case 3: tileOf3(columns, terms, a, aRows, b, c, cRowStep, store)
  case 4: tileOf4(columns, terms, a, aRows, b, c, cRowStep, store)
  case 5: tileOf5(columns, terms, a, aRows, b, c, cRowStep, store)
  case 6: tileOf6(columns, terms, a, aRows, b, c, cRowStep, store)
  case 7: tileOf7(columns, terms, a, aRows, b, c, cRowStep, store)
  case 8: tileOf8(columns, terms, a, aRows, b, c, cRowStep, store)
  case 9: tileOf9(columns, terms, a, aRows, b, c, cRowStep, store)
  case 10: tileOf10(columns, terms, a, aRows, b, c, cRowStep, store)
  case 11: tileOf11(columns, terms, a, aRows, b, c, cRowStep, store)
  case 12: tileOf12(columns, terms, a, aRows, b, c, cRowStep, store)
  case 13: tileOf13(columns, terms, a, aRows, b, c, cRowStep, store)
  default: tileOf14(columns, terms, a, aRows, b, c, cRowStep, store)
  }
}

// One function a height: in a function that held them all, the compiler would stop inlining, `__always` or not.

@inline(never)
private func tileOf1(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(1, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf2(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(2, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf3(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(3, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf4(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(4, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf5(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(5, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf6(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(6, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf7(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(7, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf8(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(8, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf9(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(9, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf10(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(10, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf11(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(11, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf12(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(12, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf13(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(13, columns, terms, a, aRows, b, c, cRowStep, store)
}

@inline(never)
private func tileOf14(
  _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?,
  _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  tile(14, columns, terms, a, aRows, b, c, cRowStep, store)
}

/// Chooses the number of vectors, and whether the last one is partial.
@inline(__always)
private func tile(
  _ rows: Int, _ columns: Int, _ terms: borrowing TileTerms, _ a: borrowing TileOperand,
  _ aRows: UnsafePointer<Int32>?, _ b: borrowing TileOperand, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int,
  _ store: borrowing TileStore
) {
  let lanes = Int(LANE_COUNT)
  if columns == 2 * lanes {
    tile(rows, 2, false, columns, terms, a, aRows, b, c, cRowStep, store)
  } else if columns > lanes {
    tile(rows, 2, true, columns, terms, a, aRows, b, c, cRowStep, store)
  } else if columns == lanes {
    tile(rows, 1, false, columns, terms, a, aRows, b, c, cRowStep, store)
  } else {
    tile(rows, 1, true, columns, terms, a, aRows, b, c, cRowStep, store)
  }
}

/// The tile of one height and width.
///
/// Every accumulator has a name, because an array of them would live in memory. `rows`, `vectors` and `isPartial` are
/// literals at every call, so that what is unused vanishes.
@inline(__always)
private func tile(
  _ rows: Int, _ vectors: Int, _ isPartial: Bool, _ columns: Int, _ terms: borrowing TileTerms,
  _ a: borrowing TileOperand, _ aRows: UnsafePointer<Int32>?, _ b: borrowing TileOperand,
  _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int, _ store: borrowing TileStore
) {
  let lanes = Int(LANE_COUNT)
  let last = columns - (vectors - 1) * lanes
  var left0 = Lanes.zero
  var left1 = Lanes.zero
  var left2 = Lanes.zero
  var left3 = Lanes.zero
  var left4 = Lanes.zero
  var left5 = Lanes.zero
  var left6 = Lanes.zero
  var left7 = Lanes.zero
  var left8 = Lanes.zero
  var left9 = Lanes.zero
  var left10 = Lanes.zero
  var left11 = Lanes.zero
  var left12 = Lanes.zero
  var left13 = Lanes.zero
  var right0 = Lanes.zero
  var right1 = Lanes.zero
  var right2 = Lanes.zero
  var right3 = Lanes.zero
  var right4 = Lanes.zero
  var right5 = Lanes.zero
  var right6 = Lanes.zero
  var right7 = Lanes.zero
  var right8 = Lanes.zero
  var right9 = Lanes.zero
  var right10 = Lanes.zero
  var right11 = Lanes.zero
  var right12 = Lanes.zero
  var right13 = Lanes.zero
  let count = terms.count
  let runs = terms.runs
  if store.prefetches {
    prefetch(c, vectors)
    if rows > 1 { prefetch(c + 1 * cRowStep, vectors) }
    if rows > 2 { prefetch(c + 2 * cRowStep, vectors) }
    if rows > 3 { prefetch(c + 3 * cRowStep, vectors) }
    if rows > 4 { prefetch(c + 4 * cRowStep, vectors) }
    if rows > 5 { prefetch(c + 5 * cRowStep, vectors) }
    if rows > 6 { prefetch(c + 6 * cRowStep, vectors) }
    if rows > 7 { prefetch(c + 7 * cRowStep, vectors) }
    if rows > 8 { prefetch(c + 8 * cRowStep, vectors) }
    if rows > 9 { prefetch(c + 9 * cRowStep, vectors) }
    if rows > 10 { prefetch(c + 10 * cRowStep, vectors) }
    if rows > 11 { prefetch(c + 11 * cRowStep, vectors) }
    if rows > 12 { prefetch(c + 12 * cRowStep, vectors) }
    if rows > 13 { prefetch(c + 13 * cRowStep, vectors) }
  }
  let bStep = b.termStep
  let aRunSkip = a.runSkip
  let bRunSkip = b.runSkip
  var bTerm = b.start
  var plane = terms.planes
  if let aRows {
    let a0 = a.start
    let a1 = rows > 1 ? a0 + Int(aRows[1]) : a0
    let a2 = rows > 2 ? a0 + Int(aRows[2]) : a0
    let a3 = rows > 3 ? a0 + Int(aRows[3]) : a0
    let a4 = rows > 4 ? a0 + Int(aRows[4]) : a0
    let a5 = rows > 5 ? a0 + Int(aRows[5]) : a0
    let a6 = rows > 6 ? a0 + Int(aRows[6]) : a0
    let a7 = rows > 7 ? a0 + Int(aRows[7]) : a0
    let a8 = rows > 8 ? a0 + Int(aRows[8]) : a0
    let a9 = rows > 9 ? a0 + Int(aRows[9]) : a0
    let a10 = rows > 10 ? a0 + Int(aRows[10]) : a0
    let a11 = rows > 11 ? a0 + Int(aRows[11]) : a0
    let a12 = rows > 12 ? a0 + Int(aRows[12]) : a0
    let a13 = rows > 13 ? a0 + Int(aRows[13]) : a0
    let aStep = a.termStep
    var index = 0
    while plane > 0 {
      var run = runs
      while run > 0 {
        var term = count
        while term > 0 {
          let left = vectors == 1 && isPartial ? lanes_load_partial(bTerm, last) : lanes_load(bTerm)
          let right =
            vectors == 1 ? left : isPartial ? lanes_load_partial(bTerm + lanes, last) : lanes_load(bTerm + lanes)
          accumulate(a0[index], left, right, vectors, &left0, &right0)
          if rows > 1 { accumulate(a1[index], left, right, vectors, &left1, &right1) }
          if rows > 2 { accumulate(a2[index], left, right, vectors, &left2, &right2) }
          if rows > 3 { accumulate(a3[index], left, right, vectors, &left3, &right3) }
          if rows > 4 { accumulate(a4[index], left, right, vectors, &left4, &right4) }
          if rows > 5 { accumulate(a5[index], left, right, vectors, &left5, &right5) }
          if rows > 6 { accumulate(a6[index], left, right, vectors, &left6, &right6) }
          if rows > 7 { accumulate(a7[index], left, right, vectors, &left7, &right7) }
          if rows > 8 { accumulate(a8[index], left, right, vectors, &left8, &right8) }
          if rows > 9 { accumulate(a9[index], left, right, vectors, &left9, &right9) }
          if rows > 10 { accumulate(a10[index], left, right, vectors, &left10, &right10) }
          if rows > 11 { accumulate(a11[index], left, right, vectors, &left11, &right11) }
          if rows > 12 { accumulate(a12[index], left, right, vectors, &left12, &right12) }
          if rows > 13 { accumulate(a13[index], left, right, vectors, &left13, &right13) }
          index += aStep
          bTerm += bStep
          term &-= 1
        }
        index += aRunSkip
        bTerm += bRunSkip
        run &-= 1
      }
      index += a.planeSkip
      bTerm += b.planeSkip
      plane &-= 1
    }
  } else {
    var aTerm = a.start
    while plane > 0 {
      var run = runs
      while run > 0 {
        var term = count
        while term > 0 {
          let left = vectors == 1 && isPartial ? lanes_load_partial(bTerm, last) : lanes_load(bTerm)
          let right =
            vectors == 1 ? left : isPartial ? lanes_load_partial(bTerm + lanes, last) : lanes_load(bTerm + lanes)
          accumulate(aTerm[0], left, right, vectors, &left0, &right0)
          if rows > 1 { accumulate(aTerm[1], left, right, vectors, &left1, &right1) }
          if rows > 2 { accumulate(aTerm[2], left, right, vectors, &left2, &right2) }
          if rows > 3 { accumulate(aTerm[3], left, right, vectors, &left3, &right3) }
          if rows > 4 { accumulate(aTerm[4], left, right, vectors, &left4, &right4) }
          if rows > 5 { accumulate(aTerm[5], left, right, vectors, &left5, &right5) }
          if rows > 6 { accumulate(aTerm[6], left, right, vectors, &left6, &right6) }
          if rows > 7 { accumulate(aTerm[7], left, right, vectors, &left7, &right7) }
          if rows > 8 { accumulate(aTerm[8], left, right, vectors, &left8, &right8) }
          if rows > 9 { accumulate(aTerm[9], left, right, vectors, &left9, &right9) }
          if rows > 10 { accumulate(aTerm[10], left, right, vectors, &left10, &right10) }
          if rows > 11 { accumulate(aTerm[11], left, right, vectors, &left11, &right11) }
          if rows > 12 { accumulate(aTerm[12], left, right, vectors, &left12, &right12) }
          if rows > 13 { accumulate(aTerm[13], left, right, vectors, &left13, &right13) }
          aTerm += rows
          bTerm += bStep
          term &-= 1
        }
        aTerm += aRunSkip
        bTerm += bRunSkip
        run &-= 1
      }
      aTerm += a.planeSkip
      bTerm += b.planeSkip
      plane &-= 1
    }
  }
  let finish = TileFinish(store)
  storeRow(left0, right0, 0, vectors, isPartial, last, c, finish)
  if rows > 1 { storeRow(left1, right1, 1, vectors, isPartial, last, c + 1 * cRowStep, finish) }
  if rows > 2 { storeRow(left2, right2, 2, vectors, isPartial, last, c + 2 * cRowStep, finish) }
  if rows > 3 { storeRow(left3, right3, 3, vectors, isPartial, last, c + 3 * cRowStep, finish) }
  if rows > 4 { storeRow(left4, right4, 4, vectors, isPartial, last, c + 4 * cRowStep, finish) }
  if rows > 5 { storeRow(left5, right5, 5, vectors, isPartial, last, c + 5 * cRowStep, finish) }
  if rows > 6 { storeRow(left6, right6, 6, vectors, isPartial, last, c + 6 * cRowStep, finish) }
  if rows > 7 { storeRow(left7, right7, 7, vectors, isPartial, last, c + 7 * cRowStep, finish) }
  if rows > 8 { storeRow(left8, right8, 8, vectors, isPartial, last, c + 8 * cRowStep, finish) }
  if rows > 9 { storeRow(left9, right9, 9, vectors, isPartial, last, c + 9 * cRowStep, finish) }
  if rows > 10 { storeRow(left10, right10, 10, vectors, isPartial, last, c + 10 * cRowStep, finish) }
  if rows > 11 { storeRow(left11, right11, 11, vectors, isPartial, last, c + 11 * cRowStep, finish) }
  if rows > 12 { storeRow(left12, right12, 12, vectors, isPartial, last, c + 12 * cRowStep, finish) }
  if rows > 13 { storeRow(left13, right13, 13, vectors, isPartial, last, c + 13 * cRowStep, finish) }
}

/// Asks for a row of C, to be written.
@inline(__always)
private func prefetch(_ c: UnsafeMutablePointer<Float>, _ vectors: Int) {
  prefetch_to_write(c)
  if vectors == 2 { prefetch_to_write(c + Int(LANE_COUNT)) }
}

@inline(__always)
private func accumulate(
  _ a: Float, _ left: Lanes, _ right: Lanes, _ vectors: Int, _ leftSum: inout Lanes, _ rightSum: inout Lanes
) {
  let factor = lanes_broadcast(a)
  leftSum = lanes_multiply_add(leftSum, factor, left)
  if vectors == 2 { rightSum = lanes_multiply_add(rightSum, factor, right) }
}

/// A ``TileStore`` as the registers want it.
private struct TileFinish {
  let alpha: Float
  let beta: Float
  let rowBias: UnsafePointer<Float>?
  let columnBias: UnsafePointer<Float>?
  /// Whether to clip at 0.
  let rectifies: Bool
  /// Whether α is 1 and there is no bias by columns, as in all products of a network.
  let isSimple: Bool

  @inline(__always)
  init(_ store: borrowing TileStore) {
    alpha = store.alpha
    beta = store.beta
    rowBias = store.rowBias
    columnBias = store.columnBias
    rectifies = store.rectifies
    isSimple = alpha == 1 && columnBias == nil
  }
}

/// Stores one row of a tile.
@inline(__always)
private func storeRow(
  _ left: Lanes, _ right: Lanes, _ row: Int, _ vectors: Int, _ isPartial: Bool, _ last: Int,
  _ c: UnsafeMutablePointer<Float>, _ finish: borrowing TileFinish
) {
  let lanes = Int(LANE_COUNT)
  if !finish.isSimple {
    storeScaled(left, c, vectors == 1 && isPartial ? last : lanes, finish, row, 0)
    if vectors == 2 { storeScaled(right, c + lanes, isPartial ? last : lanes, finish, row, lanes) }
    return
  }
  var first = left
  var second = right
  if finish.beta != 0 {
    let beta = lanes_broadcast(finish.beta)
    let isPartialFirst = vectors == 1 && isPartial
    first = lanes_multiply_add(first, isPartialFirst ? lanes_load_partial(c, last) : lanes_load(c), beta)
    if vectors == 2 {
      second = lanes_multiply_add(
        second, isPartial ? lanes_load_partial(c + lanes, last) : lanes_load(c + lanes), beta)
    }
  }
  if let bias = finish.rowBias {
    first += bias[row]
    if vectors == 2 { second += bias[row] }
  }
  if finish.rectifies {
    // The comparison, false for NaN, lets NaN through.
    first.replace(with: Lanes.zero, where: first .<= 0)
    if vectors == 2 { second.replace(with: Lanes.zero, where: second .<= 0) }
  }
  if vectors == 1 && isPartial { lanes_store_partial(c, first, last) } else { lanes_store(c, first) }
  if vectors == 2 {
    if isPartial { lanes_store_partial(c + lanes, second, last) } else { lanes_store(c + lanes, second) }
  }
}

/// Stores one vector of a tile with everything that a ``TileStore`` can ask for.
@inline(never)
private func storeScaled(
  _ sum: Lanes, _ c: UnsafeMutablePointer<Float>, _ count: Int, _ finish: borrowing TileFinish, _ row: Int,
  _ column: Int
) {
  var result = sum * finish.alpha
  if finish.beta != 0 {
    result = lanes_multiply_add(result, lanes_load_partial(c, count), lanes_broadcast(finish.beta))
  }
  if let bias = finish.rowBias { result += bias[row] }
  if let bias = finish.columnBias { result += lanes_load_partial(bias + column, count) }
  if finish.rectifies { result.replace(with: Lanes.zero, where: result .<= 0) }
  lanes_store_partial(c, result, count)
}
