/// A change of a run's configuration that may make it learn.
public enum Remedy: Hashable, Sendable {
  /// Another learning rate.
  case learningRate(Double)
  /// A smaller learning rate with minibatches that are smaller in proportion: as much training, in smaller steps.
  case smallerSteps(learningRate: Double, batchSize: Int)
  /// Another coefficient of momentum; 0 is plain SGD.
  case momentum(Double)
  /// Another rule.
  case rule(UpdateRuleKind)
  /// Another mode.
  case mode(CoordinationMode)
  /// Fewer workers.
  case workers(Int)
  /// A share of the run over which the learning rate rises.
  case warmup(Double)
  /// Epochs in which one worker trains alone.
  case warmStart(Double)
  /// The largest norm of a worker's gradient.
  case clipNorm(Double)
  /// Another weight decay.
  case weightDecay(Double)
  /// To push gradients whole.
  case wholeGradients
  /// How far a worker's parameters and the server's move towards each other.
  case movingRate(Double)
  /// Another optimizer, with a learning rate that suits it.
  case optimizer(OptimizerKind, learningRate: Double)
  /// To look at the data, which no option changes.
  case checkData
  /// To leave gradients out that are not finite.
  case skipNonFinite

  /// Returns what a configuration becomes; `nil` if the remedy is no change of it.
  public func applied(to configuration: TrainingConfiguration) -> TrainingConfiguration? {
    var changed = configuration
    switch self {
    case .learningRate(let rate):
      changed.learningRate = rate
    case .smallerSteps(let rate, let batchSize):
      changed.learningRate = rate
      changed.batchSize = batchSize
    case .momentum(let momentum):
      // Rules with a momentum of their own need one.
      guard configuration.combination.hasMomentum, !configuration.rule.hasMomentum else { return nil }
      changed.momentum = momentum
    case .rule(let rule):
      changed.rule = rule
      changed.optimizer = changed.combination.optimizer(preferring: configuration.optimizer)
    case .mode(let mode):
      changed.mode = mode
    case .workers(let workers):
      changed.workers = workers
    case .warmup(let share):
      changed.warmup = share
    case .warmStart(let epochs):
      changed.hyperparameters[.warmStart] = .number(epochs)
    case .clipNorm(let norm):
      // A second threshold would be a guess; none is a change.
      guard (configuration.number(.clipNorm) == 0) == (norm > 0) else { return nil }
      changed.hyperparameters[.clipNorm] = norm > 0 ? .number(norm) : nil
    case .weightDecay(let decay):
      changed.weightDecay = decay
    case .wholeGradients:
      changed.compression = .none
      for hyperparameter in configuration.compression.hyperparameters {
        changed.hyperparameters[hyperparameter] = nil
      }
    case .movingRate(let rate):
      guard configuration.mode.isElastic else { return nil }
      changed.hyperparameters[.movingRate] = .number(rate)
    case .optimizer(let optimizer, let rate):
      changed.optimizer = optimizer
      changed.learningRate = rate
      changed.momentum = 0
    case .checkData:
      return nil
    case .skipNonFinite:
      changed.divergencePolicy = .skip
    }
    return changed == configuration ? nil : changed
  }
}
