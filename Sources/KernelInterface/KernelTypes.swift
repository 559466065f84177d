/// A matrix product C[m×n] ← op(A)[m×k] · op(B)[k×n] over row-major storage.
public struct GEMM: Hashable, Sendable {
  /// Rows of C.
  public var m: Int
  /// Columns of C.
  public var n: Int
  /// Terms of each sum.
  public var k: Int
  /// Whether A is stored as `[k, m]`.
  public var transposeA: Bool
  /// Whether B is stored as `[n, k]`.
  public var transposeB: Bool
  /// Elements between the starts of two rows of A as stored.
  public var leadingDimensionA: Int
  /// Elements between the starts of two rows of B as stored.
  public var leadingDimensionB: Int
  /// Elements between the starts of two rows of C.
  public var leadingDimensionC: Int

  /// Creates a product; a leading dimension left out is that of a contiguous matrix.
  ///
  /// - Precondition: No extent is negative, and no leading dimension is less than its row's length.
  public init(
    m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false, leadingDimensionA: Int? = nil,
    leadingDimensionB: Int? = nil, leadingDimensionC: Int? = nil
  ) {
    let rowOfA = transposeA ? m : k
    let rowOfB = transposeB ? k : n
    precondition(m >= 0 && n >= 0 && k >= 0, "extents must not be negative: m \(m), n \(n), k \(k)")
    self.m = m
    self.n = n
    self.k = k
    self.transposeA = transposeA
    self.transposeB = transposeB
    self.leadingDimensionA = leadingDimensionA ?? rowOfA
    self.leadingDimensionB = leadingDimensionB ?? rowOfB
    self.leadingDimensionC = leadingDimensionC ?? n
    precondition(self.leadingDimensionA >= rowOfA, "leading dimension of A is less than its row")
    precondition(self.leadingDimensionB >= rowOfB, "leading dimension of B is less than its row")
    precondition(self.leadingDimensionC >= n, "leading dimension of C is less than its row")
  }
}

/// An elementwise nonlinearity whose derivative follows from its output.
public enum Activation: String, CaseIterable, Sendable {
  /// f(x) = x.
  case identity
  /// f(x) = max(x, 0), with f′(0) = 0; NaN stays NaN.
  case relu
  /// f(x) = 1 / (1 + e⁻ˣ), f′ = y·(1 − y).
  case sigmoid
  /// f(x) = tanh x, f′ = 1 − y².
  case tanh
}

/// What a matrix product does to its result before it is stored.
public struct Epilogue<Scalar: KernelScalar> {
  /// Which axis of C the bias runs along.
  public enum BiasAxis: Sendable {
    /// One bias a row: `[m]`.
    case rows
    /// One bias a column: `[n]`.
    case columns
  }

  /// The bias to add, or `nil` for none.
  public var bias: UnsafePointer<Scalar>?
  /// The axis of ``bias``.
  public var biasAxis: BiasAxis
  /// The activation to apply after the bias.
  public var activation: Activation

  /// Creates an epilogue.
  public init(bias: UnsafePointer<Scalar>?, along biasAxis: BiasAxis, activation: Activation = .identity) {
    self.bias = bias
    self.biasAxis = biasAxis
    self.activation = activation
  }
}

/// Sums over the examples of a minibatch.
public struct ClassificationSums: Hashable, Sendable {
  /// The loss, summed over examples, in nats.
  public var loss: Double
  /// The number of examples whose largest logit is the label's.
  public var correct: Int

  /// Creates sums.
  public init(loss: Double = 0, correct: Int = 0) {
    self.loss = loss
    self.correct = correct
  }
}
