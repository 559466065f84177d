public import KernelInterface

extension ReferenceBackend {
  /// Returns 1: the formulas are summed up as they stand.
  public func convolutionErrorFactor(_ geometry: ConvolutionGeometry) -> Double { 1 }

  /// Returns 0: the reference needs no workspace.
  public func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int { 0 }

  /// Computes the cross-correlation of a minibatch, with bias and activation.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>,
    bias: UnsafePointer<Scalar>?, activation: Activation, output: UnsafeMutablePointer<Scalar>,
    workspace: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    var y = output
    for k in 0..<g.filters {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          for n in 0..<images {
            var sum: Scalar = 0
            var w = weights + k * g.patchCount
            for c in 0..<g.channels {
              for r in 0..<g.filterHeight {
                for s in 0..<g.filterWidth {
                  let row = p * g.stride + r - g.padding
                  let column = q * g.stride + s - g.padding
                  if row >= 0, row < g.height, column >= 0, column < g.width {
                    sum += w.pointee * input[((c * g.height + row) * g.width + column) * images + n]
                  }
                  w += 1
                }
              }
            }
            if let bias { sum += bias[k] }
            y.pointee = activate(sum, with: activation)
            y += 1
          }
        }
      }
    }
  }

  /// Computes ∂L/∂x from ∂L/∂y of a convolution.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Scalar>,
    weights: UnsafePointer<Scalar>, inputGradient: UnsafeMutablePointer<Scalar>,
    workspace: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    inputGradient.update(repeating: 0, count: images * g.inputCount)
    var dy = outputGradient
    for k in 0..<g.filters {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          for n in 0..<images {
            var w = weights + k * g.patchCount
            for c in 0..<g.channels {
              for r in 0..<g.filterHeight {
                for s in 0..<g.filterWidth {
                  let row = p * g.stride + r - g.padding
                  let column = q * g.stride + s - g.padding
                  if row >= 0, row < g.height, column >= 0, column < g.width {
                    inputGradient[((c * g.height + row) * g.width + column) * images + n] += w.pointee * dy.pointee
                  }
                  w += 1
                }
              }
            }
            dy += 1
          }
        }
      }
    }
  }

  /// Computes ∂L/∂w and ∂L/∂b, summed over the minibatch, from ∂L/∂y of a convolution.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Scalar>,
    outputGradient: UnsafePointer<Scalar>, weightGradient: UnsafeMutablePointer<Scalar>,
    biasGradient: UnsafeMutablePointer<Scalar>?, workspace: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    weightGradient.update(repeating: 0, count: g.weightCount)
    biasGradient?.update(repeating: 0, count: g.filters)
    var dy = outputGradient
    for k in 0..<g.filters {
      for p in 0..<g.outputHeight {
        for q in 0..<g.outputWidth {
          for n in 0..<images {
            var dw = weightGradient + k * g.patchCount
            for c in 0..<g.channels {
              for r in 0..<g.filterHeight {
                for s in 0..<g.filterWidth {
                  let row = p * g.stride + r - g.padding
                  let column = q * g.stride + s - g.padding
                  if row >= 0, row < g.height, column >= 0, column < g.width {
                    dw.pointee += dy.pointee * input[((c * g.height + row) * g.width + column) * images + n]
                  }
                  dw += 1
                }
              }
            }
            if let biasGradient { biasGradient[k] += dy.pointee }
            dy += 1
          }
        }
      }
    }
  }
}
