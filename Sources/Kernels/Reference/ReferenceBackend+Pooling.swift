extension ReferenceBackend {
  /// Computes the maximum of each window, and where it was.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Scalar>, output: UnsafeMutablePointer<Scalar>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    let g = geometry
    var position = 0
    for plane in 0..<images * g.channels {
      let x = input + plane * g.height * g.width
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          let corner = x + (p * g.stride * g.width + q * g.stride)
          var maximum = corner.pointee
          var index = 0
          for r in 0..<g.window {
            for s in 0..<g.window {
              let value = corner[r * g.width + s]
              if value > maximum || (value.isNaN && !maximum.isNaN) {
                maximum = value
                index = r * g.window + s
              }
            }
          }
          output[position] = maximum
          argmax[position] = UInt8(index)
          position += 1
        }
      }
    }
  }

  /// Sends each output gradient to the input element that was the maximum; overlapping windows add up.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Scalar>, argmax: UnsafePointer<UInt8>,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    inputGradient.update(repeating: 0, count: images * g.inputCount)
    var position = 0
    for plane in 0..<images * g.channels {
      let dx = inputGradient + plane * g.height * g.width
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          let (r, s) = Int(argmax[position]).quotientAndRemainder(dividingBy: g.window)
          dx[(p * g.stride + r) * g.width + q * g.stride + s] += outputGradient[position]
          position += 1
        }
      }
    }
  }
}
