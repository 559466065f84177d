/// What a run does, apart from its model and its data.
public struct TrainingConfiguration: Hashable, Sendable {
  /// The number of worker threads, each with its own replica.
  public var workers: Int
  /// Who waits for whom.
  public var mode: CoordinationMode
  /// The step itself.
  public var optimizer: OptimizerKind
  /// μ of ``OptimizerKind/momentum``, 0 ≤ μ < 1.
  public var momentum: Double
  /// λ, the coefficient of the parameters added to the gradient.
  public var weightDecay: Double
  /// Passes over the training set.
  public var epochs: Int
  /// Examples in one worker's minibatch.
  public var batchSize: Int
  /// The largest learning rate of the run, per unit of a minibatch mean's gradient.
  public var learningRate: Double
  /// The course of the learning rate after the warm-up.
  public var schedule: LearningRateSchedule.Shape
  /// The share of the run over which the learning rate rises from 0.
  public var warmup: Double
  /// The seed of every random choice.
  public var seed: UInt64
  /// What happens to a gradient that is not finite.
  public var divergencePolicy: DivergencePolicy

  /// Creates a configuration.
  public init(
    workers: Int, mode: CoordinationMode = .async, optimizer: OptimizerKind = .sgd, momentum: Double = 0,
    weightDecay: Double = 0, epochs: Int, batchSize: Int, learningRate: Double,
    schedule: LearningRateSchedule.Shape = .constant, warmup: Double = 0, seed: UInt64 = 1,
    divergencePolicy: DivergencePolicy = .stop
  ) {
    self.workers = workers
    self.mode = mode
    self.optimizer = optimizer
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmup = warmup
    self.seed = seed
    self.divergencePolicy = divergencePolicy
  }

  /// Creates the configuration that a recipe recommends.
  public init(_ recipe: TrainingRecipe, workers: Int, mode: CoordinationMode = .async, seed: UInt64 = 1) {
    self.init(
      workers: workers, mode: mode, optimizer: recipe.optimizer, momentum: recipe.momentum,
      weightDecay: recipe.weightDecay, epochs: recipe.epochs, batchSize: recipe.batchSize,
      learningRate: recipe.learningRate(mode: mode, workers: workers), schedule: recipe.schedule,
      warmup: recipe.warmup, seed: seed)
  }
}

/// How a training set is cut into minibatches.
struct EpochPlan: Hashable, Sendable {
  /// Examples in the training set.
  let examples: Int
  /// Examples in a minibatch; the last of an epoch may have fewer.
  let batchSize: Int

  /// The most examples in a minibatch: what a replica must hold.
  var capacity: Int { min(batchSize, max(1, examples)) }

  /// Minibatches in an epoch.
  var minibatches: Int { (examples + batchSize - 1) / batchSize }

  /// Returns the positions, in the order of the epoch, of a minibatch's examples.
  func positions(of minibatch: Int) -> Range<Int> {
    let start = minibatch * batchSize
    return start..<min(start + batchSize, examples)
  }

  /// Returns the number of updates in the rest of an epoch, of which `done` minibatches are done.
  func updates(mode: CoordinationMode, workers: Int, after done: Int = 0) -> Int {
    let left = minibatches - done
    return mode.dealsInRounds ? (left + workers - 1) / workers : left
  }
}
