// One row of pooling windows at a time.
//
// This file is compiled for one instruction set. It uses raw pointers and SIMD values only, so that a copy of it
// compiled for another shares no generic code with this one.

/// Computes a row of maxima of 2×2 windows that touch, and their positions.
func maxPoolRowOfPairs(
  columns: Int, upper: UnsafePointer<Float>, lower: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
  argmax: UnsafeMutablePointer<UInt8>
) {
  var q = 0
  while q + 4 <= columns {
    let above = load(upper + 2 * q)
    let below = load(lower + 2 * q)
    var maximum = above.evenHalf
    var position = SIMD4<Int32>.zero
    take(above.oddHalf, 1, &maximum, &position)
    take(below.evenHalf, 2, &maximum, &position)
    take(below.oddHalf, 3, &maximum, &position)
    UnsafeMutableRawPointer(output + q).storeBytes(of: maximum, as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(argmax + q).storeBytes(
      of: SIMD4<UInt8>(truncatingIfNeeded: position), as: SIMD4<UInt8>.self)
    q += 4
  }
  while q < columns {
    maxPoolWindow(window: 2, corner: upper + 2 * q, rowStep: lower - upper, output: output + q, argmax: argmax + q)
    q += 1
  }
}

/// Computes a row of maxima and their positions.
func maxPoolRow(
  columns: Int, window: Int, stride: Int, input: UnsafePointer<Float>, rowStep: Int,
  output: UnsafeMutablePointer<Float>, argmax: UnsafeMutablePointer<UInt8>
) {
  for q in 0..<columns {
    maxPoolWindow(
      window: window, corner: input + q * stride, rowStep: rowStep, output: output + q, argmax: argmax + q)
  }
}

/// Writes two rows of the input gradient of 2×2 windows that touch; the elements beyond the last window become 0.
func maxPoolBackwardRowOfPairs(
  columns: Int, width: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
  upper: UnsafeMutablePointer<Float>, lower: UnsafeMutablePointer<Float>
) {
  for q in 0..<columns {
    let dy = outputGradient[q]
    let position = argmax[q]
    upper[2 * q] = position == 0 ? dy : 0
    upper[2 * q + 1] = position == 1 ? dy : 0
    lower[2 * q] = position == 2 ? dy : 0
    lower[2 * q + 1] = position == 3 ? dy : 0
  }
  for rest in 2 * columns..<width {
    upper[rest] = 0
    lower[rest] = 0
  }
}

/// Adds a row of output gradients to the elements that were the maxima.
func maxPoolBackwardRow(
  columns: Int, window: Int, stride: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
  inputGradient: UnsafeMutablePointer<Float>, rowStep: Int
) {
  for q in 0..<columns {
    let position = Int(argmax[q])
    let r = position / window
    inputGradient[r * rowStep + q * stride + (position - r * window)] += outputGradient[q]
  }
}

/// Puts `candidate` in place where it is larger, or is the first NaN.
@inline(__always)
private func take(
  _ candidate: SIMD4<Float>, _ index: Int32, _ maximum: inout SIMD4<Float>, _ position: inout SIMD4<Int32>
) {
  let wins = (candidate .> maximum) .| ((candidate .!= candidate) .& (maximum .== maximum))
  maximum.replace(with: candidate, where: wins)
  position.replace(with: index, where: wins)
}

@inline(__always)
private func maxPoolWindow(
  window: Int, corner: UnsafePointer<Float>, rowStep: Int, output: UnsafeMutablePointer<Float>,
  argmax: UnsafeMutablePointer<UInt8>
) {
  var maximum = corner.pointee
  var position = 0
  for r in 0..<window {
    for s in 0..<window {
      let value = corner[r * rowStep + s]
      if value > maximum || (value.isNaN && !maximum.isNaN) {
        maximum = value
        position = r * window + s
      }
    }
  }
  output.pointee = maximum
  argmax.pointee = UInt8(truncatingIfNeeded: position)
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
}
