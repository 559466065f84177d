// One row of pooling windows at a time; a register holds neighbouring examples of one window.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.

internal import VectorIntrinsics

/// A row of pooling windows over images `[H, W, N]`.
struct PoolingRow {
  /// Rows and columns of a window.
  var window: Int
  /// Pixels between two windows.
  var stride: Int
  /// Q, the number of windows.
  var columns: Int
  /// W, pixels in a row of the input.
  var width: Int
  /// N, the number of examples.
  var examples: Int

  /// Computes the maxima, and their positions.
  ///
  /// - Parameters:
  ///   - input: The rows that the windows cover, `[window, W, N]`.
  ///   - output: `[Q, N]`, overwritten.
  ///   - argmax: `[Q, N]`, overwritten.
  func findMaxima(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, argmax: UnsafeMutablePointer<UInt8>
  ) {
    @inline(always)
    func find(_ window: Int, _ source: Int, _ target: Int, _ lanes: Int) {
      var maximum = lanes_load_partial(input + source, lanes)
      var position = LaneIntegers.zero
      var index: Int32 = 0
      var row = input + source
      for _ in 0..<window {
        var pixel = row
        for _ in 0..<window {
          let value = lanes_load_partial(pixel, lanes)
          // A larger value wins, and so does the first NaN.
          let wins = .!(value .<= maximum) .& (maximum .== maximum)
          maximum.replace(with: value, where: wins)
          position.replace(with: index, where: wins)
          index &+= 1
          pixel += examples
        }
        row += width * examples
      }
      lanes_store_partial(output + target, maximum, lanes)
      lanes_store_bytes(argmax + target, position, lanes)
    }
    // The commonest window is unrolled.
    if window == 2 {
      forEachRegister { find(2, $0, $1, $2) }
    } else {
      forEachRegister { find(window, $0, $1, $2) }
    }
  }

  /// Writes the rows of the input gradient that the windows cover, where windows do not overlap.
  ///
  /// Each element is written once: with the gradient of the window whose maximum it was, or with 0.
  ///
  /// - Parameters:
  ///   - outputGradient: `[Q, N]`.
  ///   - argmax: `[Q, N]`.
  ///   - rectifiedOutput: The pooling's output, `[Q, N]`, to apply the derivative of a rectifier too, or `nil`.
  ///   - inputGradient: `[window, W, N]`, overwritten.
  func spread(
    outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>, rectifiedOutput: UnsafePointer<Float>?,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    @inline(always)
    func write(_ window: Int, _ source: Int, _ target: Int, _ lanes: Int) {
      let gradient = letThrough(outputGradient, rectifiedOutput, target, lanes)
      let position = lanes_load_bytes(argmax + target, lanes)
      var index: Int32 = 0
      var row = inputGradient + source
      for _ in 0..<window {
        var pixel = row
        for _ in 0..<window {
          lanes_store_partial(pixel, lanes_where_equal(gradient, position, index), lanes)
          index &+= 1
          pixel += examples
        }
        row += width * examples
      }
    }
    if window == 2 {
      forEachRegister { write(2, $0, $1, $2) }
    } else {
      forEachRegister { write(window, $0, $1, $2) }
    }
    // What is between the windows, and beyond the last one.
    for column in 0..<columns {
      let gapStart = column * stride + window
      let gapEnd = column + 1 < columns ? (column + 1) * stride : width
      guard gapStart < gapEnd else { continue }
      for r in 0..<window {
        clearVector(
          count: (gapEnd - gapStart) * examples, output: inputGradient + (r * width + gapStart) * examples)
      }
    }
  }

  /// Adds the gradient of each window to the element that was its maximum, as overlapping windows need it.
  ///
  /// - Parameters:
  ///   - outputGradient: `[Q, N]`.
  ///   - argmax: `[Q, N]`.
  ///   - rectifiedOutput: The pooling's output, `[Q, N]`, to apply the derivative of a rectifier too, or `nil`.
  ///   - inputGradient: `[window, W, N]`, updated.
  func accumulate(
    outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>, rectifiedOutput: UnsafePointer<Float>?,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    @inline(always)
    func add(_ source: Int, _ target: Int, _ lanes: Int) {
      let gradient = letThrough(outputGradient, rectifiedOutput, target, lanes)
      let position = lanes_load_bytes(argmax + target, lanes)
      var index: Int32 = 0
      var row = inputGradient + source
      for _ in 0..<window {
        var pixel = row
        for _ in 0..<window {
          let share = lanes_where_equal(gradient, position, index)
          lanes_store_partial(pixel, lanes_load_partial(pixel, lanes) + share, lanes)
          index &+= 1
          pixel += examples
        }
        row += width * examples
      }
    }
    forEachRegister { add($0, $1, $2) }
  }

  /// Returns a register of output gradients, without those that a rectifier stopped.
  @inline(always)
  private func letThrough(
    _ outputGradient: UnsafePointer<Float>, _ rectifiedOutput: UnsafePointer<Float>?, _ index: Int, _ lanes: Int
  ) -> Lanes {
    let gradient = lanes_load_partial(outputGradient + index, lanes)
    guard let rectifiedOutput else { return gradient }
    // The comparison, false for NaN, lets the gradient of a NaN through.
    return gradient.replacing(with: 0, where: lanes_load_partial(rectifiedOutput + index, lanes) .<= 0)
  }

  /// Calls `body` for each register of examples of each window: with the index of its corner in the input, its index
  /// in the output, and the number of lanes.
  @inline(always)
  private func forEachRegister(_ body: (_ source: Int, _ target: Int, _ lanes: Int) -> Void) {
    for column in 0..<columns {
      let source = column * stride * examples
      let target = column * examples
      var index = 0
      while index <= examples - Lanes.scalarCount {
        body(source + index, target + index, Lanes.scalarCount)
        index += Lanes.scalarCount
      }
      if index < examples { body(source + index, target + index, examples - index) }
    }
  }
}
