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
  /// The recipe's is that of an update of one minibatch, stable at a staleness of seven. It is multiplied by the factor
  /// of ``modeFactor(_:_:workers:)`` and that of the rule.
  public func learningRate(
    mode: CoordinationMode, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind = .sgd, workers: Int,
    hyperparameters: Hyperparameters = Hyperparameters()
  ) -> Double {
    learningRate * Self.modeFactor(mode, hyperparameters, workers: workers) * rateFactor(of: rule, workers: workers)
  }

  /// How many times larger or smaller the learning rate of a mode is than that of one minibatch at a time.
  ///
  /// Where an update takes the mean of K minibatches at the present parameters, there are K times fewer updates, and each
  /// is less noisy: the rate grows in proportion (Goyal et al., "Accurate, Large Minibatch SGD", 2017,
  /// <https://arxiv.org/abs/1706.02677>), up to eight times.
  ///
  /// Where updates are stale, the largest stable rate falls with the staleness. In `async` mode the mean staleness is
  /// n − 1: beyond eight workers the rate falls with the root of n, which measured better at 16 and 32 workers than falling
  /// with n. A buffer of K gradients makes K times fewer updates, so the mean staleness is K times less, and the rate may
  /// be K times larger at the same product of the two.
  private static func modeFactor(
    _ mode: CoordinationMode, _ hyperparameters: Hyperparameters, workers: Int
  ) -> Double {
    let setting = Hyperparameter.Setting(workers: workers, mode: mode)
    let gradients = Double(min(hyperparameters.gradientsOfUpdate(in: setting), stableWorkers))
    let crowding = min(1, (Double(stableWorkers) / Double(workers)).squareRoot())
    return switch mode {
    case .sync, .rennala: gradients
    case .softSync: gradients * crowding
    default: crowding
    }
  }

  /// μ of an optimizer or a rule with momentum, where the recipe has none.
  static let defaultMomentum = 0.5

  /// Returns the coefficient of momentum of a combination: the recipe's, or a moderate one; 0 where there is none.
  public func momentum(optimizer: OptimizerKind, rule: UpdateRuleKind) -> Double {
    if let momentum = momentum(of: rule) { return momentum }
    guard optimizer.hasMomentum || rule.hasMomentum else { return 0 }
    return momentum > 0 ? momentum : Self.defaultMomentum
  }

  /// Returns what a rule multiplies the learning rate by.
  private func rateFactor(of rule: UpdateRuleKind, workers: Int) -> Double {
    1
  }

  /// Returns the coefficient of momentum of the rules that have one; `nil` for the others.
  private func momentum(of rule: UpdateRuleKind) -> Double? {
    switch rule {
    case .dana, .smega2, .ormo: 0.9
    case .closedLoopMomentum: 0.5
    case .plain, .stalenessAware, .delayAdaptive, .gapAware, .dcASGDc, .dcASGDa, .fasgd: nil
    }
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
