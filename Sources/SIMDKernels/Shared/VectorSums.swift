// What is found out about all elements of a vector, in four registers at a time, because each addition waits for the one
// before it.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.

internal import VectorIntrinsics

/// Computes output[i] ← Σ_j matrix[i,j] for a `[rows, columns]` matrix.
func sumColumnsOfMatrix(rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
  for row in 0..<rows {
    output[row] = accumulate(plus, count: columns, values: matrix + row * columns)
  }
}

/// Returns the index of the first element that is infinite or NaN, or `nil` if all are finite.
func firstNonFiniteOfVector(count: Int, values: UnsafePointer<Float>) -> Int? {
  // Whole blocks are searched, and only one that holds such an element is looked at closely.
  let blockCount = 1024
  var block = 0
  while block < count {
    let end = min(block + blockCount, count)
    if accumulate(plusNothingIfFinite, count: end - block, values: values + block) != 0 {
      for index in block..<end where !values[index].isFinite {
        return index
      }
    }
    block = end
  }
  return nil
}

/// Returns sum + x.
@inline(always)
private func plus(_ sum: Lanes, _ x: Lanes) -> Lanes { sum + x }

/// Returns sum + 0·x, where 0·x is NaN exactly if x is infinite or NaN; a sum that is NaN stays so.
@inline(always)
private func plusNothingIfFinite(_ sum: Lanes, _ x: Lanes) -> Lanes { lanes_multiply_add(sum, Lanes.zero, x) }

/// Returns the sum that starts at 0 and takes in all values, and 0 for what is missing in the last register.
@inline(always)
private func accumulate(_ add: (_ sum: Lanes, _ x: Lanes) -> Lanes, count: Int, values: UnsafePointer<Float>) -> Float {
  let lanes = Lanes.scalarCount
  var one = Lanes.zero
  var two = Lanes.zero
  var three = Lanes.zero
  var four = Lanes.zero
  var index = 0
  while index <= count - 4 * lanes {
    one = add(one, lanes_load(values + index))
    two = add(two, lanes_load(values + index + lanes))
    three = add(three, lanes_load(values + index + 2 * lanes))
    four = add(four, lanes_load(values + index + 3 * lanes))
    index += 4 * lanes
  }
  while index <= count - lanes {
    one = add(one, lanes_load(values + index))
    index += lanes
  }
  if index < count { two = add(two, lanes_load_partial(values + index, count - index)) }
  return lanes_sum((one + two) + (three + four))
}
