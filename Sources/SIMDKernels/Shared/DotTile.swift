// A register tile of dot products: some rows of A times some rows of B, both read in place along the terms.
//
// This file is compiled for several instruction sets. It uses raw pointers and SIMD values only, so that a copy of it
// shares no generic code with the others.

internal import VectorIntrinsics

/// The terms of dot products: runs of neighbours.
struct DotTerms {
  /// Terms of a run.
  var count: Int
  /// The number of runs.
  var runs: Int
  /// Elements of A and of B between the beginnings of two runs.
  var aRunStep: Int
  var bRunStep: Int
}

/// Adds Σ A[i]·B[j] to C[i, j] for `rows` rows i of A and `columns` rows j of B, 1...DOT_TILE of each.
///
/// - Parameters:
///   - rows: Rows of A and C.
///   - columns: Rows of B, columns of C.
///   - terms: The terms of each sum.
///   - a: The first row of A.
///   - aRowStep: Elements between two rows of A.
///   - b: The first row of B.
///   - bRowStep: Elements between two rows of B.
///   - c: The first element of C; its columns are neighbours.
///   - cRowStep: Elements between two rows of C.
func addDotTile(
  rows: Int, columns: Int, terms: borrowing DotTerms, a: UnsafePointer<Float>, aRowStep: Int,
  b: UnsafePointer<Float>, bRowStep: Int, c: UnsafeMutablePointer<Float>, cRowStep: Int
) {
  switch rows {
  case 1: dotTileOf1(columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  case 2: dotTileOf2(columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  case 3: dotTileOf3(columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  case 4: dotTileOf4(columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  default: dotTileOf5(columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  }
}

// One function a height: in a function that held them all, the compiler would stop inlining, `__always` or not.

@inline(never)
private func dotTileOf1(
  _ columns: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int, _ b: UnsafePointer<Float>,
  _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  tile(1, columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
}

@inline(never)
private func dotTileOf2(
  _ columns: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int, _ b: UnsafePointer<Float>,
  _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  tile(2, columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
}

@inline(never)
private func dotTileOf3(
  _ columns: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int, _ b: UnsafePointer<Float>,
  _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  tile(3, columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
}

@inline(never)
private func dotTileOf4(
  _ columns: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int, _ b: UnsafePointer<Float>,
  _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  tile(4, columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
}

@inline(never)
private func dotTileOf5(
  _ columns: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int, _ b: UnsafePointer<Float>,
  _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  tile(5, columns, terms, a, aRowStep, b, bRowStep, c, cRowStep)
}

/// Chooses the width.
@inline(__always)
private func tile(
  _ rows: Int, _ columns: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int,
  _ b: UnsafePointer<Float>, _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  switch columns {
  case 1: tile(rows, width: 1, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  case 2: tile(rows, width: 2, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  case 3: tile(rows, width: 3, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  case 4: tile(rows, width: 4, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  default: tile(rows, width: 5, terms, a, aRowStep, b, bRowStep, c, cRowStep)
  }
}

/// The tile of one height and width.
///
/// Every accumulator has a name, because an array of them would live in memory. `rows` and `width` are literals at every
/// call, so that what is unused vanishes.
@inline(__always)
private func tile(
  _ rows: Int, width: Int, _ terms: borrowing DotTerms, _ a: UnsafePointer<Float>, _ aRowStep: Int,
  _ b: UnsafePointer<Float>, _ bRowStep: Int, _ c: UnsafeMutablePointer<Float>, _ cRowStep: Int
) {
  let lanes = Int(LANE_COUNT)
  var sum00 = Lanes.zero
  var sum01 = Lanes.zero
  var sum02 = Lanes.zero
  var sum03 = Lanes.zero
  var sum04 = Lanes.zero
  var sum10 = Lanes.zero
  var sum11 = Lanes.zero
  var sum12 = Lanes.zero
  var sum13 = Lanes.zero
  var sum14 = Lanes.zero
  var sum20 = Lanes.zero
  var sum21 = Lanes.zero
  var sum22 = Lanes.zero
  var sum23 = Lanes.zero
  var sum24 = Lanes.zero
  var sum30 = Lanes.zero
  var sum31 = Lanes.zero
  var sum32 = Lanes.zero
  var sum33 = Lanes.zero
  var sum34 = Lanes.zero
  var sum40 = Lanes.zero
  var sum41 = Lanes.zero
  var sum42 = Lanes.zero
  var sum43 = Lanes.zero
  var sum44 = Lanes.zero
  let a1 = rows > 1 ? 1 * aRowStep : 0
  let a2 = rows > 2 ? 2 * aRowStep : 0
  let a3 = rows > 3 ? 3 * aRowStep : 0
  let a4 = rows > 4 ? 4 * aRowStep : 0
  let b1 = width > 1 ? 1 * bRowStep : 0
  let b2 = width > 2 ? 2 * bRowStep : 0
  let b3 = width > 3 ? 3 * bRowStep : 0
  let b4 = width > 4 ? 4 * bRowStep : 0
  var aRun = a
  var bRun = b
  var run = terms.runs
  while run > 0 {
    var aTerm = aRun
    var bTerm = bRun
    var rest = terms.count
    while rest >= lanes {
      let right0 = lanes_load(bTerm)
      let right1 = width > 1 ? lanes_load(bTerm + b1) : Lanes.zero
      let right2 = width > 2 ? lanes_load(bTerm + b2) : Lanes.zero
      let right3 = width > 3 ? lanes_load(bTerm + b3) : Lanes.zero
      let right4 = width > 4 ? lanes_load(bTerm + b4) : Lanes.zero
      do {
        let left = lanes_load(aTerm)
        sum00 = lanes_multiply_add(sum00, left, right0)
        if width > 1 { sum01 = lanes_multiply_add(sum01, left, right1) }
        if width > 2 { sum02 = lanes_multiply_add(sum02, left, right2) }
        if width > 3 { sum03 = lanes_multiply_add(sum03, left, right3) }
        if width > 4 { sum04 = lanes_multiply_add(sum04, left, right4) }
      }
      if rows > 1 {
        let left = lanes_load(aTerm + a1)
        sum10 = lanes_multiply_add(sum10, left, right0)
        if width > 1 { sum11 = lanes_multiply_add(sum11, left, right1) }
        if width > 2 { sum12 = lanes_multiply_add(sum12, left, right2) }
        if width > 3 { sum13 = lanes_multiply_add(sum13, left, right3) }
        if width > 4 { sum14 = lanes_multiply_add(sum14, left, right4) }
      }
      if rows > 2 {
        let left = lanes_load(aTerm + a2)
        sum20 = lanes_multiply_add(sum20, left, right0)
        if width > 1 { sum21 = lanes_multiply_add(sum21, left, right1) }
        if width > 2 { sum22 = lanes_multiply_add(sum22, left, right2) }
        if width > 3 { sum23 = lanes_multiply_add(sum23, left, right3) }
        if width > 4 { sum24 = lanes_multiply_add(sum24, left, right4) }
      }
      if rows > 3 {
        let left = lanes_load(aTerm + a3)
        sum30 = lanes_multiply_add(sum30, left, right0)
        if width > 1 { sum31 = lanes_multiply_add(sum31, left, right1) }
        if width > 2 { sum32 = lanes_multiply_add(sum32, left, right2) }
        if width > 3 { sum33 = lanes_multiply_add(sum33, left, right3) }
        if width > 4 { sum34 = lanes_multiply_add(sum34, left, right4) }
      }
      if rows > 4 {
        let left = lanes_load(aTerm + a4)
        sum40 = lanes_multiply_add(sum40, left, right0)
        if width > 1 { sum41 = lanes_multiply_add(sum41, left, right1) }
        if width > 2 { sum42 = lanes_multiply_add(sum42, left, right2) }
        if width > 3 { sum43 = lanes_multiply_add(sum43, left, right3) }
        if width > 4 { sum44 = lanes_multiply_add(sum44, left, right4) }
      }
      aTerm += lanes
      bTerm += lanes
      rest &-= lanes
    }
    if rest > 0 {
      let right0 = lanes_load_partial(bTerm, rest)
      let right1 = width > 1 ? lanes_load_partial(bTerm + b1, rest) : Lanes.zero
      let right2 = width > 2 ? lanes_load_partial(bTerm + b2, rest) : Lanes.zero
      let right3 = width > 3 ? lanes_load_partial(bTerm + b3, rest) : Lanes.zero
      let right4 = width > 4 ? lanes_load_partial(bTerm + b4, rest) : Lanes.zero
      do {
        let left = lanes_load_partial(aTerm, rest)
        sum00 = lanes_multiply_add(sum00, left, right0)
        if width > 1 { sum01 = lanes_multiply_add(sum01, left, right1) }
        if width > 2 { sum02 = lanes_multiply_add(sum02, left, right2) }
        if width > 3 { sum03 = lanes_multiply_add(sum03, left, right3) }
        if width > 4 { sum04 = lanes_multiply_add(sum04, left, right4) }
      }
      if rows > 1 {
        let left = lanes_load_partial(aTerm + a1, rest)
        sum10 = lanes_multiply_add(sum10, left, right0)
        if width > 1 { sum11 = lanes_multiply_add(sum11, left, right1) }
        if width > 2 { sum12 = lanes_multiply_add(sum12, left, right2) }
        if width > 3 { sum13 = lanes_multiply_add(sum13, left, right3) }
        if width > 4 { sum14 = lanes_multiply_add(sum14, left, right4) }
      }
      if rows > 2 {
        let left = lanes_load_partial(aTerm + a2, rest)
        sum20 = lanes_multiply_add(sum20, left, right0)
        if width > 1 { sum21 = lanes_multiply_add(sum21, left, right1) }
        if width > 2 { sum22 = lanes_multiply_add(sum22, left, right2) }
        if width > 3 { sum23 = lanes_multiply_add(sum23, left, right3) }
        if width > 4 { sum24 = lanes_multiply_add(sum24, left, right4) }
      }
      if rows > 3 {
        let left = lanes_load_partial(aTerm + a3, rest)
        sum30 = lanes_multiply_add(sum30, left, right0)
        if width > 1 { sum31 = lanes_multiply_add(sum31, left, right1) }
        if width > 2 { sum32 = lanes_multiply_add(sum32, left, right2) }
        if width > 3 { sum33 = lanes_multiply_add(sum33, left, right3) }
        if width > 4 { sum34 = lanes_multiply_add(sum34, left, right4) }
      }
      if rows > 4 {
        let left = lanes_load_partial(aTerm + a4, rest)
        sum40 = lanes_multiply_add(sum40, left, right0)
        if width > 1 { sum41 = lanes_multiply_add(sum41, left, right1) }
        if width > 2 { sum42 = lanes_multiply_add(sum42, left, right2) }
        if width > 3 { sum43 = lanes_multiply_add(sum43, left, right3) }
        if width > 4 { sum44 = lanes_multiply_add(sum44, left, right4) }
      }
    }
    aRun += terms.aRunStep
    bRun += terms.bRunStep
    run &-= 1
  }
  c[0] += lanes_sum(sum00)
  if width > 1 { c[1] += lanes_sum(sum01) }
  if width > 2 { c[2] += lanes_sum(sum02) }
  if width > 3 { c[3] += lanes_sum(sum03) }
  if width > 4 { c[4] += lanes_sum(sum04) }
  if rows > 1 {
    (c + 1 * cRowStep)[0] += lanes_sum(sum10)
    if width > 1 { (c + 1 * cRowStep)[1] += lanes_sum(sum11) }
    if width > 2 { (c + 1 * cRowStep)[2] += lanes_sum(sum12) }
    if width > 3 { (c + 1 * cRowStep)[3] += lanes_sum(sum13) }
    if width > 4 { (c + 1 * cRowStep)[4] += lanes_sum(sum14) }
  }
  if rows > 2 {
    (c + 2 * cRowStep)[0] += lanes_sum(sum20)
    if width > 1 { (c + 2 * cRowStep)[1] += lanes_sum(sum21) }
    if width > 2 { (c + 2 * cRowStep)[2] += lanes_sum(sum22) }
    if width > 3 { (c + 2 * cRowStep)[3] += lanes_sum(sum23) }
    if width > 4 { (c + 2 * cRowStep)[4] += lanes_sum(sum24) }
  }
  if rows > 3 {
    (c + 3 * cRowStep)[0] += lanes_sum(sum30)
    if width > 1 { (c + 3 * cRowStep)[1] += lanes_sum(sum31) }
    if width > 2 { (c + 3 * cRowStep)[2] += lanes_sum(sum32) }
    if width > 3 { (c + 3 * cRowStep)[3] += lanes_sum(sum33) }
    if width > 4 { (c + 3 * cRowStep)[4] += lanes_sum(sum34) }
  }
  if rows > 4 {
    (c + 4 * cRowStep)[0] += lanes_sum(sum40)
    if width > 1 { (c + 4 * cRowStep)[1] += lanes_sum(sum41) }
    if width > 2 { (c + 4 * cRowStep)[2] += lanes_sum(sum42) }
    if width > 3 { (c + 4 * cRowStep)[3] += lanes_sum(sum43) }
    if width > 4 { (c + 4 * cRowStep)[4] += lanes_sum(sum44) }
  }
}
