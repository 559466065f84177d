// Sums and products, a register at a time.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.

internal import VectorIntrinsics

/// Writes zeros.
func clearVector(count: Int, output: UnsafeMutablePointer<Float>) {
  @inline(always)
  func clear(_ index: Int, _ lanes: Int) {
    lanes_store_partial(output + index, Lanes.zero, lanes)
  }
  forEachRegister(of: count, clear)
}

/// Computes y ← y + x.
func addVector(count: Int, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>) {
  @inline(always)
  func add(_ index: Int, _ lanes: Int) {
    let sum = lanes_load_partial(y + index, lanes) + lanes_load_partial(x + index, lanes)
    lanes_store_partial(y + index, sum, lanes)
  }
  forEachRegister(of: count, add)
}

/// Computes y ← α·x + β·y; β = 0 means that y is overwritten and never read.
func scaledSumVector(
  count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
) {
  let alphas = lanes_broadcast(alpha)
  let betas = lanes_broadcast(beta)
  @inline(always)
  func overwrite(_ index: Int, _ lanes: Int) {
    lanes_store_partial(y + index, lanes_load_partial(x + index, lanes) * alphas, lanes)
  }
  @inline(always)
  func add(_ index: Int, _ lanes: Int) {
    let scaled = lanes_load_partial(x + index, lanes) * alphas
    lanes_store_partial(y + index, lanes_multiply_add(scaled, betas, lanes_load_partial(y + index, lanes)), lanes)
  }
  if beta == 0 { forEachRegister(of: count, overwrite) } else { forEachRegister(of: count, add) }
}

/// Computes output[i,j] ← factors[j] · input[i,j] for a `[rows, columns]` matrix; `output` may be `input`.
func scaleColumns(
  rows: Int, columns: Int, factors: UnsafePointer<Float>, input: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let first = row * columns
    @inline(always)
    func scale(_ index: Int, _ lanes: Int) {
      let scaled = lanes_load_partial(input + (first + index), lanes) * lanes_load_partial(factors + index, lanes)
      lanes_store_partial(output + (first + index), scaled, lanes)
    }
    forEachRegister(of: columns, scale)
  }
}

/// Calls `body` for each whole register of a vector, and for the partial one at its end: with the index of the first
/// element and the number of lanes.
///
/// Both do the same operations, so a result does not depend on where in a vector it stands.
@inline(always)
private func forEachRegister(of count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    body(index, Lanes.scalarCount)
    index += Lanes.scalarCount
  }
  if index < count { body(index, count - index) }
}
