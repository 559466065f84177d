internal import Kernels
internal import NeuralNet

/// Makes the server of a run, with initialized or restored parameters.
struct ServerAssembly {
  private let configuration: TrainingConfiguration
  private let model: ShapedModel
  private let backend: any KernelBackend<Float>
  private let position: SchedulePosition
  private let state: TrainerState?
  private let initial: [Float]
  private let blocks: ParameterBlocks
  private let clock: RunClock
  private let recorder: (any EventRecorder)?
  private let isLive: Bool

  /// Prepares a server.
  ///
  /// - Parameters:
  ///   - configuration: What it does.
  ///   - model: Whose parameters it holds.
  ///   - backend: The kernels that it computes with.
  ///   - schedule: Where the run stands.
  ///   - state: What it goes on from; `nil` to begin.
  ///   - clock: The time of the run.
  ///   - isLive: Whether that is the time of the wall.
  ///   - recorder: Who is told its events; `nil` for nobody.
  init(
    _ configuration: TrainingConfiguration, model: ShapedModel, backend: any KernelBackend<Float>,
    schedule: SchedulePosition, state: TrainerState?, clock: RunClock = .wall(), isLive: Bool = true,
    recorder: (any EventRecorder)? = nil
  ) {
    self.clock = clock
    self.isLive = isLive
    self.recorder = recorder
    self.configuration = configuration
    self.model = model
    self.backend = backend
    self.state = state
    position = schedule
    // Steps that workers take on their own have decayed their weights already.
    blocks = ParameterBlocks(
      model.layout, weightDecay: configuration.decaysInWorkers ? 0 : configuration.weightDecay)
    if let state {
      initial = state.parameters
    } else {
      var parameters = [Float](repeating: 0, count: model.layout.count)
      model.initialize(&parameters, seed: configuration.seed)
      initial = parameters
    }
  }

  /// Returns the server that the mode asks for: an actor, several of them, or shared memory.
  func makeServer() -> any TrainingServer {
    switch configuration.mode {
    case .hogwild: return makeSharedMemory()
    case .async where configuration.integer(.serverShards) > 1:
      var shard = 0
      return ShardedParameterServer(
        count: initial.count, shards: configuration.integer(.serverShards), workers: configuration.workers,
        backend: backend
      ) { part in
        defer { shard += 1 }
        return makeParameterServer(part, shard: shard)
      }
    default: return makeParameterServer()
    }
  }

  /// Returns the actor that holds all parameters.
  func makeParameterServer() -> ParameterServer {
    makeParameterServer(0..<initial.count, shard: 0)
  }

  /// Returns the actor that holds a part of the parameters.
  private func makeParameterServer(_ part: Range<Int>, shard: Int) -> ParameterServer {
    let layout = model.layout
    nonisolated(unsafe) let tape = recorder.map {
      ServerTape($0, shard: shard, workers: configuration.workers)
    }  // nobody but the server uses it from here on
    return ParameterServer(
      initial: Array(initial[part]),
      coordinator: Coordinator(
        mode: configuration.mode, workers: configuration.workers, hyperparameters: configuration.hyperparameters,
        version: state?.version ?? 0, minibatches: position.done, divergencePolicy: configuration.divergencePolicy),
      rule: makeRule(part), optimizer: makeOptimizer(part), blocks: blocks.part(part), schedule: schedule,
      movingRate: configuration.mode.isElastic ? Float(configuration.number(.movingRate)) : 0,
      backend: backend, clock: clock, tape: tape, measuresTime: isLive,
      parameterName: { layout.name(containing: part.lowerBound + $0) })
  }

  /// Returns the parameters in shared memory; the rule is `plain`, because nobody has whole versions to compare.
  private func makeSharedMemory() -> SharedMemoryServer {
    precondition(configuration.rule == .plain, "workers with shared parameters apply their gradients as they are")
    let layout = model.layout
    nonisolated(unsafe) let optimizers = (0..<configuration.workers).map { worker in
      var optimizer = makeOptimizer(0..<initial.count)
      if let state {
        optimizer.restore(state.carried, prefix: SharedMemoryServer.prefix(ofWorker: worker))
      }
      return optimizer
    }
    return SharedMemoryServer(
      initial: initial, optimizers: optimizers, lockStripes: configuration.integer(.lockStripes), blocks: blocks,
      schedule: schedule, version: state?.version ?? 0, minibatches: position.done,
      divergencePolicy: configuration.divergencePolicy, backend: backend,
      parameterName: { layout.name(containing: $0) })
  }

  private var schedule: LearningRateSchedule {
    LearningRateSchedule(
      peak: configuration.learningRate, shape: configuration.schedule, warmup: configuration.warmup,
      plannedMinibatches: position.total)
  }

  private func makeOptimizer(_ part: Range<Int>) -> sending any Optimizer {
    var optimizer = configuration.optimizer.makeOptimizer(
      configuration.hyperparameters, in: configuration.setting, momentum: configuration.momentum, count: part.count,
      backend: backend)
    if let state { optimizer.restore(state.carried.part(part)) }
    nonisolated(unsafe) let owned = optimizer  // nobody but the server uses it from here on
    return owned
  }

  private func makeRule(_ part: Range<Int>) -> sending any UpdateRule {
    var rule = configuration.rule.makeRule(
      configuration.hyperparameters, in: configuration.setting, momentum: configuration.momentum, count: part.count,
      backend: backend)
    if let state { rule.restore(state.carried.part(part), prefix: "rule.") }
    nonisolated(unsafe) let owned = rule  // nobody but the server uses it from here on
    return owned
  }
}
