internal import DataPipeline
internal import Kernels
internal import NeuralNet

/// What every driver needs to begin: choices that fit together, the parameters in their server, and where the run stands.
struct RunSetup {
  let configuration: TrainingConfiguration
  let model: ShapedModel
  let data: DatasetPair
  let backend: any KernelBackend<Float>
  let plan: EpochPlan
  let order: EpochOrder
  var description: RunDescription
  let server: any TrainingServer
  /// What the run goes on from; `nil` for a new one.
  let state: TrainerState?
  /// Where it begins.
  let start: (epoch: Int, minibatch: Int, examples: Int)

  /// Checks that everything fits together, and initializes or restores the parameters.
  ///
  /// - Parameters:
  ///   - configuration: What to do.
  ///   - model: The model, shaped for the images of `data`.
  ///   - data: Training and test set.
  ///   - backend: The kernels of server and replicas.
  ///   - programVersion: The version that the run's description names.
  ///   - state: Where to go on, or `nil` to begin.
  ///   - clock: The time of the run.
  ///   - isLive: Whether that is the time of the wall.
  ///   - recorder: Who is told the server's events; `nil` for nobody.
  /// - Throws: ``TrainingError`` if model, data, state and configuration do not fit together.
  init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: DatasetPair,
    backend: any KernelBackend<Float>, programVersion: String, resuming state: TrainerState?,
    clock: RunClock = .wall(), isLive: Bool = true, recorder: (any EventRecorder)? = nil
  ) throws(TrainingError) {
    precondition(configuration.batchSize >= 1, "a minibatch has at least 1 example, not \(configuration.batchSize)")
    let images = data.training.shape
    guard model.inputShape == Shape([images.channels, images.height, images.width]) else {
      throw .shapeMismatch(model: "\(model.inputShape)", dataset: "\(images)")
    }
    guard data.training.classes <= model.classes else {
      throw .classMismatch(model: model.classes, dataset: data.training.classes)
    }
    guard data.training.count > 0 else { throw .noTrainingExamples }
    if let conflict = configuration.conflict(parameters: model.layout.count) { throw .conflict(conflict) }
    let plan = EpochPlan(examples: data.training.count, batchSize: configuration.batchSize)
    try state?.check(fits: configuration, plan: plan, parameters: model.layout.count)
    self.configuration = configuration
    self.model = model
    self.data = data
    self.backend = backend
    self.plan = plan
    self.state = state
    order = EpochOrder(count: data.training.count, seed: configuration.seed)
    start = (state?.epoch ?? 0, state?.nextMinibatch ?? 0, state?.examples ?? 0)
    let schedule = SchedulePosition(configuration, plan: plan, epoch: start.epoch, minibatch: start.minibatch)
    description = RunDescription(
      configuration, model: model, data: data, backend: backend, programVersion: programVersion,
      plannedUpdates: (state?.version ?? 0) + schedule.updatesLeft(configuration, plan: plan), resumedAt: state?.version
    )
    server = ServerAssembly(
      configuration, model: model, backend: backend, schedule: schedule, state: state, clock: clock, isLive: isLive,
      recorder: recorder
    ).makeServer()
  }

  /// Returns a thread that computes.
  func makeLane(_ label: String) -> ComputeLane {
    ComputeLane(
      label: label, model: model, capacity: plan.capacity, backend: backend, training: data.training)
  }

  /// Returns all workers, which reach the server through what `service` gives them, as the run left them that is resumed.
  func makeWorkers(
    clock: RunClock?, service: (_ server: any ParameterService, _ worker: Int) -> any ParameterService
  ) -> [LogicalWorker] {
    let workers = (0..<configuration.workers).map { index in
      configuration.makeLogicalWorker(
        index, model: model, plan: plan, backend: backend, service: service(server, index),
        snapshot: server.servedSnapshot(), clock: clock)
    }
    if let carried = state?.carried, carried.isOf(workers: workers.count) {
      for worker in workers { worker.restore(carried) }
    }
    return workers
  }
}
