public import KernelInterface

extension SIMDBackend {
  /// Computes output ← f(input) elementwise; `output` may be `input`.
  public func activationForward(
    _ activation: Activation, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    activateVector(activation, count: count, input: input, output: output)
  }

  /// Computes inputGradient ← outputGradient · f′, with f′ taken from the output of the activation.
  public func activationBackward(
    _ activation: Activation, count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    differentiateVector(
      activation, count: count, output: output, outputGradient: outputGradient, inputGradient: inputGradient)
  }

  /// Computes output[i] ← Σ_j matrix[i,j] for a `[rows, columns]` matrix.
  public func sumColumns(
    rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    sumColumnsOfMatrix(rows: rows, columns: columns, matrix: matrix, output: output)
  }

  /// Computes output[u,i,j] ← factors[u,j] · input[u,i,j].
  public func scaleUnits(
    units: Int, unitSize: Int, examples: Int, factors: UnsafePointer<Float>, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    for u in 0..<units {
      let first = u * unitSize * examples
      scaleColumns(
        rows: unitSize, columns: examples, factors: factors + u * examples, input: input + first,
        output: output + first)
    }
  }

  /// Computes y ← α·x + β·y; β = 0 means that y is overwritten and never read.
  public func scaledSum(
    count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
  ) {
    scaledSumVector(count: count, alpha: alpha, x: x, beta: beta, y: y)
  }

  /// Returns the index of the first element that is infinite or NaN, or `nil` if all are finite.
  public func firstNonFinite(count: Int, values: UnsafePointer<Float>) -> Int? {
    firstNonFiniteOfVector(count: count, values: values)
  }
}
