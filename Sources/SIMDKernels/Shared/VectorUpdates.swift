// Sums and products of vectors, eight elements at a time.
//
// This file is compiled for one instruction set. It uses raw pointers and SIMD values only, so that a copy of it
// compiled for another shares no generic code with this one.

private typealias Lanes = SIMD8<Float>

/// Computes y ← α·x + β·y; β = 0 means that y is overwritten and never read.
func scaledSumVector(
  count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
) {
  var index = 0
  if beta == 0 {
    while index + Lanes.scalarCount <= count {
      store(load(x + index) * alpha, y + index)
      index += Lanes.scalarCount
    }
    for rest in index..<count { y[rest] = alpha * x[rest] }
  } else {
    while index + Lanes.scalarCount <= count {
      store(load(x + index) * alpha + load(y + index) * beta, y + index)
      index += Lanes.scalarCount
    }
    for rest in index..<count { y[rest] = alpha * x[rest] + beta * y[rest] }
  }
}

/// Computes output ← factor · input; `output` may be `input`.
func scaleVector(
  count: Int, factor: Float, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  var index = 0
  while index + Lanes.scalarCount <= count {
    store(load(input + index) * factor, output + index)
    index += Lanes.scalarCount
  }
  for rest in index..<count { output[rest] = factor * input[rest] }
}

/// Computes y ← y + x.
func addVector(count: Int, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>) {
  var index = 0
  while index + Lanes.scalarCount <= count {
    store(load(y + index) + load(x + index), y + index)
    index += Lanes.scalarCount
  }
  for rest in index..<count { y[rest] += x[rest] }
}

/// Returns the sum of `count` neighbours, in 32 partial sums while they last.
func sumVector(count: Int, values: UnsafePointer<Float>) -> Float {
  var one = Lanes.zero
  var two = Lanes.zero
  var three = Lanes.zero
  var four = Lanes.zero
  var index = 0
  while index + 4 * Lanes.scalarCount <= count {
    one += load(values + index)
    two += load(values + index + Lanes.scalarCount)
    three += load(values + index + 2 * Lanes.scalarCount)
    four += load(values + index + 3 * Lanes.scalarCount)
    index += 4 * Lanes.scalarCount
  }
  while index + Lanes.scalarCount <= count {
    one += load(values + index)
    index += Lanes.scalarCount
  }
  let all = (one + two) + (three + four)
  let half = all.lowHalf + all.highHalf
  let quarter = half.lowHalf + half.highHalf
  var sum = quarter[0] + quarter[1]
  for rest in index..<count { sum += values[rest] }
  return sum
}

/// Computes output[j] ← Σ_i matrix[i,j] for a `[rows, columns]` matrix.
func sumRowsOfMatrix(
  rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  var column = 0
  while column + 2 * Lanes.scalarCount <= columns {
    var left = Lanes.zero
    var right = Lanes.zero
    var row = matrix + column
    for _ in 0..<rows {
      left += load(row)
      right += load(row + Lanes.scalarCount)
      row += columns
    }
    store(left, output + column)
    store(right, output + column + Lanes.scalarCount)
    column += 2 * Lanes.scalarCount
  }
  while column < columns {
    // Two partial sums, because the additions of one column wait for each other.
    var even: Float = 0
    var odd: Float = 0
    var row = 0
    while row + 2 <= rows {
      even += matrix[row * columns + column]
      odd += matrix[(row + 1) * columns + column]
      row += 2
    }
    if row < rows { even += matrix[row * columns + column] }
    output[column] = even + odd
    column += 1
  }
}

/// Returns the index of the first element that is infinite or NaN, or `nil` if all are finite.
func firstNonFiniteOfVector(count: Int, values: UnsafePointer<Float>) -> Int? {
  let blockCount = 64
  var block = 0
  while block + blockCount <= count {
    var flags = SIMD8<UInt32>.zero
    var index = block
    while index < block + blockCount {
      let bits = unsafeBitCast(load(values + index), to: SIMD8<UInt32>.self)
      // An exponent of all ones, and no other, carries into the sign.
      flags |= (bits & SIMD8(repeating: 0x7FFF_FFFF)) &+ SIMD8(repeating: 0x0080_0000)
      index += Lanes.scalarCount
    }
    let half = flags.lowHalf | flags.highHalf
    let quarter = half.lowHalf | half.highHalf
    if (quarter[0] | quarter[1]) & 0x8000_0000 != 0 { break }
    block += blockCount
  }
  for index in block..<count where !values[index].isFinite {
    return index
  }
  return nil
}

/// Computes one step of SGD, as ``KernelBackend/sgdStep(_:count:parameters:gradient:velocity:updated:)`` says.
func sgdStepOfVector(
  learningRate: Float, momentum: Float, weightDecay: Float, count: Int, parameters: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>?, updated: UnsafeMutablePointer<Float>
) {
  var index = 0
  if let velocity {
    while index + Lanes.scalarCount <= count {
      let old = load(parameters + index)
      let direction = (load(gradient + index) + old * weightDecay) + load(velocity + index) * momentum
      store(direction, velocity + index)
      store(old - direction * learningRate, updated + index)
      index += Lanes.scalarCount
    }
    for rest in index..<count {
      let direction = (gradient[rest] + weightDecay * parameters[rest]) + momentum * velocity[rest]
      velocity[rest] = direction
      updated[rest] = parameters[rest] - learningRate * direction
    }
  } else {
    while index + Lanes.scalarCount <= count {
      let old = load(parameters + index)
      store(old - (load(gradient + index) + old * weightDecay) * learningRate, updated + index)
      index += Lanes.scalarCount
    }
    for rest in index..<count {
      updated[rest] = parameters[rest] - learningRate * (gradient[rest] + weightDecay * parameters[rest])
    }
  }
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
private func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self)
}
