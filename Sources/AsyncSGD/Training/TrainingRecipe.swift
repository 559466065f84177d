/// Hyperparameters that train a model well, stable at the staleness of eight asynchronous workers.
public struct TrainingRecipe: Hashable, Sendable {
  /// Passes over the training set.
  public var epochs: Int
  /// Examples in one worker's minibatch.
  public var batchSize: Int
  /// The largest learning rate of one worker's minibatch.
  public var learningRate: Double
  /// The step itself.
  public var optimizer: OptimizerKind = .sgd
  /// μ of ``OptimizerKind/momentum``.
  public var momentum = 0.0
  /// λ of the weight decay.
  public var weightDecay = 0.0
  /// The course of the learning rate after the warm-up.
  public var schedule: LearningRateSchedule.Shape = .linear
  /// The share of the run over which the learning rate rises from 0.
  public var warmup = 0.1

  /// Workers up to which ``learningRate`` is stable in `async` mode.
  static let stableWorkers = 8

  /// Returns the learning rate of a combination.
  ///
  /// In `sync` mode an update averages W minibatches, so there are W times fewer of them and each is less noisy: the
  /// rate grows in proportion (Goyal et al., "Accurate, Large Minibatch SGD", 2017, <https://arxiv.org/abs/1706.02677>),
  /// up to eight times. In `async` mode the mean staleness is W − 1, and the largest stable rate falls with it: beyond
  /// eight workers the rate falls with the root of W, which measured better at 16 and 32 workers than falling with W.
  public func learningRate(
    mode: CoordinationMode, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind = .sgd, workers: Int
  ) -> Double {
    switch mode {
    case .sync: learningRate * Double(min(workers, Self.stableWorkers))
    case .localSGD, .easgd, .eamsgd, .agn, .fedBuff: learningRate * localFactor(mode: mode, workers: workers)
    default: learningRate * min(1, (Double(Self.stableWorkers) / Double(workers)).squareRoot())
    }
  }

  /// How much larger the learning rate is where workers take steps of their own.
  ///
  /// Measured, like the rest. A mean over workers moves a W-th as far as W updates in a row, and is less noisy, which
  /// allows larger steps; but each worker takes them alone, so the factor grows with half of W. The mean of a few
  /// gradients, one update after another, allows twice the rate. A local momentum of 0.9 makes steps ten times as long
  /// already.
  private func localFactor(mode: CoordinationMode, workers: Int) -> Double {
    let grouped = max(1, Double(min(workers, Self.stableWorkers)) / 2)
    switch mode {
    case .localSGD, .easgd: return grouped
    case .agn, .fedBuff: return min(2, grouped) * min(1, (Double(Self.stableWorkers) / Double(workers)).squareRoot())
    default: return 1
    }
  }

  /// Returns the coefficient of momentum of a combination.
  public func momentum(optimizer: OptimizerKind, rule: UpdateRuleKind) -> Double {
    if optimizer == self.optimizer { return momentum }
    return optimizer.hasMomentum ? 0.5 : 0
  }

  /// Returns the recipe of a model of the zoo; a model that is not named gets the one of `lenet5`.
  ///
  /// Small minibatches with small learning rates on purpose: many small steps survive staleness that few large ones do
  /// not. No momentum either, because momentum and staleness multiply; but for `hogwild`, whose values are those of the
  /// example it comes from, with a cooldown at the end.
  public static func recommended(forModel model: String) -> TrainingRecipe {
    switch model {
    case "cnn": TrainingRecipe(epochs: 5, batchSize: 16, learningRate: 0.03)
    case "hogwild":
      TrainingRecipe(
        epochs: 10, batchSize: 64, learningRate: 0.01, optimizer: .momentum, momentum: 0.5, schedule: .trapezoid,
        warmup: 0)
    case "mlp": TrainingRecipe(epochs: 10, batchSize: 16, learningRate: 0.1)
    case "softmax": TrainingRecipe(epochs: 5, batchSize: 16, learningRate: 0.02)
    default: TrainingRecipe(epochs: 5, batchSize: 8, learningRate: 0.02)
    }
  }
}
