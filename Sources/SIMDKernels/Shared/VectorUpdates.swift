// Sums, products and the step of SGD, a register at a time.
//
// This file is compiled for one instruction set. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.
//
// A loop's body is a function that is inlined twice: for whole registers, and for the partial one at the end. Both do
// the same operations, so a result does not depend on where in a vector it stands.

internal import VectorIntrinsics

/// Computes y ← α·x + β·y; β = 0 means that y is overwritten and never read.
func scaledSumVector(
  count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
) {
  if beta == 0 {
    scaleVector(count: count, factor: alpha, input: x, output: y)
    return
  }
  let alphas = lanes_broadcast(alpha)
  let betas = lanes_broadcast(beta)
  @inline(always)
  func add(_ index: Int, _ lanes: Int) {
    let scaled = lanes_load_partial(x + index, lanes) * alphas
    lanes_store_partial(
      y + index, lanes_multiply_add(scaled, betas, lanes_load_partial(y + index, lanes)), lanes)
  }
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    add(index, Lanes.scalarCount)
    index += Lanes.scalarCount
  }
  if index < count { add(index, count - index) }
}

/// Writes zeros.
func clearVector(count: Int, output: UnsafeMutablePointer<Float>) {
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    lanes_store(output + index, Lanes.zero)
    index += Lanes.scalarCount
  }
  if index < count { lanes_store_partial(output + index, Lanes.zero, count - index) }
}

/// Computes output ← factor · input; `output` may be `input`.
func scaleVector(count: Int, factor: Float, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
  let factors = lanes_broadcast(factor)
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    lanes_store(output + index, lanes_load(input + index) * factors)
    index += Lanes.scalarCount
  }
  if index < count {
    let rest = count - index
    lanes_store_partial(output + index, lanes_load_partial(input + index, rest) * factors, rest)
  }
}

/// Computes output[i,j] ← factors[j] · input[i,j] for a `[rows, columns]` matrix; `output` may be `input`.
func scaleColumns(
  rows: Int, columns: Int, factors: UnsafePointer<Float>, input: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>
) {
  let lastWhole = columns - Lanes.scalarCount
  var row = 0
  while row < rows {
    let x = input + row * columns
    let y = output + row * columns
    var index = 0
    while index <= lastWhole {
      lanes_store(y + index, lanes_load(x + index) * lanes_load(factors + index))
      index += Lanes.scalarCount
    }
    if index < columns {
      let rest = columns - index
      let scaled = lanes_load_partial(x + index, rest) * lanes_load_partial(factors + index, rest)
      lanes_store_partial(y + index, scaled, rest)
    }
    row += 1
  }
}

/// Computes output[i] ← Σ_j matrix[i,j] for a `[rows, columns]` matrix, in four registers of partial sums a row.
func sumColumnsOfMatrix(rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
  let lanes = Lanes.scalarCount
  var row = 0
  while row < rows {
    let values = matrix + row * columns
    var one = Lanes.zero
    var two = Lanes.zero
    var three = Lanes.zero
    var four = Lanes.zero
    var index = 0
    while index <= columns - 4 * lanes {
      one += lanes_load(values + index)
      two += lanes_load(values + index + lanes)
      three += lanes_load(values + index + 2 * lanes)
      four += lanes_load(values + index + 3 * lanes)
      index += 4 * lanes
    }
    while index <= columns - lanes {
      one += lanes_load(values + index)
      index += lanes
    }
    if index < columns { two += lanes_load_partial(values + index, columns - index) }
    output[row] = lanes_sum((one + two) + (three + four))
    row += 1
  }
}

/// Returns the index of the first element that is infinite or NaN, or `nil` if all are finite.
func firstNonFiniteOfVector(count: Int, values: UnsafePointer<Float>) -> Int? {
  // Whole blocks are searched, and only the one that holds such an element is looked at closely.
  let blockCount = 1024
  var block = 0
  while block < count {
    let end = min(block + blockCount, count)
    if holdsNonFinite(count: end - block, values: values + block) {
      var index = block
      while index < end {
        if !values[index].isFinite { return index }
        index += 1
      }
    }
    block = end
  }
  return nil
}

/// Returns whether an element is infinite or NaN: 0 · x is 0 for all others, and the sum of a NaN with anything is NaN.
@inline(always)
private func holdsNonFinite(count: Int, values: UnsafePointer<Float>) -> Bool {
  let lanes = Lanes.scalarCount
  let zero = Lanes.zero
  var one = zero
  var two = zero
  var three = zero
  var four = zero
  var index = 0
  while index <= count - 4 * lanes {
    one = lanes_multiply_add(one, zero, lanes_load(values + index))
    two = lanes_multiply_add(two, zero, lanes_load(values + index + lanes))
    three = lanes_multiply_add(three, zero, lanes_load(values + index + 2 * lanes))
    four = lanes_multiply_add(four, zero, lanes_load(values + index + 3 * lanes))
    index += 4 * lanes
  }
  while index <= count - lanes {
    one = lanes_multiply_add(one, zero, lanes_load(values + index))
    index += lanes
  }
  if index < count { two = lanes_multiply_add(two, zero, lanes_load_partial(values + index, count - index)) }
  return lanes_sum((one + two) + (three + four)) != 0
}

/// Computes one step of SGD, as ``KernelBackend/sgdStep(_:count:parameters:gradient:velocity:updated:)`` says.
///
/// The three operations of an element are one multiply-add each; the loop waits for the memory.
func sgdStepOfVector(
  learningRate: Float, momentum: Float, weightDecay: Float, count: Int, parameters: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>?, updated: UnsafeMutablePointer<Float>
) {
  let descent = lanes_broadcast(-learningRate)
  let momenta = lanes_broadcast(momentum)
  let decay = lanes_broadcast(weightDecay)
  @inline(always)
  func step(_ index: Int, _ lanes: Int, _ velocity: UnsafeMutablePointer<Float>?) {
    let old = lanes_load_partial(parameters + index, lanes)
    var direction = lanes_multiply_add(lanes_load_partial(gradient + index, lanes), decay, old)
    if let velocity {
      direction = lanes_multiply_add(direction, momenta, lanes_load_partial(velocity + index, lanes))
      lanes_store_partial(velocity + index, direction, lanes)
    }
    lanes_store_partial(updated + index, lanes_multiply_add(old, descent, direction), lanes)
  }
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  if let velocity {
    while index <= lastWhole {
      step(index, Lanes.scalarCount, velocity)
      index += Lanes.scalarCount
    }
  } else {
    while index <= lastWhole {
      step(index, Lanes.scalarCount, nil)
      index += Lanes.scalarCount
    }
  }
  if index < count { step(index, count - index, velocity) }
}
