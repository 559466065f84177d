public import KernelInterface

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
    for c in 0..<g.channels {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          for n in 0..<images {
            let corner = input + (((c * g.height + p * g.stride) * g.width + q * g.stride) * images + n)
            var maximum = corner.pointee
            var index = 0
            for r in 0..<g.window {
              for s in 0..<g.window {
                let value = corner[(r * g.width + s) * images]
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
  }

  /// Sends each output gradient to the input element that was the maximum; overlapping windows add up.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Scalar>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Scalar>?, inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    inputGradient.update(repeating: 0, count: images * g.inputCount)
    var position = 0
    for c in 0..<g.channels {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          for n in 0..<images {
            let (r, s) = Int(argmax[position]).quotientAndRemainder(dividingBy: g.window)
            let element = ((c * g.height + p * g.stride + r) * g.width + q * g.stride + s) * images + n
            // The comparison, false for NaN, lets the gradient of a NaN through, as the rectifier's derivative does.
            let isClipped = rectifiedOutput.map { $0[position] <= 0 } ?? false
            if !isClipped { inputGradient[element] += outputGradient[position] }
            position += 1
          }
        }
      }
    }
  }
}
