internal import KernelInterface

extension ReferenceBackend {
  /// Computes output[i] ← Σ_j matrix[i,j] for a `[rows, columns]` matrix.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sumColumns(
    rows: Int, columns: Int, matrix: UnsafePointer<Scalar>, output: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<rows {
      var sum: Scalar = 0
      for j in 0..<columns {
        sum += matrix[i * columns + j]
      }
      output[i] = sum
    }
  }

  /// Computes output[u,i,j] ← factors[u,j] · input[u,i,j].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func scaleUnits(
    units: Int, unitSize: Int, examples: Int, factors: UnsafePointer<Scalar>, input: UnsafePointer<Scalar>,
    output: UnsafeMutablePointer<Scalar>
  ) {
    for u in 0..<units {
      for i in 0..<unitSize {
        let row = (u * unitSize + i) * examples
        for j in 0..<examples {
          output[row + j] = factors[u * examples + j] * input[row + j]
        }
      }
    }
  }

  /// Computes y ← α·x + β·y; β = 0 means that y is overwritten and never read.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func scaledSum(
    count: Int, alpha: Scalar, x: UnsafePointer<Scalar>, beta: Scalar, y: UnsafeMutablePointer<Scalar>
  ) {
    for i in 0..<count {
      y[i] = beta == 0 ? alpha * x[i] : alpha * x[i] + beta * y[i]
    }
  }

  /// Returns the index of the first element that is infinite or NaN, or `nil` if all are finite.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func firstNonFinite(count: Int, values: UnsafePointer<Scalar>) -> Int? {
    for i in 0..<count where !values[i].isFinite {
      return i
    }
    return nil
  }
}
