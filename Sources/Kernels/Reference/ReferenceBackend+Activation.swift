public import KernelInterface

extension ReferenceBackend {
  /// Returns f(x).
  @inline(__always)
  func activate(_ x: Scalar, with activation: Activation) -> Scalar {
    switch activation {
    case .identity: x
    // Written so that the comparison, false for NaN, lets NaN through.
    case .relu: x <= 0 ? 0 : x
    case .sigmoid: 1 / (1 + Scalar.exponential(-x))
    case .tanh: Scalar.hyperbolicTangent(x)
    }
  }

  /// Computes output ← f(input) elementwise; `output` may be `input`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func activationForward(
    _ activation: Activation, count: Int, input: UnsafePointer<Scalar>, output: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      output[i] = activate(input[i], with: activation)
    }
  }

  /// Computes inputGradient ← outputGradient · f′, with f′ taken from the output of the activation.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func activationBackward(
    _ activation: Activation, count: Int, output: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      let y = output[i]
      let dy = outputGradient[i]
      inputGradient[i] =
        switch activation {
        case .identity: dy
        case .relu: y <= 0 ? 0 : dy
        case .sigmoid: dy * (y * (1 - y))
        case .tanh: dy * (1 - y * y)
        }
    }
  }
}
