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
          // The images of a position side by side, as they lie in memory; each sum keeps its order.
          y.update(repeating: 0, count: images)
          var w = weights + k * g.patchCount
          for c in 0..<g.channels {
            for r in 0..<g.filterHeight {
              for s in 0..<g.filterWidth {
                let row = p * g.stride + r - g.padding
                let column = q * g.stride + s - g.padding
                if row >= 0, row < g.height, column >= 0, column < g.width {
                  let x = input + ((c * g.height + row) * g.width + column) * images
                  for n in 0..<images { y[n] += w.pointee * x[n] }
                }
                w += 1
              }
            }
          }
          let b = bias?[k] ?? 0
          for n in 0..<images { y[n] = activate(y[n] + b, with: activation) }
          y += images
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
          var w = weights + k * g.patchCount
          for c in 0..<g.channels {
            for r in 0..<g.filterHeight {
              for s in 0..<g.filterWidth {
                let row = p * g.stride + r - g.padding
                let column = q * g.stride + s - g.padding
                if row >= 0, row < g.height, column >= 0, column < g.width {
                  let dx = inputGradient + ((c * g.height + row) * g.width + column) * images
                  for n in 0..<images { dx[n] += w.pointee * dy[n] }
                }
                w += 1
              }
            }
          }
          dy += images
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
          var dw = weightGradient + k * g.patchCount
          for c in 0..<g.channels {
            for r in 0..<g.filterHeight {
              for s in 0..<g.filterWidth {
                let row = p * g.stride + r - g.padding
                let column = q * g.stride + s - g.padding
                if row >= 0, row < g.height, column >= 0, column < g.width {
                  let x = input + ((c * g.height + row) * g.width + column) * images
                  var sum = dw.pointee
                  for n in 0..<images { sum += dy[n] * x[n] }
                  dw.pointee = sum
                }
                dw += 1
              }
            }
          }
          if let biasGradient {
            for n in 0..<images { biasGradient[k] += dy[n] }
          }
          dy += images
        }
      }
    }
  }
}
