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
  switch (rows, columns) {
  case (1, 1): tile(1, 1, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (1, 2): tile(1, 2, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (1, _): tile(1, 3, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (2, 1): tile(2, 1, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (2, 2): tile(2, 2, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (2, _): tile(2, 3, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (3, 1): tile(3, 1, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (3, 2): tile(3, 2, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (3, _): tile(3, 3, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (_, 1): tile(4, 1, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  case (_, 2): tile(4, 2, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  default: tile(4, 3, k, a, rowStepA, b, rowStepB, c, rowStepC, store)
  }
}

private typealias Lanes = SIMD4<Float>

/// The microkernel of one shape.
///
/// Every accumulator has a name, because an array of them would live in memory. `rows` and `columns` are literals at
/// every call, so that the unused ones vanish.
@inline(__always)
private func tile(
  _ rows: Int, _ columns: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ b: UnsafePointer<Float>,
  _ rowStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  let a0 = a
  let a1 = rows > 1 ? a + rowStepA : a
  let a2 = rows > 2 ? a + 2 * rowStepA : a
  let a3 = rows > 3 ? a + 3 * rowStepA : a
  let b0 = b
  let b1 = columns > 1 ? b + rowStepB : b
  let b2 = columns > 2 ? b + 2 * rowStepB : b

  var sum00 = Lanes.zero
  var sum01 = Lanes.zero
  var sum02 = Lanes.zero
  var sum10 = Lanes.zero
  var sum11 = Lanes.zero
  var sum12 = Lanes.zero
  var sum20 = Lanes.zero
  var sum21 = Lanes.zero
  var sum22 = Lanes.zero
  var sum30 = Lanes.zero
  var sum31 = Lanes.zero
  var sum32 = Lanes.zero
  var term = 0
  while term + Lanes.scalarCount <= k {
    let first = load(a0 + term)
    let second = load(a1 + term)
    let third = load(a2 + term)
    let fourth = load(a3 + term)
    let left = load(b0 + term)
    sum00 = multiplyAdd(sum00, first, left)
    if rows > 1 { sum10 = multiplyAdd(sum10, second, left) }
    if rows > 2 { sum20 = multiplyAdd(sum20, third, left) }
    if rows > 3 { sum30 = multiplyAdd(sum30, fourth, left) }
    if columns > 1 {
      let middle = load(b1 + term)
      sum01 = multiplyAdd(sum01, first, middle)
      if rows > 1 { sum11 = multiplyAdd(sum11, second, middle) }
      if rows > 2 { sum21 = multiplyAdd(sum21, third, middle) }
      if rows > 3 { sum31 = multiplyAdd(sum31, fourth, middle) }
    }
    if columns > 2 {
      let right = load(b2 + term)
      sum02 = multiplyAdd(sum02, first, right)
      if rows > 1 { sum12 = multiplyAdd(sum12, second, right) }
      if rows > 2 { sum22 = multiplyAdd(sum22, third, right) }
      if rows > 3 { sum32 = multiplyAdd(sum32, fourth, right) }
    }
    term += Lanes.scalarCount
  }
  finish(sum00, a0, b0, term, k, c, 0, 0, store)
  if columns > 1 { finish(sum01, a0, b1, term, k, c + 1, 0, 1, store) }
  if columns > 2 { finish(sum02, a0, b2, term, k, c + 2, 0, 2, store) }
  if rows > 1 {
    let c = c + rowStepC
    finish(sum10, a1, b0, term, k, c, 1, 0, store)
    if columns > 1 { finish(sum11, a1, b1, term, k, c + 1, 1, 1, store) }
    if columns > 2 { finish(sum12, a1, b2, term, k, c + 2, 1, 2, store) }
  }
  if rows > 2 {
    let c = c + 2 * rowStepC
    finish(sum20, a2, b0, term, k, c, 2, 0, store)
    if columns > 1 { finish(sum21, a2, b1, term, k, c + 1, 2, 1, store) }
    if columns > 2 { finish(sum22, a2, b2, term, k, c + 2, 2, 2, store) }
  }
  if rows > 3 {
    let c = c + 3 * rowStepC
    finish(sum30, a3, b0, term, k, c, 3, 0, store)
    if columns > 1 { finish(sum31, a3, b1, term, k, c + 1, 3, 1, store) }
    if columns > 2 { finish(sum32, a3, b2, term, k, c + 2, 3, 2, store) }
  }
}

/// Adds up the lanes and the terms after `term`, and stores one element.
@inline(never)
private func finish(
  _ lanes: Lanes, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ term: Int, _ k: Int,
  _ c: UnsafeMutablePointer<Float>, _ row: Int, _ column: Int, _ store: borrowing TileStore
) {
  var sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
  for rest in term..<k {
    sum += a[rest] * b[rest]
  }
  var result = sum * store.alpha
  if store.beta != 0 { result += c.pointee * store.beta }
  if let bias = store.rowBias { result += bias[row] }
  if let bias = store.columnBias { result += bias[column] }
  // The comparison, false for NaN, lets NaN through.
  if store.rectifies, result <= 0 { result = 0 }
  c.pointee = result
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
