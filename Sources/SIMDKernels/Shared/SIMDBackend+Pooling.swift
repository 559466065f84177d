public import KernelInterface

extension SIMDBackend {
  /// Computes the maximum of each window, and where it was.
  public func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    let g = geometry
    let row = PoolingRow(g, images: images)
    for c in 0..<g.channels {
      for p in 0..<g.outputHeight {
        let first = (c * g.outputHeight + p) * g.outputWidth * images
        row.findMaxima(
          input: input + (c * g.height + p * g.stride) * g.width * images, output: output + first,
          argmax: argmax + first)
      }
    }
  }

  /// Sends each output gradient to the input element that was the maximum; overlapping windows add up.
  public func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let row = PoolingRow(g, images: images)
    let overlaps = g.stride < g.window
    if overlaps { clearVector(count: g.inputCount * images, output: inputGradient) }
    for c in 0..<g.channels {
      for p in 0..<g.outputHeight {
        let first = (c * g.outputHeight + p) * g.outputWidth * images
        let covered = inputGradient + (c * g.height + p * g.stride) * g.width * images
        let rectified = rectifiedOutput.map { $0 + first }
        if overlaps {
          row.accumulate(
            outputGradient: outputGradient + first, argmax: argmax + first, rectifiedOutput: rectified,
            inputGradient: covered)
        } else {
          row.spread(
            outputGradient: outputGradient + first, argmax: argmax + first, rectifiedOutput: rectified,
            inputGradient: covered)
          // The rows up to the next windows, or to the end of the image.
          let band = p + 1 < g.outputHeight ? g.stride : g.height - p * g.stride
          clearVector(
            count: (band - g.window) * g.width * images, output: covered + g.window * g.width * images)
        }
      }
    }
  }
}

extension PoolingRow {
  /// The rows of windows of a pooling.
  fileprivate init(_ geometry: PoolingGeometry, images: Int) {
    self.init(
      window: geometry.window, stride: geometry.stride, columns: geometry.outputWidth, width: geometry.width,
      examples: images)
  }
}
