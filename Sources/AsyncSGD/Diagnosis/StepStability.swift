/// How a run's step compares with the largest one at which descent with gradients as old as its own is stable.
public struct StepStability: Hashable, Sendable {
  /// The update at whose parameters the curvature was measured.
  public var update: Int
  /// λ, the sharpest curvature of the loss over a sample of the training set.
  public var sharpness: Double
  /// The mean staleness of the run's updates so far.
  public var stalenessMean: Double
  /// The staleness that 95 % of them do not exceed.
  public var stalenessP95: Int
  /// μ.
  public var momentum: Double
  /// The learning rate that the run uses.
  public var learningRate: Double
  /// The learning rate at which descent stops being stable; infinite where the loss is flat.
  public var stableLearningRate: Double

  /// Creates a comparison.
  public init(
    update: Int, sharpness: Double, stalenessMean: Double, stalenessP95: Int, momentum: Double, learningRate: Double,
    stableLearningRate: Double
  ) {
    self.update = update
    self.sharpness = sharpness
    self.stalenessMean = stalenessMean
    self.stalenessP95 = stalenessP95
    self.momentum = momentum
    self.learningRate = learningRate
    self.stableLearningRate = stableLearningRate
  }

  /// The step as a multiple of the largest stable one.
  public var ratio: Double { learningRate / stableLearningRate }
}

extension StepStability {
  /// Compares a learning rate with the bound.
  init(_ model: StepModel, sharpness: Double, update: Int, staleness: StalenessSummary, rate: Double) {
    self.init(
      update: update, sharpness: sharpness, stalenessMean: staleness.mean, stalenessP95: staleness.p95,
      momentum: model.momentum, learningRate: rate,
      stableLearningRate: model.stableLearningRate(sharpness: sharpness, staleness: staleness.mean))
  }
}

/// How the updates of a configuration move the parameters, as far as ``DelayedDescent`` describes it.
struct StepModel: Hashable, Sendable {
  /// μ.
  let momentum: Double
  private let velocity: DelayedDescent.Momentum
  /// How the learning rate falls with the staleness.
  private let factor: Factor
  /// Minibatch gradients that a push is the sum of.
  private let gradientsOfPush: Int

  private enum Factor: Hashable {
    case one
    case ofStaleness(StalenessFunction)
    /// n / max(n, τ), or 1 / τ beyond n.
    case beyond(workers: Int, scale: Int)
  }

  /// Creates the model of a configuration; `nil` if its steps are of another kind: scaled for each parameter, made within
  /// a worker, compressed, clipped, or corrected for their staleness in ways that no bound is known for.
  init?(_ configuration: TrainingConfiguration) {
    guard configuration.compression == .none, configuration.number(.clipNorm) == 0 else { return nil }
    switch configuration.mode {
    case .sequential, .sync, .softSync, .async, .ssp, .dssp, .hogwild, .ringmaster, .rennala: break
    case .easgd, .eamsgd, .localSGD, .agn, .fedBuff: return nil
    }
    switch configuration.rule {
    case .plain: factor = .one
    case .stalenessAware:
      factor = .ofStaleness(StalenessFunction(configuration.hyperparameters, in: configuration.setting))
    case .delayAdaptive:
      let jumps = configuration.choice(.delayScaling) == "one"
      factor = .beyond(workers: configuration.workers, scale: jumps ? 1 : configuration.workers)
    case .gapAware, .dcASGDc, .dcASGDa, .fasgd, .dana, .smega2, .ormo, .closedLoopMomentum: return nil
    }
    momentum = configuration.optimizer.hasMomentum ? configuration.momentum : 0
    let isOfEachWorker =
      configuration.mode == .hogwild || configuration.hyperparameters.keepsMomentumInWorkers(in: configuration.setting)
    switch configuration.optimizer {
    case .sgd: velocity = .none
    case .momentum: velocity = isOfEachWorker ? .ofEachWorker(momentum) : .heavyBall(momentum)
    case .nesterov:
      guard !isOfEachWorker || momentum == 0 else { return nil }
      velocity = .nesterov(momentum)
    case .adagrad, .rmsprop, .adam, .adamw: return nil
    }
    gradientsOfPush = configuration.mode == .async ? configuration.integer(.pushEvery) : 1
  }

  /// Returns the learning rate at which descent on a curvature stops being stable.
  ///
  /// - Parameters:
  ///   - sharpness: λ ≥ 0.
  ///   - staleness: The mean staleness, in updates.
  /// - Returns: The rate; infinite where λ is 0.
  func stableLearningRate(sharpness: Double, staleness: Double) -> Double {
    let factor =
      switch factor {
      case .one: 1.0
      case .ofStaleness(let function): Double(function.factor(staleness: Int(staleness.rounded())))
      case .beyond(let workers, let scale):
        staleness <= Double(workers) ? 1 : Double(scale) / staleness
      }
    return DelayedDescent.bound(delay: staleness, momentum: velocity)
      / (sharpness * factor * Double(gradientsOfPush))
  }
}
