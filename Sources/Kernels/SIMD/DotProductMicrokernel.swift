// A microtile as dot products of rows of A with rows of Bᵀ, both read in place along the terms: nothing is packed and
// no element is broadcast, for the price of sums across lanes at the end.
//
// This file is compiled for one instruction set. It uses raw pointers and SIMD values only, so that a copy of it
// compiled for another shares no generic code with this one.

/// Computes a microtile of `rows` × `columns` elements: C ← f(α·A·B + β·C + bias).
///
/// - Parameters:
///   - rows: The rows of the tile, 1...``BlockSizes/dotRows``.
///   - columns: The columns of the tile, 1...``BlockSizes/dotColumns``.
///   - k: Terms of each sum.
///   - a: The tile's first row of A, contiguous along the terms.
///   - rowStepA: Elements between two rows of A.
///   - b: The tile's first row of Bᵀ, contiguous along the terms.
///   - rowStepB: Elements between two rows of Bᵀ.
///   - c: The tile's first element of C.
///   - rowStepC: Elements between two rows of C.
///   - store: What to do with the sums.
func dotProductMicrokernel(
  rows: Int, columns: Int, k: Int, a: UnsafePointer<Float>, rowStepA: Int, b: UnsafePointer<Float>, rowStepB: Int,
  c: UnsafeMutablePointer<Float>, rowStepC: Int, store: borrowing TileStore
) {
  switch rows {
  case 1: tileOf1(columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case 2: tileOf2(columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case 3: tileOf3(columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case 4: tileOf4(columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case 5: tileOf5(columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  default: tileOf6(columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  }
}

private typealias Lanes = SIMD4<Float>

// One function a height: in a function that held them all, the compiler would stop inlining, `__always` or not.

@inline(never)
private func tileOf1(
  _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>, _ rowStepB: Int,
  _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(1, columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf2(
  _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>, _ rowStepB: Int,
  _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(2, columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf3(
  _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>, _ rowStepB: Int,
  _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(3, columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf4(
  _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>, _ rowStepB: Int,
  _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(4, columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf5(
  _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>, _ rowStepB: Int,
  _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(5, columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf6(
  _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>, _ rowStepB: Int,
  _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(6, columns, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
}

/// The microkernel of one height.
///
/// Every accumulator has a name, because an array of them would live in memory. `rows` is a literal at every call, so
/// that the unused ones vanish. A tile of one column computes it twice and stores it once.
@inline(__always)
private func tile(
  _ rows: Int, _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>,
  _ rowStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  let a0 = a
  let a1 = rows > 1 ? a + rowStepA : a
  let a2 = rows > 2 ? a + 2 * rowStepA : a
  let a3 = rows > 3 ? a + 3 * rowStepA : a
  let a4 = rows > 4 ? a + 4 * rowStepA : a
  let a5 = rows > 5 ? a + 5 * rowStepA : a
  let b0 = b
  let b1 = columns > 1 ? b + rowStepB : b

  var left0 = Lanes.zero
  var left1 = Lanes.zero
  var left2 = Lanes.zero
  var left3 = Lanes.zero
  var left4 = Lanes.zero
  var left5 = Lanes.zero
  var right0 = Lanes.zero
  var right1 = Lanes.zero
  var right2 = Lanes.zero
  var right3 = Lanes.zero
  var right4 = Lanes.zero
  var right5 = Lanes.zero
  let vectorTerms = k - k % Lanes.scalarCount
  var term = 0
  while term < vectorTerms {
    let left = load(b0 + term)
    let right = load(b1 + term)
    accumulate(load(a0 + term), left, right, &left0, &right0)
    if rows > 1 { accumulate(load(a1 + term), left, right, &left1, &right1) }
    if rows > 2 { accumulate(load(a2 + term), left, right, &left2, &right2) }
    if rows > 3 { accumulate(load(a3 + term), left, right, &left3, &right3) }
    if rows > 4 { accumulate(load(a4 + term), left, right, &left4, &right4) }
    if rows > 5 { accumulate(load(a5 + term), left, right, &left5, &right5) }
    term &+= Lanes.scalarCount
  }
  finish(left0, right0, columns, a0, b0, b1, term, k, c, 0, store)
  if rows > 1 { finish(left1, right1, columns, a1, b0, b1, term, k, c + rowStepC, 1, store) }
  if rows > 2 { finish(left2, right2, columns, a2, b0, b1, term, k, c + 2 * rowStepC, 2, store) }
  if rows > 3 { finish(left3, right3, columns, a3, b0, b1, term, k, c + 3 * rowStepC, 3, store) }
  if rows > 4 { finish(left4, right4, columns, a4, b0, b1, term, k, c + 4 * rowStepC, 4, store) }
  if rows > 5 { finish(left5, right5, columns, a5, b0, b1, term, k, c + 5 * rowStepC, 5, store) }
}

@inline(__always)
private func accumulate(_ a: Lanes, _ left: Lanes, _ right: Lanes, _ leftSum: inout Lanes, _ rightSum: inout Lanes) {
  leftSum = multiplyAdd(leftSum, a, left)
  rightSum = multiplyAdd(rightSum, a, right)
}

/// Adds up the lanes of one row of the tile and the terms from `term` on, and stores the row.
@inline(__always)
private func finish(
  _ left: Lanes, _ right: Lanes, _ columns: Int, _ a: UnsafePointer<Float>, _ b0: UnsafePointer<Float>,
  _ b1: UnsafePointer<Float>, _ term: Int, _ k: Int, _ c: UnsafeMutablePointer<Float>, _ row: Int,
  _ store: borrowing TileStore
) {
  var sums = SIMD2(
    (left[0] + left[1]) + (left[2] + left[3]),
    (right[0] + right[1]) + (right[2] + right[3]))
  for rest in term..<k {
    sums += SIMD2(b0[rest], b1[rest]) * a[rest]
  }
  sums *= store.alpha
  if store.beta != 0 { sums += SIMD2(c[0], columns > 1 ? c[1] : 0) * store.beta }
  if let bias = store.rowBias { sums += bias[row] }
  if let bias = store.columnBias { sums += SIMD2(bias[0], columns > 1 ? bias[1] : 0) }
  // The comparison, false for NaN, lets NaN through.
  if store.rectifies { sums.replace(with: 0, where: sums .<= 0) }
  c[0] = sums[0]
  if columns > 1 { c[1] = sums[1] }
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

/// Returns sum + one · other, fused where that is one instruction: elsewhere it would be a library call a lane.
@inline(__always)
private func multiplyAdd(_ sum: Lanes, _ one: Lanes, _ other: Lanes) -> Lanes {
  #if arch(arm64)
    sum.addingProduct(one, other)
  #else
    sum + one * other
  #endif
}
