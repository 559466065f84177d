/// What a run does, apart from its model and its data.
public struct TrainingConfiguration: Hashable, Sendable {
  /// The number of worker threads, each with its own replica.
  public var workers: Int
  /// Who waits for whom.
  public var mode: CoordinationMode
  /// How a stale gradient is applied.
  public var rule: UpdateRuleKind
  /// The step itself.
  public var optimizer: OptimizerKind
  /// How a gradient is made smaller on its way to the server.
  public var compression: CompressionKind
  /// What was given of the hyperparameters of mode, rule, optimizer and compression.
  public var hyperparameters: Hyperparameters
  /// μ of the optimizers and rules with momentum, 0 ≤ μ < 1.
  public var momentum: Double
  /// λ, the coefficient of the weights added to the gradient; biases have none.
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
  /// The share of the gradients that are computed a second time, at the present parameters, to see what staleness did to them.
  public var freshGradients = 0.0
  /// How often the test set is evaluated an epoch, evenly spread, the last time at its end; at least 1.
  public var evaluationsPerEpoch = 1

  /// Creates a configuration.
  public init(
    workers: Int, mode: CoordinationMode = .async, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind = .sgd,
    compression: CompressionKind = .none, hyperparameters: Hyperparameters = Hyperparameters(), momentum: Double = 0,
    weightDecay: Double = 0, epochs: Int, batchSize: Int, learningRate: Double,
    schedule: LearningRateSchedule.Shape = .constant, warmup: Double = 0, seed: UInt64 = 1,
    divergencePolicy: DivergencePolicy = .stop
  ) {
    self.workers = workers
    self.mode = mode
    self.rule = rule
    self.optimizer = optimizer
    self.compression = compression
    self.hyperparameters = hyperparameters
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
  ///
  /// Without an optimizer it has the recipe's, or if that does not go with the rest, one that does.
  public init(
    _ recipe: TrainingRecipe, workers: Int, mode: CoordinationMode = .async, rule: UpdateRuleKind = .plain,
    optimizer: OptimizerKind? = nil, compression: CompressionKind = .none,
    hyperparameters: Hyperparameters = Hyperparameters(), seed: UInt64 = 1
  ) {
    let optimizer =
      optimizer
      ?? Combination(mode: mode, rule: rule, compression: compression).optimizer(preferring: recipe.optimizer)
    self.init(
      workers: workers, mode: mode, rule: rule, optimizer: optimizer, compression: compression,
      hyperparameters: hyperparameters, momentum: recipe.momentum(optimizer: optimizer, rule: rule),
      weightDecay: recipe.weightDecay(optimizer: optimizer), epochs: recipe.epochs, batchSize: recipe.batchSize,
      learningRate: recipe.learningRate(
        mode: mode, rule: rule, optimizer: optimizer, workers: workers, hyperparameters: hyperparameters),
      schedule: recipe.schedule, warmup: recipe.warmup, seed: seed)
  }
}

extension TrainingConfiguration {
  /// What the defaults of hyperparameters may depend on.
  public var setting: Hyperparameter.Setting {
    Hyperparameter.Setting(workers: workers, mode: mode, optimizer: optimizer, compression: compression)
  }

  /// Returns the whole number that holds for a hyperparameter.
  public func integer(_ hyperparameter: Hyperparameter) -> Int { hyperparameters.integer(hyperparameter, in: setting) }

  /// Returns the number that holds for a hyperparameter.
  public func number(_ hyperparameter: Hyperparameter) -> Double {
    hyperparameters.number(hyperparameter, in: setting)
  }

  /// Returns the word that holds for a hyperparameter.
  public func choice(_ hyperparameter: Hyperparameter) -> String {
    hyperparameters.choice(hyperparameter, in: setting)
  }

  /// Whether minibatches are dealt to the workers in rounds of one each, and not first come, first served.
  var dealsInRounds: Bool {
    switch mode {
    case .sync: hyperparameters.takesWholeRounds(in: setting)
    case .localSGD: true
    default: false
    }
  }

  /// Whether the server knows a push that arrives a second time, because it counts the steps of each worker, and ignores it.
  var recognizesDuplicates: Bool {
    switch mode {
    case .sync: !hyperparameters.takesGradientsFromAny(in: setting)
    case .localSGD, .ssp, .dssp, .hogwild: true
    case .easgd, .eamsgd: choice(.exchangeOrder) == "round-robin"
    case .async: integer(.serverShards) > 1
    case .sequential, .softSync, .agn, .ringmaster, .rennala, .fedBuff: false
    }
  }

  /// The minibatches that a worker makes a push of.
  public var minibatchesPerPush: Int {
    guard takesLocalSteps else { return 1 }
    switch mode {
    case .easgd, .eamsgd: return integer(.communicationPeriod)
    case .localSGD, .agn, .fedBuff: return integer(.localSteps)
    default: return integer(.pushEvery)
    }
  }

  /// The minibatches that an update takes, about.
  var minibatchesPerUpdate: Int {
    switch mode {
    case .sequential, .ssp, .dssp, .hogwild, .ringmaster: 1
    case .async: integer(.pushEvery)
    case .sync, .softSync, .rennala: hyperparameters.gradientsOfUpdate(in: setting)
    case .easgd, .eamsgd: integer(.communicationPeriod)
    case .localSGD: workers * integer(.localSteps)
    case .agn: integer(.localSteps)
    case .fedBuff: hyperparameters.gradientsOfUpdate(in: setting) * integer(.localSteps)
    }
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
}
