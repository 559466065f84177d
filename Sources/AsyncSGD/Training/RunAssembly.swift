public import DataPipeline
public import Kernels
public import NeuralNet

extension RunDescription {
  /// Describes a run in virtual time that has no driver, because it computes no gradients.
  ///
  /// - Parameters:
  ///   - configuration: The run.
  ///   - model: The model whose parameters are sent.
  ///   - data: The data set that is cut into minibatches.
  ///   - backend: The kernels, which have nothing to do.
  ///   - programVersion: The version of the program.
  public init(
    ofTimingOnly configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String
  ) {
    let plan = EpochPlan(examples: data.training.count, batchSize: configuration.batchSize)
    let schedule = SchedulePosition(configuration, plan: plan, epoch: 0, minibatch: 0)
    self.init(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion,
      plannedUpdates: schedule.updatesLeft(configuration, plan: plan), resumedAt: nil)
    driver = .virtual
  }

  /// Describes a run that is about to start.
  init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, plannedUpdates: Int, resumedAt version: Int?
  ) {
    self.init(
      programVersion: programVersion, model: model.model.name, parameters: model.layout.count,
      dataset: data.training.name, trainingExamples: data.training.count, testExamples: data.test.count,
      classes: data.training.classes, mode: configuration.mode.rawValue, rule: configuration.rule.rawValue,
      optimizer: configuration.optimizer.rawValue, workers: configuration.workers, epochs: configuration.epochs,
      batchSize: configuration.batchSize,
      examplesPerUpdate: configuration.batchSize * configuration.minibatchesPerUpdate,
      plannedUpdates: plannedUpdates, learningRate: configuration.learningRate,
      schedule: configuration.schedule.rawValue, warmup: configuration.warmup, momentum: configuration.momentum,
      weightDecay: configuration.weightDecay, seed: configuration.seed, kernels: backend.name,
      instructionSet: backend.instructionSet, compression: configuration.compression.rawValue,
      hyperparameters: configuration.effectiveHyperparameters, resumedAtUpdate: version)
  }
}

/// Where a run stands on its learning-rate schedule, in minibatches of its own configuration.
///
/// Derived from the position in the data, so that a run that is resumed with another mode, number of workers or size of
/// minibatches goes on at the same share of its schedule.
struct SchedulePosition {
  /// Minibatches of a whole run of this configuration.
  let total: Int
  /// Minibatches that lie behind.
  let done: Int

  init(_ configuration: TrainingConfiguration, plan: EpochPlan, epoch: Int, minibatch: Int) {
    total = configuration.epochs * plan.minibatches
    done = min(total, epoch * plan.minibatches + minibatch)
  }

  /// The updates that the rest of the run makes, about.
  func updatesLeft(_ configuration: TrainingConfiguration, plan: EpochPlan) -> Int {
    let perUpdate = configuration.minibatchesPerUpdate
    func updates(_ minibatches: Int) -> Int { (minibatches + perUpdate - 1) / perUpdate }
    let left = total - done
    return left / plan.minibatches * updates(plan.minibatches) + updates(left % plan.minibatches)
  }
}

extension LearningRateSchedule {
  /// The schedule of a run.
  init(_ configuration: TrainingConfiguration, plan: EpochPlan) {
    self.init(
      peak: configuration.learningRate, shape: configuration.schedule, warmup: configuration.warmup,
      plannedMinibatches: configuration.epochs * plan.minibatches)
  }
}
