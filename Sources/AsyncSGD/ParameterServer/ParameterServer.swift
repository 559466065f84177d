internal import Dispatch
public import Kernels
internal import Synchronization

/// The authoritative copy of a model's parameters, updated by workers that do not synchronize with one another.
///
/// A worker pulls a snapshot, computes a gradient on its own replica and pushes it, while other workers' pushes may
/// land in between. *Unsynchronized* means that no barrier orders the workers; it does not mean a data race. Every pull
/// and push is atomic: a snapshot never mixes two versions, and no update is lost.
///
/// The ``Coordinator`` decides what happens to a push, the ``UpdateRule`` corrects a stale gradient, the ``Optimizer``
/// computes the step, and this actor executes all three on its own serial queue. Dispatch worker threads enter it with the
/// nonisolated methods of ``ParameterService``, which run the isolated code on the calling thread.
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
  /// What workers pull, where the rule looks ahead.
  private nonisolated let lookAhead: PublishedParameters?
  private nonisolated let gradients: GradientBufferPool
  private nonisolated let turnstiles: [Turnstile]
  private nonisolated let ports: [ServerPort]
  private nonisolated let parameterCount: Int
  private nonisolated let parameterName: @Sendable (Int) -> String
  private nonisolated let clock: RunClock
  /// The least base version whose gradients are still wanted.
  private nonisolated let oldestWanted = Atomic<Int>(0)

  private var coordinator: Coordinator
  private let pipeline: UpdatePipeline
  private let schedule: LearningRateSchedule
  /// α of the elastic modes.
  private let movingRate: Float
  /// What workers pushed that is kept until its round is complete or its turn comes, by worker.
  private var held: [GradientPush?]
  /// Why the last gradient of each worker was dropped.
  private var dropped: [DropReason?]
  /// The gradients of the update that is being gathered.
  private var mean: GradientMean?
  private var examples = 0
  private var pushedBytes = 0
  private var uncompressedBytes = 0
  /// Sums since the last ``takeStatus()``.
  private var recent = TrainingTotals()
  /// Sums since the last ``beginEpochTotals()``.
  private var epochTotals = TrainingTotals()
  private var divergence: Divergence?
  private var skippedDivergence: Divergence?
  /// Where the events are recorded, if they are.
  private let tape: ServerTape?
  private var watch: ServerWatch

  /// Creates a server whose workers all hold a snapshot of the initial parameters.
  ///
  /// - Parameters:
  ///   - initial: The first parameters.
  ///   - coordinator: The decisions, at the version of `initial`.
  ///   - rule: The correction of stale gradients; the server becomes its only user.
  ///   - optimizer: The step; the server becomes its only user.
  ///   - blocks: How the parameters are cut, and their weight decay; `nil` for none.
  ///   - schedule: The learning rate of each update.
  ///   - movingRate: α of the elastic modes.
  ///   - backend: The kernels that the server computes with.
  ///   - clock: The time since the run began.
  ///   - parameterName: The name of the tensor that holds a flat index, for messages.
  public init(
    initial: [Float], coordinator: Coordinator, rule: sending any UpdateRule = PlainRule(),
    optimizer: sending any Optimizer, blocks: ParameterBlocks? = nil, schedule: LearningRateSchedule,
    movingRate: Float = 0, backend: any KernelBackend<Float>, clock: RunClock = .wall(),
    parameterName: @escaping @Sendable (Int) -> String
  ) {
    self.init(
      initial: initial, coordinator: coordinator, rule: rule, optimizer: optimizer, blocks: blocks, schedule: schedule,
      movingRate: movingRate, backend: backend, clock: clock, tape: nil, measuresTime: true,
      parameterName: parameterName)
  }

  /// Creates a server that records its events on `tape`, if there is one, and becomes the tape's only user.
  init(
    initial: [Float], coordinator: Coordinator, rule: sending any UpdateRule, optimizer: sending any Optimizer,
    blocks: ParameterBlocks?, schedule: LearningRateSchedule, movingRate: Float, backend: any KernelBackend<Float>,
    clock: RunClock, tape: sending ServerTape?, measuresTime: Bool,
    parameterName: @escaping @Sendable (Int) -> String
  ) {
    watch = ServerWatch(measuresTime: measuresTime)
    self.backend = backend
    self.coordinator = coordinator
    self.schedule = schedule
    self.movingRate = movingRate
    self.parameterName = parameterName
    self.clock = clock
    self.tape = tape
    parameterCount = initial.count
    // Besides the workers', one lease for whoever evaluates or saves, and one that a pull may take before it gives
    // the old one back.
    let leases = coordinator.workers + 2
    let pipeline = UpdatePipeline(
      rule: rule, optimizer: optimizer, blocks: blocks ?? ParameterBlocks(count: initial.count), backend: backend)
    published = PublishedParameters(initial, version: coordinator.version, leases: leases)
    if rule.looksAhead {
      // The momentum of a resumed run looks ahead at once.
      var ahead = initial
      pipeline.lookAhead(from: initial, into: &ahead)
      lookAhead = PublishedParameters(ahead, version: coordinator.version, leases: leases)
    } else {
      lookAhead = nil
    }
    self.pipeline = pipeline
    // A worker may crash while the server keeps what it pushed, and compute its next gradient before that is done with.
    gradients = GradientBufferPool(buffers: 2 * coordinator.workers, count: initial.count)
    turnstiles = (0..<coordinator.workers).map { _ in Turnstile() }
    ports = (0..<coordinator.workers).map { ServerPort(worker: $0) }
    held = Array(repeating: nil, count: coordinator.workers)
    dropped = Array(repeating: nil, count: coordinator.workers)
    mean = coordinator.gathering == .single ? nil : pipeline.makeMean()
  }

  // MARK: Isolated: runs on the server's queue only

  /// Answers the request of a port.
  func serve(_ port: ServerPort) {
    let worker = port.worker
    watch.begin(enteredAt: port.enteredAt, isPush: port.isPush)
    defer { watch.end() }
    guard var snapshot = port.snapshot.take() else { preconditionFailure("a port without a snapshot was entered") }
    port.reply = .proceed
    switch port.request {
    case .pull:
      coordinator.pulled(worker: worker)
      snapshot = servedSnapshot()
      tape?.pulled(worker, version: coordinator.version, restarts: false, at: clock.microseconds())
    case .restart:
      coordinator.restarted(worker: worker)
      snapshot = servedSnapshot()
      tape?.pulled(worker, version: coordinator.version, restarts: true, at: clock.microseconds())
    case .join:
      coordinator.join(worker: worker)
      snapshot = servedSnapshot()
      tape?.joined(worker, version: coordinator.version, at: clock.microseconds())
    case .leave:
      tape?.left(worker, at: clock.microseconds())
      if coordinator.isQueued(worker) {
        // Nobody is there to be answered when its turn comes.
        held[worker].map(recycle)
        held[worker] = nil
      }
      if coordinator.leave(worker: worker) { applyGathered() }
      applyInTurn()
      _ = settle(caller: nil, snapshot: &snapshot)
    case .push(let push, let nonFiniteIndex):
      port.reply = receive(push, nonFiniteIndex: nonFiniteIndex, snapshot: &snapshot)
    }
    port.snapshot = consume snapshot
  }

  /// Decides about a push and carries the decision out: staleness, update and version step are one action.
  ///
  /// This method has no suspension point, and must never get one.
  private func receive(_ push: GradientPush, nonFiniteIndex: Int?, snapshot: inout ParameterSnapshot) -> PushReply {
    let version = coordinator.version
    let now = clock.microseconds()
    let decision = coordinator.push(
      worker: push.worker, baseVersion: snapshot.version, minibatches: push.minibatches,
      isFinite: nonFiniteIndex == nil, pulls: push.pulls, seconds: Double(now) * 1e-6)
    tape?.pushed(push, baseVersion: snapshot.version, version: version, decision, at: now)
    if decision.dropped != .stopped {
      let bytes = MemoryLayout<Float>.stride * parameterCount
      pushedBytes += push.bytes ?? bytes
      uncompressedBytes += bytes
    }
    if let nonFiniteIndex {
      note(Divergence(worker: push.worker, update: version, parameter: parameterName(nonFiniteIndex)))
    } else if decision.dropped != .stopped {
      examples += push.examples
      recent.add(push)
      epochTotals.add(push)
    }
    dropped[push.worker] = decision.dropped

    if decision.dropped != nil {
      recycle(push)
      if decision.updates { applyGathered() }
    } else if decision.isQueued {
      held[push.worker] = push
    } else {
      take(push, decision, pulled: snapshot.values, version: version)
    }
    applyInTurn()
    return settle(caller: push, snapshot: &snapshot)
  }

  /// Carries out the exchanges whose turn has come.
  private func applyInTurn() {
    while let worker = coordinator.nextInTurn() {
      guard let push = held[worker] else { preconditionFailure("worker \(worker) has nothing queued") }
      held[worker] = nil
      exchange(push)
    }
  }

  /// Makes a gradient part of an update, now or when the update is complete.
  ///
  /// - Parameters:
  ///   - push: The gradient.
  ///   - decision: What the coordinator decided.
  ///   - pulled: The parameters that its worker pulled.
  ///   - version: The present version; the coordinator may have counted the next one.
  private func take(
    _ push: GradientPush, _ decision: Coordinator.Decision, pulled: UnsafePointer<Float>, version: Int
  ) {
    if coordinator.mode.isElastic {
      exchange(push)
      return
    }
    switch coordinator.gathering {
    case .single:
      // The coordinator has counted this update already.
      publish { current, next, served in
        let gradient = staleGradient(
          push, staleness: decision.staleness, version: version, pulled: pulled, parameters: current)
        pipeline.apply(gradient, to: next, serving: served)
      }
      recycle(push)
    case .byWorker:
      held[push.worker] = push
      if decision.updates { applyGathered() }
    case .asTheyCome:
      let latest = published.snapshot()
      let gradient = staleGradient(
        push, staleness: decision.staleness, version: version, pulled: pulled, parameters: latest.values)
      add(gradient, examples: push.examples, weight: decision.weight)
      recycle(push)
      if decision.updates { applyGathered() }
    }
  }

  /// Applies the mean of what was gathered.
  private func applyGathered() {
    var rate = learningRate
    if coordinator.gathering == .byWorker {
      // In the order of the workers, so that the result does not depend on who came first.
      let latest = published.snapshot()
      for worker in held.indices {
        guard let push = held[worker] else { continue }
        rate = push.learningRate ?? rate
        let gradient = staleGradient(
          push, staleness: 0, version: latest.version, pulled: latest.values, parameters: latest.values)
        add(gradient, examples: push.examples, weight: 1)
        recycle(push)
        held[worker] = nil
      }
    }
    guard let gathered = mean else { preconditionFailure("mode \(coordinator.mode.rawValue) gathers no gradients") }
    publish { current, next, _ in
      pipeline.apply(gathered, learningRate: rate, from: current, to: next)
    }
    mean?.clear()
  }

  private func add(_ gradient: StaleGradient, examples: Int, weight: Float) {
    guard var gathered = mean else { preconditionFailure("mode \(coordinator.mode.rawValue) gathers no gradients") }
    pipeline.add(
      gradient, examples: coordinator.mode.weighsByExamples ? examples : 1, weight: weight, to: &gathered)
    mean = gathered
  }

  /// Moves a worker's parameters and the center towards each other.
  ///
  ///     d = α·(x − center),  x ← x − d,  center ← center + d
  private func exchange(_ push: GradientPush) {
    publish { center, next, _ in
      let local = push.gradient.values
      for index in 0..<parameterCount {
        let move = movingRate * (local[index] - center[index])
        local[index] -= move
        next[index] = center[index] + move
      }
    }
  }

  /// Lets workers go on that have nothing to wait for any more, and answers the one that called.
  private func settle(caller push: GradientPush?, snapshot: inout ParameterSnapshot) -> PushReply {
    oldestWanted.store(coordinator.oldestWanted, ordering: .relaxed)
    var answer = PushReply.wait
    let released = coordinator.release()
    if let tape, !released.isEmpty {
      let now = clock.microseconds()
      for worker in released where coordinator.pulls(worker) { tape.answered(worker, at: now) }
    }
    for worker in released {
      let reply: PushReply = coordinator.isStopped ? .stopped : dropped[worker].map { .dropped($0) } ?? .proceed
      if let push, push.worker == worker {
        answer = reply
        if push.pulls { snapshot = servedSnapshot() }
      } else {
        turnstiles[worker].open(reply, snapshot: coordinator.pulls(worker) ? servedSnapshot() : nil)
      }
    }
    guard coordinator.isStopped else { return answer }
    for worker in held.indices {
      guard let push = held[worker] else { continue }
      recycle(push)
      held[worker] = nil
    }
    return .stopped
  }

  private func staleGradient(
    _ push: GradientPush, staleness: Int, version: Int, pulled: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>
  ) -> StaleGradient {
    if watch.isSampled(version) {
      // What workers pull may look ahead of the parameters: a pull is compared with a pull.
      let present = servedSnapshot()
      watch.observeGap(from: pulled, to: present.values, count: parameterCount)
    }
    return StaleGradient(
      worker: push.worker, version: version, staleness: staleness, learningRate: learningRate,
      values: UnsafePointer(push.gradient.values), pulled: pulled, parameters: parameters)
  }

  /// η of the update that is being made.
  private var learningRate: Float {
    Float(schedule.rate(of: coordinator.minibatchesBeforeUpdate..<coordinator.minibatches))
  }

  private func publish(
    _ update: (
      _ current: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>, _ served: UnsafeMutablePointer<Float>?
    ) -> Void
  ) {
    if watch.isSampled(coordinator.version) { watch.note(versionGap: coordinator.versionGap) }
    if let lookAhead {
      lookAhead.publish(version: coordinator.version) { _, served in
        published.publish(version: coordinator.version) { update($0, $1, served) }
      }
    } else {
      published.publish(version: coordinator.version) { update($0, $1, nil) }
    }
    if let tape {
      let latest = published.snapshot()
      tape.updated(latest.values, count: latest.count, version: latest.version)
    }
  }

  private func recycle(_ push: GradientPush) {
    // In elastic modes the buffer is the worker's own.
    if !coordinator.mode.isElastic { gradients.give(push.gradient) }
  }

  private func note(_ place: Divergence) {
    if coordinator.isStopped {
      divergence = divergence ?? place
    } else {
      skippedDivergence = place
    }
  }

  private func currentStatus() -> ServerStatus {
    let dropped = coordinator.drops.reduce(0) { $0 + ($1.key == .stopped ? 0 : $1.value) }
    return ServerStatus(
      version: coordinator.version, examples: examples, recent: recent, epoch: epochTotals,
      stalenessMean: coordinator.staleness.applied.mean, stalenessMax: coordinator.staleness.applied.max,
      nextLearningRate: schedule.rate(at: coordinator.minibatches), refusedPushes: coordinator.refusedPushes,
      droppedPushes: dropped, pushedBytes: pushedBytes, momentum: pipeline.optimizer.momentum.map(Double.init),
      uncompressedBytes: uncompressedBytes,
      lastSkipped: skippedDivergence, divergence: divergence)
  }
}

// MARK: What worker threads call

extension ParameterServer: ParameterService {
  /// Replaces a worker's snapshot by the latest parameters, from a Dispatch thread.
  ///
  /// The server notes the version that the worker works at from here on, so this waits for a push in progress.
  ///
  /// - Precondition: The caller is not on the server's queue.
  public nonisolated func pull(worker: Int, into snapshot: inout ParameterSnapshot) {
    _ = ports[worker].enter(self, on: executor.queue, .pull, snapshot: &snapshot)
  }

  /// Takes a gradient buffer with undefined contents; blocks while two a worker are in flight.
  public nonisolated func takeGradientBuffer() -> GradientBuffer {
    gradients.take()
  }

  /// Gives back a buffer that was not pushed.
  public nonisolated func giveBack(_ buffer: GradientBuffer) {
    gradients.give(buffer)
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
    return self.push(
      push, nonFiniteIndex: backend.firstNonFinite(count: push.gradient.count, values: push.gradient.values),
      snapshot: &snapshot)
  }

  /// Hands over a gradient, or a part of one, that has been scanned.
  ///
  /// - Parameters:
  ///   - push: The gradient.
  ///   - nonFiniteIndex: Where the whole gradient is not finite, counted from this part's first element.
  ///   - snapshot: The worker's snapshot.
  /// - Returns: The server's answer.
  nonisolated func push(_ push: GradientPush, nonFiniteIndex: Int?, snapshot: inout ParameterSnapshot) -> PushReply {
    ports[push.worker].enter(
      self, on: executor.queue, .push(push, nonFiniteIndex: nonFiniteIndex), snapshot: &snapshot)
  }

  /// Blocks the calling Dispatch thread until the server lets the worker go on.
  public nonisolated func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    turnstiles[worker].pass(snapshot: &snapshot)
  }

  /// Returns whether a gradient computed at `version` may still be applied; never blocks.
  public nonisolated func isWanted(version: Int) -> Bool {
    version >= oldestWanted.load(ordering: .relaxed)
  }

  /// The most versions of the parameters that were in memory at once, the one being written included.
  nonisolated var mostVersionsInUse: Int { published.mostInUse }

  /// The number of updates applied so far; never blocks.
  public nonisolated var latestVersion: Int { published.snapshot().version }

  /// Replaces the snapshot of a worker that gave up a calculation, from a Dispatch thread.
  ///
  /// - Precondition: The caller is not on the server's queue.
  public nonisolated func restart(worker: Int, snapshot: inout ParameterSnapshot) {
    _ = ports[worker].enter(self, on: executor.queue, .restart, snapshot: &snapshot)
  }

  /// Notes that a worker pushes no more in this epoch, which may complete an update or let others go on.
  ///
  /// - Precondition: The caller is not on the server's queue, and the worker does not wait.
  public nonisolated func leave(worker: Int, snapshot: inout ParameterSnapshot) {
    _ = ports[worker].enter(self, on: executor.queue, .leave, snapshot: &snapshot)
  }

  /// Notes that a worker takes part that did not until now, and gives it the latest parameters.
  ///
  /// - Precondition: The caller is not on the server's queue.
  public nonisolated func join(worker: Int, snapshot: inout ParameterSnapshot) {
    _ = ports[worker].enter(self, on: executor.queue, .join, snapshot: &snapshot)
  }
}

// MARK: What the driver calls

extension ParameterServer: TrainingServer {
  /// Returns the latest parameters; never waits for an update in progress.
  ///
  /// The server does not count this snapshot as a worker's: use ``pull(worker:into:)`` for those.
  public nonisolated func latest() -> ParameterSnapshot {
    published.snapshot()
  }

  /// Returns what workers pull now; never waits for an update in progress.
  ///
  /// It differs from ``latest()`` where the rule looks ahead.
  public nonisolated func servedSnapshot() -> ParameterSnapshot {
    (lookAhead ?? published).snapshot()
  }

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

  /// The workers that the last push or leave let go, in order.
  nonisolated var released: [Int] { executor.queue.sync { assumeIsolated { $0.coordinator.released } } }

  /// The present version, and the least one whose gradients are still wanted.
  nonisolated var wanted: (version: Int, oldest: Int) {
    executor.queue.sync { assumeIsolated { ($0.coordinator.version, $0.coordinator.oldestWanted) } }
  }

  nonisolated var record: CoordinationRecord {
    var record = CoordinationRecord(coordination)
    record.observations = executor.queue.sync { assumeIsolated { $0.watch.present } }
    return record
  }

  /// Begins the sums of an epoch anew.
  nonisolated func beginEpochTotals() {
    executor.queue.sync { assumeIsolated { $0.epochTotals = TrainingTotals() } }
  }

  nonisolated func note(cosine: Double) {
    executor.queue.sync { assumeIsolated { $0.watch.note(cosine: cosine) } }
  }

  /// Begins an epoch in which some workers take part; nobody waits for the others.
  ///
  /// - Precondition: All workers have left the epoch before.
  public nonisolated func begin(workers: Range<Int>) {
    executor.queue.sync {
      assumeIsolated { server in
        server.watch.beginStretch()
        server.coordinator.begin(workers: workers)
      }
    }
  }

  /// Copies the state of rule and optimizer.
  public nonisolated func carriedState() -> CarriedState {
    executor.queue.sync {
      assumeIsolated { server in
        let optimizer = server.pipeline.optimizer.state()
        let rule = server.pipeline.rule.state(prefix: "rule.")
        return CarriedState(
          vectors: optimizer.vectors.merging(rule.vectors) { first, _ in first },
          scalars: optimizer.scalars.merging(rule.scalars) { first, _ in first })
      }
    }
  }
}
