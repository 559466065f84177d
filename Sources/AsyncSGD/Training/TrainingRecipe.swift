internal import Foundation

/// Hyperparameters that train a model well, stable at the staleness of eight asynchronous workers.
public struct TrainingRecipe: Hashable, Sendable {
  /// Passes over the training set.
  public var epochs: Int
  /// Examples in one worker's minibatch.
  public var batchSize: Int
  /// The largest learning rate of one worker's minibatch, with the recipe's optimizer or any other SGD.
  public var learningRate: Double
  /// The largest learning rate with RMSProp, Adam and AdamW: about how far a step moves each parameter.
  public var adaptiveLearningRate = 0.001
  /// The largest learning rate with Adagrad: how far the first step moves each parameter.
  public var adagradLearningRate = 0.02
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
  /// The recipe's rates are stable at a staleness of seven. Momentum makes each gradient count 1/(1 − μ) times in the end,
  /// and so the rate of SGD is multiplied by 1 − μ. What divides by the size of the gradients has a rate that is a step:
  /// measured, a third to a thirtieth of where training fails with eight workers. What the rule changes of all this is in
  /// ``UpdateRuleKind``.
  ///
  /// Where an update takes the mean of K minibatches at the present parameters, there are K times fewer updates, and each
  /// is less noisy: the rate of SGD grows in proportion (Goyal et al., "Accurate, Large Minibatch SGD", 2017,
  /// <https://arxiv.org/abs/1706.02677>), that of the adaptive optimizers with the root (Malladi et al., "On the SDEs and
  /// Scaling Rules for Adaptive Gradient Algorithms", 2022, <https://arxiv.org/abs/2205.10287>), up to eight minibatches.
  ///
  /// Where updates are stale, the largest stable rate falls with the staleness. In `async` mode the mean staleness is
  /// n − 1: from eight to sixteen workers the rate falls with the root of n, which measured better than falling with n, and
  /// beyond with n, where falling with the root ended in collapse. A buffer of K gradients makes K times fewer updates, so the mean staleness is K times less, and the rate may
  /// be K times larger at the same product of the two.
  ///
  /// - Parameters:
  ///   - mode: Who waits for whom.
  ///   - rule: How a stale gradient is applied.
  ///   - optimizer: The step itself; `nil` for the recipe's.
  ///   - momentum: μ; `nil` for the one that ``momentum(optimizer:rule:)`` returns.
  ///   - workers: n.
  ///   - hyperparameters: Those of the mode: they say how many gradients make an update.
  /// - Returns: The peak of the schedule.
  public func learningRate(
    mode: CoordinationMode, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind? = nil, momentum: Double? = nil,
    workers: Int, hyperparameters: Hyperparameters = Hyperparameters()
  ) -> Double {
    let optimizer = optimizer ?? self.optimizer
    let momentum = momentum ?? self.momentum(optimizer: optimizer, rule: rule)
    let adaptiveRate = adaptiveLearningRate(optimizer: optimizer, rule: rule, momentum: momentum)
    let setting = Hyperparameter.Setting(workers: workers, mode: mode)
    let gradientsOfUpdate = hyperparameters.gradientsOfUpdate(in: setting)
    let meanStaleness = mode.hasStaleness ? Double(workers - 1) / Double(gradientsOfUpdate) : 0
    let rate =
      (adaptiveRate ?? learningRate * (1 - momentum) / (1 - self.momentum))
      * rule.learningRateGrowth(meanStaleness: meanStaleness, isAdaptive: optimizer.isAdaptive)
    let gradients = Double(min(gradientsOfUpdate, Self.stableWorkers))
    let growth = adaptiveRate == nil ? gradients : gradients.squareRoot()
    let crowding = Self.crowding(workers: workers)
    let localGrowth = localGrowth(workers: workers, isAdaptive: adaptiveRate != nil)
    let peak =
      switch mode {
      case .sync, .rennala: rate * growth
      case .softSync: rate * growth * crowding
      case .localSGD, .easgd: rate * localGrowth
      case .agn: rate * (adaptiveRate == nil ? localGrowth : 1) * crowding
      case .fedBuff: rate * localGrowth * crowding
      case .eamsgd: rate
      default: rate * crowding
      }
    return Self.readable(peak)
  }

  /// How much smaller the learning rate is because gradients are staler than those of ``stableWorkers``.
  private static func crowding(workers: Int) -> Double {
    let root = (Double(stableWorkers) / Double(min(max(workers, stableWorkers), 2 * stableWorkers))).squareRoot()
    return root * min(1, Double(2 * stableWorkers) / Double(workers))
  }

  /// Rounds to four digits that count: a default is read and typed by people.
  private static func readable(_ rate: Double) -> Double {
    guard rate > 0, rate.isFinite else { return rate }
    let exponent = 3 - floor(log10(rate))
    let power = pow(10, abs(exponent))
    return exponent < 0 ? (rate / power).rounded() * power : (rate * power).rounded() / power
  }

  /// Returns the rate of what divides by the size of the gradients; `nil` for SGD.
  private func adaptiveLearningRate(optimizer: OptimizerKind, rule: UpdateRuleKind, momentum: Double) -> Double? {
    switch optimizer {
    case .sgd, .momentum, .nesterov: rule.adaptiveLearningRateFactor.map { $0 * adaptiveLearningRate * (1 - momentum) }
    case .adagrad: adagradLearningRate
    case .rmsprop, .adam, .adamw: adaptiveLearningRate
    }
  }

  /// How much larger the learning rate is where what arrives at the server is a mean over workers or over local steps.
  ///
  /// As with a mean of minibatches there are fewer updates and each is less noisy; but the steps of a period are taken by a
  /// worker alone, so the rate grows half as far. Measured with eight workers and the modes' default periods. The
  /// elastic workers that have a momentum of 0.9 of their own make long steps without it. In `agn` mode the updates are as
  /// stale as single gradients would be, and a step that is divided by the size of the gradients is as long: the adaptive
  /// rates do not grow, or rectifiers die.
  private func localGrowth(workers: Int, isAdaptive: Bool) -> Double {
    let growth = max(1, Double(min(workers, Self.stableWorkers)) / 2)
    return isAdaptive ? growth.squareRoot() : growth
  }

  /// Returns λ of a combination: the recipe's, or where it has none, the usual one of an optimizer that is about it.
  public func weightDecay(optimizer: OptimizerKind) -> Double {
    weightDecay == 0 && optimizer == .adamw ? Self.decoupledWeightDecay : weightDecay
  }

  /// λ of ``OptimizerKind/adamw``, as PyTorch has it.
  static let decoupledWeightDecay = 0.01

  /// μ of an optimizer or a rule with momentum, where the recipe has none.
  static let defaultMomentum = 0.5

  /// Returns the coefficient of momentum of a combination: the recipe's, or a moderate one; 0 where there is none.
  public func momentum(optimizer: OptimizerKind, rule: UpdateRuleKind) -> Double {
    if let momentum = rule.recommendedMomentum { return momentum }
    guard optimizer.hasMomentum || rule.hasMomentum else { return 0 }
    return momentum > 0 ? momentum : Self.defaultMomentum
  }

  /// Returns the recipe of a model of the zoo; a model that is not named gets the one of `lenet5`.
  ///
  /// Small minibatches with small learning rates on purpose: many small steps survive staleness that few large ones do
  /// not. No momentum either, because momentum and staleness multiply; but for `hogwild`, whose values are those of the
  /// example it comes from, with a cooldown at the end.
  ///
  /// The rate of `mlp` falls with its hidden layers: each adds its own term to the curvature of the loss, which bounds a
  /// stable step. Measured with three layers of ReLU and eight workers, twice the rate of one layer fails, and that rate
  /// itself stands at the edge.
  ///
  /// - Parameters:
  ///   - model: Its name.
  ///   - hiddenLayers: The hidden layers of a model that has as many as the user likes.
  /// - Returns: The recipe.
  public static func recommended(forModel model: String, hiddenLayers: Int = 1) -> TrainingRecipe {
    switch model {
    case "cnn": TrainingRecipe(epochs: 5, batchSize: 16, learningRate: 0.03, adaptiveLearningRate: 0.0003)
    case "hogwild":
      TrainingRecipe(
        epochs: 10, batchSize: 64, learningRate: 0.01, adagradLearningRate: 0.01, optimizer: .momentum, momentum: 0.5,
        schedule: .trapezoid, warmup: 0)
    case "mlp": TrainingRecipe(epochs: 10, batchSize: 16, learningRate: 0.1 / Double(max(hiddenLayers, 1)))
    case "softmax": TrainingRecipe(epochs: 5, batchSize: 16, learningRate: 0.02)
    default: TrainingRecipe(epochs: 5, batchSize: 8, learningRate: 0.02)
    }
  }
}

extension OptimizerKind {
  /// Whether it divides by the size of the gradients, so that the learning rate is the length of a step.
  var isAdaptive: Bool {
    switch self {
    case .sgd, .momentum, .nesterov: false
    case .adagrad, .rmsprop, .adam, .adamw: true
    }
  }
}
