// A microtile as the sum of k outer products: one row of B in registers, times one element of A a row.
//
// This file is compiled for one instruction set. It uses raw pointers and SIMD values only, so that a copy of it
// compiled for another shares no generic code with this one.

/// What happens to a microtile on its way from the registers to C.
struct TileStore {
  /// α.
  var alpha: Float
  /// β; 0 means that C is not read.
  var beta: Float
  /// The bias of the tile's first row, or `nil` for no bias by rows.
  var rowBias: UnsafePointer<Float>?
  /// The bias of the tile's first column, or `nil` for no bias by columns.
  var columnBias: UnsafePointer<Float>?
  /// Whether to clip at 0 in the end.
  var rectifies: Bool
}

/// Computes a microtile of `rows` × NR elements: C ← f(α·A·B + β·C + bias).
///
/// - Parameters:
///   - rows: The rows of the tile, 1...MR.
///   - k: Terms of each sum.
///   - a: The tile's first element of A.
///   - rowStepA: Elements between two rows of A.
///   - termStepA: Elements between two terms of a row of A.
///   - b: The tile's first element of B; NR elements are read at each term.
///   - termStepB: Elements between two terms of B: NR in a micropanel, the leading dimension in a row-major matrix.
///   - c: The tile's first element of C.
///   - rowStepC: Elements between two rows of C.
///   - store: What to do with the sums.
func outerProductMicrokernel(
  rows: Int, k: Int, a: UnsafePointer<Float>, rowStepA: Int, termStepA: Int, b: UnsafePointer<Float>, termStepB: Int,
  c: UnsafeMutablePointer<Float>, rowStepC: Int, store: borrowing TileStore
) {
  switch rows {
  case 1: tileOf1(k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
  case 2: tileOf2(k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
  case 3: tileOf3(k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
  case 4: tileOf4(k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
  case 5: tileOf5(k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
  default: tileOf6(k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
  }
}

private typealias Lanes = SIMD8<Float>

// One function a height: in a function that held them all, the compiler would stop inlining, `__always` or not.

@inline(never)
private func tileOf1(
  _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(1, k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf2(
  _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(2, k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf3(
  _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(3, k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf4(
  _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(4, k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf5(
  _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(5, k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
}

@inline(never)
private func tileOf6(
  _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  tile(6, k, a, rowStepA, termStepA, b, termStepB, c, rowStepC, store)
}

/// The microkernel of one height.
///
/// Every accumulator has a name, because an array of them would live in memory. `rows` is a literal at every call, so
/// that the unused ones vanish.
@inline(__always)
private func tile(
  _ rows: Int, _ k: Int, _ a: UnsafePointer<Float>, _ rowStepA: Int, _ termStepA: Int, _ b: UnsafePointer<Float>,
  _ termStepB: Int, _ c: UnsafeMutablePointer<Float>, _ rowStepC: Int, _ store: borrowing TileStore
) {
  var row0 = Lanes.zero
  var row1 = Lanes.zero
  var row2 = Lanes.zero
  var row3 = Lanes.zero
  var row4 = Lanes.zero
  var row5 = Lanes.zero
  // Two pointers and two multiples of the step reach six rows with the addressing modes of the machine.
  var upper = a
  var lower = rows > 3 ? a + 3 * rowStepA : a
  var terms = b
  for _ in 0..<k {
    let bTerm = load(terms)
    row0 = multiplyAdd(row0, upper[0], bTerm)
    if rows > 1 { row1 = multiplyAdd(row1, upper[rowStepA], bTerm) }
    if rows > 2 { row2 = multiplyAdd(row2, upper[2 * rowStepA], bTerm) }
    if rows > 3 { row3 = multiplyAdd(row3, lower[0], bTerm) }
    if rows > 4 { row4 = multiplyAdd(row4, lower[rowStepA], bTerm) }
    if rows > 5 { row5 = multiplyAdd(row5, lower[2 * rowStepA], bTerm) }
    upper += termStepA
    if rows > 3 { lower += termStepA }
    terms += termStepB
  }
  finish(row0, 0, c, store)
  if rows > 1 { finish(row1, 1, c + rowStepC, store) }
  if rows > 2 { finish(row2, 2, c + 2 * rowStepC, store) }
  if rows > 3 { finish(row3, 3, c + 3 * rowStepC, store) }
  if rows > 4 { finish(row4, 4, c + 4 * rowStepC, store) }
  if rows > 5 { finish(row5, 5, c + 5 * rowStepC, store) }
}

/// Stores one row of a tile.
@inline(__always)
private func finish(_ sum: Lanes, _ row: Int, _ c: UnsafeMutablePointer<Float>, _ store: borrowing TileStore) {
  var result = sum * store.alpha
  if store.beta != 0 { result += load(c) * store.beta }
  if let bias = store.rowBias { result += bias[row] }
  if let bias = store.columnBias { result += load(bias) }
  // The comparison, false for NaN, lets NaN through.
  if store.rectifies { result.replace(with: 0, where: result .<= 0) }
  UnsafeMutableRawPointer(c).storeBytes(of: result, as: Lanes.self)
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

/// Returns sum + factor · lanes, fused where that is one instruction: elsewhere it would be a library call a lane.
@inline(__always)
private func multiplyAdd(_ sum: Lanes, _ factor: Float, _ lanes: Lanes) -> Lanes {
  #if arch(arm64)
    sum.addingProduct(Lanes(repeating: factor), lanes)
  #else
    sum + Lanes(repeating: factor) * lanes
  #endif
}
