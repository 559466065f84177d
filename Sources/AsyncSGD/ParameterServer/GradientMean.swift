/// The mean of the gradients of one update, weighed by their examples, and each with the factor that its rule gave it.
///
///     mean = Σ w·f·g / Σ w
///
/// A factor is one of the learning rate. Of several gradients each has its own, so the factors must go into the mean; but an
/// optimizer that divides by the size of its gradients would undo those that they have in common. So, as for a single
/// gradient, an optimizer without a velocity gets them with the learning rate:
///
///     gradient = Σ w·f·g / Σ w·f,   η ← η · Σ w·f / Σ w
///
/// which is the same for SGD. Weights and factors are relative to the first gradient's, so that a single one is its own mean,
/// to the bit.
struct GradientMean {
  /// Σ w·f·g, divided by the first w, and by the first f if the factors go with the learning rate.
  let buffer: GradientBuffer
  private let scalesLearningRate: Bool
  private var firstExamples = 0
  private var firstFactor: Float = 1
  private var examples = 0
  /// Σ w and Σ w·f, divided by the first w.
  private var weights: Float = 0
  private var factors: Float = 0

  /// Creates a mean of nothing.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - scalesLearningRate: Whether the factors go with the learning rate.
  init(count: Int, scalesLearningRate: Bool) {
    buffer = GradientBuffer(count: count)
    self.scalesLearningRate = scalesLearningRate
  }

  /// Whether nothing was added yet.
  var isEmpty: Bool { examples == 0 }

  /// Counts a gradient that is to be added.
  ///
  /// - Parameters:
  ///   - count: w.
  ///   - factor: f.
  /// - Returns: What to multiply it by.
  mutating func weight(of count: Int, factor: Float) -> Float {
    if isEmpty {
      firstExamples = count
      firstFactor = scalesLearningRate && factor > 0 ? factor : 1
    }
    examples += count
    let weight = Float(count) / Float(firstExamples)
    weights += weight
    factors += weight * factor
    return weight * (factor / firstFactor)
  }

  /// What makes a mean of the sum in ``buffer``.
  var scale: Float {
    let scale = Float(firstExamples) / Float(examples)
    return scalesLearningRate && factors > 0 ? scale * (weights * firstFactor / factors) : scale
  }

  /// What the learning rate is to be multiplied by.
  var learningRateFactor: Float { scalesLearningRate ? factors / weights : 1 }

  /// Begins anew.
  mutating func clear() {
    examples = 0
    weights = 0
    factors = 0
  }
}
