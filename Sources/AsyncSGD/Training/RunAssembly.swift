internal import DataPipeline
internal import Kernels
internal import NeuralNet

extension RunDescription {
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

extension ParameterServer {
  /// Creates the server of a run, with initialized or restored parameters.
  init(
    _ configuration: TrainingConfiguration, model: ShapedModel, backend: any KernelBackend<Float>,
    schedule: SchedulePosition, state: TrainerState?
  ) {
    let count = model.layout.count
    var initial = state?.parameters ?? [Float](repeating: 0, count: count)
    if state == nil { model.initialize(&initial, seed: configuration.seed) }
    let layout = model.layout
    self.init(
      initial: initial,
      coordinator: Coordinator(
        mode: configuration.mode, workers: configuration.workers, hyperparameters: configuration.hyperparameters,
        version: state?.version ?? 0, minibatches: schedule.done, divergencePolicy: configuration.divergencePolicy),
      rule: makeRule(configuration, count: count, backend: backend, state: state),
      optimizer: makeOptimizer(configuration, count: count, backend: backend, state: state),
      blocks: ParameterBlocks(layout, weightDecay: configuration.takesLocalSteps ? 0 : configuration.weightDecay),
      schedule: LearningRateSchedule(configuration, plannedMinibatches: schedule.total),
      movingRate: configuration.mode.isElastic ? Float(configuration.number(.movingRate)) : 0,
      backend: backend, parameterName: { layout.name(containing: $0) })
  }
}

extension LearningRateSchedule {
  /// The schedule of a run.
  init(_ configuration: TrainingConfiguration, plan: EpochPlan) {
    self.init(configuration, plannedMinibatches: configuration.epochs * plan.minibatches)
  }

  fileprivate init(_ configuration: TrainingConfiguration, plannedMinibatches: Int) {
    self.init(
      peak: configuration.learningRate, shape: configuration.schedule, warmup: configuration.warmup,
      plannedMinibatches: plannedMinibatches)
  }
}

private func makeOptimizer(
  _ configuration: TrainingConfiguration, count: Int, backend: any KernelBackend<Float>, state: TrainerState?
) -> sending any Optimizer {
  var optimizer = configuration.optimizer.makeOptimizer(
    configuration.hyperparameters, in: configuration.setting, momentum: configuration.momentum, count: count,
    backend: backend)
  if let state { optimizer.restore(state.carried) }
  nonisolated(unsafe) let owned = optimizer  // nobody but the server uses it from here on
  return owned
}

private func makeRule(
  _ configuration: TrainingConfiguration, count: Int, backend: any KernelBackend<Float>, state: TrainerState?
) -> sending any UpdateRule {
  var rule = configuration.rule.makeRule(
    configuration.hyperparameters, in: configuration.setting, momentum: configuration.momentum, count: count,
    backend: backend)
  if let state { rule.restore(state.carried, prefix: "rule.") }
  nonisolated(unsafe) let owned = rule  // nobody but the server uses it from here on
  return owned
}
