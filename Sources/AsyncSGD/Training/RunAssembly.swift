internal import DataPipeline
internal import Kernels
internal import NeuralNet

extension RunDescription {
  /// Describes a run that is about to start.
  init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, plannedUpdates: Int, resumedAt version: Int?
  ) {
    let minibatchesPerUpdate = configuration.mode.dealsInRounds ? configuration.workers : 1
    self.init(
      programVersion: programVersion, model: model.model.name, parameters: model.layout.count,
      dataset: data.training.name, trainingExamples: data.training.count, testExamples: data.test.count,
      classes: data.training.classes, mode: configuration.mode.rawValue, rule: "plain",
      optimizer: configuration.optimizer.rawValue, workers: configuration.workers, epochs: configuration.epochs,
      batchSize: configuration.batchSize, examplesPerUpdate: configuration.batchSize * minibatchesPerUpdate,
      plannedUpdates: plannedUpdates, learningRate: configuration.learningRate,
      schedule: configuration.schedule.rawValue, warmup: configuration.warmup, momentum: configuration.momentum,
      weightDecay: configuration.weightDecay, seed: configuration.seed, kernels: backend.name,
      instructionSet: backend.instructionSet, resumedAtUpdate: version)
  }
}

/// Where a run stands on its learning-rate schedule, in updates of its own configuration.
///
/// Derived from the position in the data and not from the version, so that a run that is resumed with another mode,
/// number of workers or size of minibatches goes on at the same share of its schedule.
struct SchedulePosition {
  /// Updates of a whole run of this configuration.
  let total: Int
  /// Updates that are left from here on.
  let left: Int

  init(_ configuration: TrainingConfiguration, plan: EpochPlan, epoch: Int, minibatch: Int) {
    let (mode, workers) = (configuration.mode, configuration.workers)
    let perEpoch = plan.updates(mode: mode, workers: workers)
    total = configuration.epochs * perEpoch
    left =
      epoch < configuration.epochs
      ? (configuration.epochs - epoch - 1) * perEpoch + plan.updates(mode: mode, workers: workers, after: minibatch)
      : 0
  }

  /// Updates that lie behind.
  var step: Int { total - left }
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
    let optimizer = makeOptimizer(configuration, count: count, backend: backend)
    for (name, vector) in optimizer.state {
      if let saved = state?.optimizerState[name] { _ = vector.update(from: saved) }
    }
    let layout = model.layout
    self.init(
      initial: initial,
      coordinator: Coordinator(
        mode: configuration.mode, workers: configuration.workers, version: state?.version ?? 0,
        step: schedule.step, divergencePolicy: configuration.divergencePolicy),
      optimizer: optimizer,
      schedule: LearningRateSchedule(
        peak: configuration.learningRate, shape: configuration.schedule, warmup: configuration.warmup,
        plannedUpdates: schedule.total),
      backend: backend, parameterName: { layout.name(containing: $0) })
  }
}

private func makeOptimizer(
  _ configuration: TrainingConfiguration, count: Int, backend: any KernelBackend<Float>
) -> sending any Optimizer {
  switch configuration.optimizer {
  case .sgd:
    SGD(count: count, weightDecay: Float(configuration.weightDecay), backend: backend)
  case .momentum:
    Momentum(
      count: count, momentum: Float(configuration.momentum), weightDecay: Float(configuration.weightDecay),
      backend: backend)
  }
}
