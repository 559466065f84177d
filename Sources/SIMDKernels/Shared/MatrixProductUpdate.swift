internal import KernelInterface

/// What a matrix product does to its sums: C ← f(α·sum + β·C + bias).
///
/// The sums come in blocks of terms. The first block brings β, the last one the bias and the activation; those
/// between add to C. A rectifier is applied in registers, the other activations to the finished rows.
struct MatrixProductUpdate {
  private let alpha: Float
  private let beta: Float
  private let rowBias: UnsafePointer<Float>?
  private let columnBias: UnsafePointer<Float>?
  private let activation: Activation
  private let isLarge: Bool

  /// Creates an update; `isLarge` says that C does not fit the nearest caches.
  init(alpha: Float, beta: Float, epilogue: Epilogue<Float>?, isLarge: Bool) {
    self.alpha = alpha
    self.beta = beta
    rowBias = epilogue?.biasAxis == .rows ? epilogue?.bias : nil
    columnBias = epilogue?.biasAxis == .columns ? epilogue?.bias : nil
    activation = epilogue?.activation ?? .identity
    self.isLarge = isLarge
  }

  /// The update of one block of terms.
  struct Stage {
    fileprivate let whole: TileStore

    /// Returns the update of the tile whose first element is at `row` and `column` of C.
    func store(row: Int, column: Int) -> TileStore {
      var store = whole
      if let bias = store.rowBias { store.rowBias = bias + row }
      if let bias = store.columnBias { store.columnBias = bias + column }
      return store
    }
  }

  /// Returns the update of a block of terms.
  func stage(isFirst: Bool, isLast: Bool) -> Stage {
    Stage(
      whole: TileStore(
        alpha: alpha, beta: isFirst ? beta : 1, rowBias: isLast ? rowBias : nil, columnBias: isLast ? columnBias : nil,
        rectifies: isLast && activation == .relu, prefetches: isLarge))
  }

  /// Applies an activation that the tiles do not.
  func finish(rows: Int, columns: Int, _ c: UnsafeMutablePointer<Float>, rowStepC: Int) {
    guard activation == .sigmoid || activation == .tanh else { return }
    for i in 0..<rows {
      let row = c + i * rowStepC
      activateVector(activation, count: columns, input: UnsafePointer(row), output: row)
    }
  }
}
