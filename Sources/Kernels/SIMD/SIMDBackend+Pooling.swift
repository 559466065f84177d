extension SIMDBackend {
  /// Computes the maximum of each window, and where it was.
  public func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    let g = geometry
    let planeCount = g.outputHeight * g.outputWidth
    for plane in 0..<images * g.channels {
      let x = input + plane * g.height * g.width
      for p in 0..<g.outputHeight {
        let row = x + p * g.stride * g.width
        let target = plane * planeCount + p * g.outputWidth
        if g.window == 2, g.stride == 2 {
          maxPoolRowOfPairs(
            columns: g.outputWidth, upper: row, lower: row + g.width, output: output + target,
            argmax: argmax + target)
        } else {
          maxPoolRow(
            columns: g.outputWidth, window: g.window, stride: g.stride, input: row, rowStep: g.width,
            output: output + target, argmax: argmax + target)
        }
      }
    }
  }

  /// Sends each output gradient to the input element that was the maximum; overlapping windows add up.
  public func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let planeCount = g.outputHeight * g.outputWidth
    if g.window == 2, g.stride == 2 {
      for plane in 0..<images * g.channels {
        let dx = inputGradient + plane * g.height * g.width
        for p in 0..<g.outputHeight {
          let source = plane * planeCount + p * g.outputWidth
          maxPoolBackwardRowOfPairs(
            columns: g.outputWidth, width: g.width, outputGradient: outputGradient + source, argmax: argmax + source,
            upper: dx + 2 * p * g.width, lower: dx + (2 * p + 1) * g.width)
        }
        // The rows that no window reaches.
        let covered = 2 * g.outputHeight
        (dx + covered * g.width).update(repeating: 0, count: (g.height - covered) * g.width)
      }
      return
    }
    inputGradient.update(repeating: 0, count: images * g.inputCount)
    for plane in 0..<images * g.channels {
      let dx = inputGradient + plane * g.height * g.width
      for p in 0..<g.outputHeight {
        let source = plane * planeCount + p * g.outputWidth
        maxPoolBackwardRow(
          columns: g.outputWidth, window: g.window, stride: g.stride, outputGradient: outputGradient + source,
          argmax: argmax + source, inputGradient: dx + p * g.stride * g.width, rowStep: g.width)
      }
    }
  }
}
