internal import Dispatch
public import Kernels

/// The authoritative copy of a model's parameters, updated by workers that do not synchronize with one another.
///
/// A worker pulls a snapshot, computes a gradient on its own replica and pushes it, while other workers' pushes may
/// land in between. *Unsynchronized* means that no barrier orders the workers; it does not mean a data race. Every pull
/// and push is atomic: a snapshot never mixes two versions, and no update is lost.
///
/// The ``Coordinator`` decides what happens to a push, the ``Optimizer`` computes the step, and this actor executes
/// both on its own serial queue. Dispatch worker threads enter it with the nonisolated methods of ``ParameterService``,
/// which run the isolated code on the calling thread.
///
/// Updates are written out of place and then published, so taking a snapshot (``latest()``) never waits for an update in
/// progress. Nothing is allocated once all workers are under way.
///
/// Sources: Downpour SGD, Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012; push and pull, Li et al.,
/// "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014.
public actor ParameterServer {
  private nonisolated let executor = QueueExecutor(label: "asgd.parameter-server")
  /// Runs the actor on its own serial queue.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private nonisolated let backend: any KernelBackend<Float>
  private nonisolated let published: PublishedParameters
  private nonisolated let gradients: GradientBufferPool
  /// Where each worker waits for the end of its round.
  private nonisolated let turnstiles: [DispatchSemaphore]
  private nonisolated let ports: [ServerPort]
  private nonisolated let parameterCount: Int
  private nonisolated let parameterName: @Sendable (Int) -> String

  private var coordinator: Coordinator
  private let optimizer: any Optimizer
  private let schedule: LearningRateSchedule
  /// What the open round's workers pushed, by worker.
  private var held: [GradientPush?]
  /// The mean gradient of a round; `nil` in modes without rounds.
  private let roundGradient: GradientBuffer?
  private var examples = 0
  /// Sums since the last ``takeStatus()``.
  private var recent = TrainingTotals()
  private var divergence: Divergence?
  private var skippedDivergence: Divergence?

  /// Creates a server whose workers all hold a snapshot of the initial parameters.
  ///
  /// - Parameters:
  ///   - initial: The first parameters.
  ///   - coordinator: The decisions, at the version of `initial`.
  ///   - optimizer: The step; the server becomes its only user.
  ///   - schedule: The learning rate of each update.
  ///   - backend: The kernels that the server computes with.
  ///   - parameterName: The name of the tensor that holds a flat index, for messages.
  public init(
    initial: [Float], coordinator: Coordinator, optimizer: sending any Optimizer,
    schedule: LearningRateSchedule, backend: any KernelBackend<Float>,
    parameterName: @escaping @Sendable (Int) -> String
  ) {
    self.backend = backend
    self.coordinator = coordinator
    self.optimizer = optimizer
    self.schedule = schedule
    self.parameterName = parameterName
    parameterCount = initial.count
    // Besides the workers', one lease for whoever evaluates or saves, and one that a pull may take before it gives
    // the old one back.
    published = PublishedParameters(initial, version: coordinator.version, leases: coordinator.workers + 2)
    gradients = GradientBufferPool(buffers: coordinator.workers, count: initial.count)
    turnstiles = (0..<coordinator.workers).map { _ in DispatchSemaphore(value: 0) }
    ports = (0..<coordinator.workers).map { ServerPort(worker: $0) }
    held = Array(repeating: nil, count: coordinator.workers)
    roundGradient = coordinator.mode.dealsInRounds ? GradientBuffer(count: initial.count) : nil
  }

  // MARK: Isolated: runs on the server's queue only

  /// Answers the request of a port.
  func serve(_ port: ServerPort) {
    let worker = port.worker
    guard var snapshot = port.snapshot.take() else { preconditionFailure("a port without a snapshot was entered") }
    switch port.request {
    case .pull:
      repull(worker: worker, into: &snapshot)
      port.reply = .proceed
    case .push(let push, let nonFiniteIndex):
      port.reply = receive(push, nonFiniteIndex: nonFiniteIndex, snapshot: &snapshot)
    case .resume where coordinator.isStopped:
      port.reply = .stopped
    case .resume:
      repull(worker: worker, into: &snapshot)
      port.reply = .proceed
    }
    port.snapshot = consume snapshot
  }

  /// Decides about a push and carries the decision out: staleness, update and version step are one action.
  ///
  /// This method has no suspension point, and must never get one.
  private func receive(_ push: GradientPush, nonFiniteIndex: Int?, snapshot: inout ParameterSnapshot) -> PushReply {
    let decision = coordinator.push(
      worker: push.worker, baseVersion: snapshot.version, isFinite: nonFiniteIndex == nil)
    if let nonFiniteIndex {
      note(
        Divergence(worker: push.worker, update: coordinator.version, parameter: parameterName(nonFiniteIndex)))
    } else if decision != .stop {
      examples += push.examples
      recent.add(push)
    }

    switch decision {
    case .apply:
      update(by: push.gradient)
      gradients.give(push.gradient)
    case .discard:
      gradients.give(push.gradient)
    case .hold:
      held[push.worker] = push
      return .wait
    case .applyRound:
      held[push.worker] = push
      update(by: meanOfRound())
      closeRound(except: push.worker)
    case .releaseRound:
      held[push.worker] = push
      closeRound(except: push.worker)
    case .stop:
      gradients.give(push.gradient)
      closeRound(except: push.worker)
      return .stopped
    }
    repull(worker: push.worker, into: &snapshot)
    return .proceed
  }

  private func update(by gradient: GradientBuffer) {
    // The coordinator has counted this update already.
    let learningRate = Float(schedule.rate(at: coordinator.step - 1))
    published.publish(version: coordinator.version) { current, next in
      optimizer.step(gradient: gradient.values, learningRate: learningRate, parameters: current, updated: next)
    }
  }

  /// Sums the round's gradients in the order of the workers, each weighed by its share of the round's examples, so that
  /// the result does not depend on who came first.
  private func meanOfRound() -> GradientBuffer {
    guard let mean = roundGradient else { preconditionFailure("mode \(coordinator.mode) has no rounds") }
    var examples = 0
    for worker in held.indices where coordinator.contributes[worker] {
      examples += held[worker]?.examples ?? 0
    }
    var isFirst = true
    for worker in held.indices where coordinator.contributes[worker] {
      guard let push = held[worker] else { continue }
      backend.scaledSum(
        count: mean.count, alpha: Float(push.examples) / Float(examples), x: push.gradient.values,
        beta: isFirst ? 0 : 1, y: mean.values)
      isFirst = false
    }
    return mean
  }

  /// Recycles the gradients of the open round and releases its workers, all but `last`, who does not wait.
  private func closeRound(except last: Int) {
    for worker in held.indices {
      guard let push = held[worker] else { continue }
      gradients.give(push.gradient)
      held[worker] = nil
      if worker != last { turnstiles[worker].signal() }
    }
  }

  private func repull(worker: Int, into snapshot: inout ParameterSnapshot) {
    snapshot = published.snapshot()
    coordinator.pulled(worker: worker)
  }

  private func note(_ place: Divergence) {
    if coordinator.isStopped {
      divergence = divergence ?? place
    } else {
      skippedDivergence = place
    }
  }

  private func currentStatus() -> ServerStatus {
    ServerStatus(
      version: coordinator.version, examples: examples, recent: recent,
      stalenessMean: coordinator.staleness.applied.mean,
      stalenessMax: coordinator.staleness.applied.max, nextLearningRate: schedule.rate(at: coordinator.step),
      refusedPushes: coordinator.refusedPushes, lastSkipped: skippedDivergence, divergence: divergence)
  }

}

// MARK: What worker threads call

extension ParameterServer: ParameterService {
  /// Returns the latest parameters; never waits for an update in progress.
  ///
  /// The server does not count this snapshot as a worker's: use ``pull(worker:into:)`` for those.
  public nonisolated func latest() -> ParameterSnapshot {
    published.snapshot()
  }

  /// Replaces a worker's snapshot by the latest parameters, from a Dispatch thread.
  ///
  /// The server notes the version that the worker works at from here on, so this waits for a push in progress.
  ///
  /// - Precondition: The caller is not on the server's queue.
  public nonisolated func pull(worker: Int, into snapshot: inout ParameterSnapshot) {
    _ = ports[worker].enter(self, on: executor.queue, .pull, snapshot: &snapshot)
  }

  /// Takes a gradient buffer with undefined contents; blocks while one a worker is in flight.
  public nonisolated func takeGradientBuffer() -> GradientBuffer {
    gradients.take()
  }

  /// Hands over a gradient, blocking the calling Dispatch thread until it is applied, held or dropped.
  ///
  /// A gradient that is not finite never reaches the parameters. The scan for it runs on the calling thread, before
  /// the server is entered.
  ///
  /// - Precondition: The caller is not on the server's queue, and the gradient has one element per parameter.
  public nonisolated func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
    precondition(
      push.gradient.count == parameterCount,
      "a gradient of \(push.gradient.count) elements was pushed to a server of \(parameterCount) parameters")
    let nonFiniteIndex = backend.firstNonFinite(count: push.gradient.count, values: push.gradient.values)
    return ports[push.worker].enter(
      self, on: executor.queue, .push(push, nonFiniteIndex: nonFiniteIndex), snapshot: &snapshot)
  }

  /// Blocks the calling Dispatch thread until its round is over, and pulls.
  public nonisolated func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    turnstiles[worker].wait()
    return ports[worker].enter(self, on: executor.queue, .resume, snapshot: &snapshot)
  }
}

// MARK: What the driver calls

extension ParameterServer {
  /// The state of the server, all of one moment; blocks while a push is being applied.
  public nonisolated var status: ServerStatus {
    executor.queue.sync { assumeIsolated { $0.currentStatus() } }
  }

  /// Returns ``status``, and begins its ``ServerStatus/recent`` sums anew.
  ///
  /// Sums of short stretches, and not the differences of one long sum: a loss of 10²⁰ would swallow all that follow it.
  public nonisolated func takeStatus() -> ServerStatus {
    executor.queue.sync {
      assumeIsolated { server in
        defer { server.recent = TrainingTotals() }
        return server.currentStatus()
      }
    }
  }

  /// The decisions so far.
  public nonisolated var coordination: Coordinator {
    executor.queue.sync { assumeIsolated { $0.coordinator } }
  }

  /// Tells how many pushes are to come until the next call; a round never waits for more than that.
  ///
  /// - Precondition: No round is open.
  public nonisolated func expect(pushes: Int) {
    executor.queue.sync { assumeIsolated { $0.coordinator.expect(pushes: pushes) } }
  }

  /// Copies the optimizer's state, each vector laid out like the parameters, by name.
  public nonisolated func optimizerState() -> [String: [Float]] {
    executor.queue.sync { assumeIsolated { $0.optimizer.state.mapValues { Array($0) } } }
  }
}
