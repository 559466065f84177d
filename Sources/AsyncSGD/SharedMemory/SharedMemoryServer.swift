public import Kernels
internal import Synchronization

/// Parameters in shared memory, which the workers update themselves: Hogwild, and the locked steps towards it.
///
/// Nobody serves: a push makes the optimizer's step on the worker's own thread and adds it to the shared parameters, word by
/// word, while other workers do the same (`SharedParameters`). So updates may be lost, and what a worker reads may mix
/// versions; both are measured (``ConsistencyRecord``). With *lock stripes* the parameters are divided among locks, and
/// a worker holds a stripe's lock while it reads and writes there: then nothing is lost, and with a single stripe, which
/// is a server behind a mutex, nothing mixes either.
///
/// **Optimizer.** Each worker has its own, with its own momentum, as in PyTorch's `mnist_hogwild`. A step starts from what the
/// shared parameters are when it is made, block by block, and not from what the worker computed the gradient at.
///
/// **Reading.** A worker computes on a copy of its own. Kernels that read shared memory directly would see parameters change
/// under them, and plain loads that race with stores are undefined in Swift. The copy is made while the worker writes, from
/// what it stored, so push and pull are one pass over the memory.
///
/// **Version.** The number of updates begun: a global atomic counter, which also gives each update its place in the schedule
/// of learning rates. The staleness of an update is the number of others that began since its worker's last began.
///
/// The only worker does exactly what it does in a ``ParameterServer``, to the bit.
///
/// Sources: Niu, Recht, Ré & Wright, "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent",
/// NeurIPS 2011, <https://arxiv.org/abs/1106.5730>; the example `mnist_hogwild` of PyTorch.
public final class SharedMemoryServer: Sendable {
  private let backend: any KernelBackend<Float>
  private let shared: SharedParameters
  private let locks: [Lock]
  /// The blocks under each lock; all of them where there is none.
  private let stripes: [Range<Int>]
  private let gradients: GradientBufferPool
  private let ports: [SharedMemoryPort]
  private let schedule: LearningRateSchedule
  private let divergencePolicy: DivergencePolicy
  private let parameterName: @Sendable (Int) -> String
  private let initialVersion: Int
  private let interleaving: SharedParameters.Interleaving?

  private let version: Atomic<Int>
  private let minibatches: Atomic<Int>
  private let refusedInARow = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  private let cosines = CosineRecord()

  /// Creates shared memory and the workers' ways into it.
  ///
  /// - Parameters:
  ///   - initial: The first parameters.
  ///   - optimizers: One for each worker, which becomes its only user.
  ///   - lockStripes: The number of locks, at most one a parameter; 0 for none.
  ///   - blocks: How the parameters are cut, and their weight decay; `nil` for none.
  ///   - schedule: The learning rate of each update.
  ///   - version: The updates applied before, by the run that is resumed.
  ///   - minibatches: Where the run that is resumed was on its schedule.
  ///   - divergencePolicy: What happens to a gradient that is not finite.
  ///   - backend: The kernels that look for values that are not finite.
  ///   - parameterName: The name of the tensor that holds a flat index, for messages.
  public convenience init(
    initial: [Float], optimizers: sending [any Optimizer], lockStripes: Int = 0, blocks: ParameterBlocks? = nil,
    schedule: LearningRateSchedule, version: Int = 0, minibatches: Int = 0,
    divergencePolicy: DivergencePolicy = .stop, backend: any KernelBackend<Float>,
    parameterName: @escaping @Sendable (Int) -> String
  ) {
    self.init(
      initial: initial, optimizers: optimizers, lockStripes: lockStripes, blocks: blocks, schedule: schedule,
      version: version, minibatches: minibatches, divergencePolicy: divergencePolicy, backend: backend,
      parameterName: parameterName, interleaving: nil)
  }

  /// Creates shared memory in which a test acts between the load and the store of a word.
  init(
    initial: [Float], optimizers: sending [any Optimizer], lockStripes: Int = 0, blocks: ParameterBlocks? = nil,
    schedule: LearningRateSchedule, version: Int = 0, minibatches: Int = 0,
    divergencePolicy: DivergencePolicy = .stop, backend: any KernelBackend<Float>,
    parameterName: @escaping @Sendable (Int) -> String, interleaving: SharedParameters.Interleaving?
  ) {
    precondition(!optimizers.isEmpty, "there must be at least 1 worker")
    precondition(
      (0...max(1, initial.count)).contains(lockStripes),
      "\(initial.count) parameters cannot be divided among \(lockStripes) locks")
    self.backend = backend
    self.schedule = schedule
    self.divergencePolicy = divergencePolicy
    self.parameterName = parameterName
    self.interleaving = interleaving
    initialVersion = version
    self.version = Atomic(version)
    self.minibatches = Atomic(minibatches)
    let whole = blocks ?? ParameterBlocks(count: initial.count)
    var pieces: [ParameterBlocks.Block] = []
    stripes = ParameterBlocks.parts(max(1, lockStripes), of: initial.count).map { stripe in
      let first = pieces.count
      pieces += whole.blocks(in: stripe)
      return first..<pieces.count
    }
    shared = SharedParameters(initial, blocks: pieces)
    locks = (0..<lockStripes).map { _ in Lock() }
    gradients = GradientBufferPool(buffers: optimizers.count, count: initial.count)
    ports = optimizers.enumerated().map {
      SharedMemoryPort(worker: $0, optimizer: $1, parameters: initial.count, version: version)
    }
  }

  /// Visits all stripes, under their locks if there are any.
  ///
  /// Each worker begins with another one, or all would queue up at the first and march on in line.
  private func visitStripes(worker: Int, _ body: (ArraySlice<SharedParameters.Block>) -> Void) {
    guard !locks.isEmpty else { return body(shared.blocks[...]) }
    let first = worker * stripes.count / ports.count
    for turn in stripes.indices {
      let stripe = (first + turn) % stripes.count
      locks[stripe].withLock { body(shared.blocks[stripes[stripe]]) }
    }
  }

  /// Makes an update of a finite gradient.
  private func apply(_ push: GradientPush, of port: SharedMemoryPort) {
    let update = version.add(1, ordering: .relaxed).oldValue
    let done = minibatches.add(push.minibatches, ordering: .relaxed)
    port.optimizer.begin(learningRate: Float(schedule.rate(of: done.oldValue..<done.newValue)))
    var span = VersionSpan()
    visitStripes(worker: port.worker) { blocks in
      port.update(
        blocks, of: shared, by: push.gradient.values, mark: SharedParameters.mark(ofUpdate: update), span: &span,
        interleaving: interleaving)
    }
    port.mark(version: update + 1)
    if refusedInARow.load(ordering: .relaxed) > 0 { refusedInARow.store(0, ordering: .relaxed) }
    port.withBooks { books in
      books.staleness.recordApplied(update - books.baseVersion, worker: 0)
      // What the worker's copy aged between its push and its next pull: by this very update.
      books.staleness.recordIdle(1)
      books.baseVersion = update + 1
      books.consistency.record(span)
      books.updates += 1
      books.examples += push.examples
      books.recent.add(push)
      books.pushedBytes += push.bytes ?? 4 * shared.count
    }
  }

  /// Refuses a gradient that is not finite.
  private func refuse(_ push: GradientPush, nonFiniteIndex: Int, of port: SharedMemoryPort) -> PushReply {
    let refusals = refusedInARow.add(1, ordering: .relaxed).newValue
    let stops = divergencePolicy == .stop || refusals > Coordinator.hopelessRefusals * ports.count
    if stops {
      isStopped.store(true, ordering: .relaxed)
    } else {
      minibatches.add(push.minibatches, ordering: .relaxed)
    }
    let version = version.load(ordering: .relaxed)
    let place = Divergence(worker: port.worker, update: version, parameter: parameterName(nonFiniteIndex))
    port.withBooks { books in
      books.drops[.notFinite, default: 0] += 1
      books.pushedBytes += push.bytes ?? 4 * shared.count
      if stops { books.divergence = place } else { books.skippedDivergence = place }
    }
    read(port, afterPush: true)
    return stops ? .stopped : .dropped(.notFinite)
  }

  /// Reads the parameters as they are.
  private func read(_ port: SharedMemoryPort, afterPush isDropped: Bool) {
    let version = version.load(ordering: .relaxed)
    var span = VersionSpan()
    visitStripes(worker: port.worker) { port.read($0, of: shared, span: &span) }
    port.mark(version: version)
    port.withBooks { books in
      let age = version - books.baseVersion
      if isDropped { books.staleness.recordDropped(age) } else { books.staleness.recordUnused(age) }
      books.baseVersion = version
      books.consistency.record(span)
    }
  }
}

// MARK: What worker threads call

extension SharedMemoryServer: ParameterService {
  /// Replaces a worker's snapshot by the parameters as they are.
  public func pull(worker: Int, into snapshot: inout ParameterSnapshot) {
    read(ports[worker], afterPush: false)
    snapshot = ports[worker].snapshot
  }

  /// Takes a gradient buffer with undefined contents.
  public func takeGradientBuffer() -> GradientBuffer { gradients.take() }

  /// Gives back a buffer that was not pushed.
  public func giveBack(_ buffer: GradientBuffer) { gradients.give(buffer) }

  /// Applies a gradient on the calling thread, which waits for nobody but the holders of locks, if there are any.
  ///
  /// - Precondition: The gradient has one element per parameter, and its worker takes a new snapshot.
  public func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
    precondition(
      push.gradient.count == shared.count,
      "a gradient of \(push.gradient.count) elements was pushed to \(shared.count) parameters")
    precondition(push.pulls, "a worker with shared parameters reads them with each push")
    let port = ports[push.worker]
    defer { gradients.give(push.gradient) }
    guard !isStopped.load(ordering: .relaxed) else {
      port.withBooks { $0.drops[.stopped, default: 0] += 1 }
      return .stopped
    }
    var reply = PushReply.proceed
    if let index = backend.firstNonFinite(count: push.gradient.count, values: push.gradient.values) {
      reply = refuse(push, nonFiniteIndex: index, of: port)
    } else {
      apply(push, of: port)
    }
    snapshot = port.snapshot
    return reply
  }

  /// Nobody is ever told to wait.
  public func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    preconditionFailure("worker \(worker) waits, but no push was answered with that")
  }

  /// The number of updates made so far; never blocks.
  public var latestVersion: Int { version.load(ordering: .relaxed) }

  /// Every gradient is wanted.
  public func isWanted(version: Int) -> Bool { true }

  /// Replaces the snapshot of a worker that gave up a calculation.
  public func restart(worker: Int, snapshot: inout ParameterSnapshot) {
    pull(worker: worker, into: &snapshot)
  }

  /// Nobody waits for a worker that leaves.
  public func leave(worker: Int, snapshot: inout ParameterSnapshot) {}

  /// Replaces the snapshot of a worker that takes part again.
  public func join(worker: Int, snapshot: inout ParameterSnapshot) {
    pull(worker: worker, into: &snapshot)
  }
}

// MARK: What the driver calls

extension SharedMemoryServer: TrainingServer {
  /// Returns a copy of the parameters: of one version while the workers pause, otherwise perhaps of several.
  public func latest() -> ParameterSnapshot {
    let copy = ParameterBuffer(count: shared.count)
    copy.version = version.load(ordering: .relaxed)
    let block = GradientBuffer(count: SharedParameters.blockCapacity)
    visitStripes(worker: 0) { blocks in
      for piece in blocks {
        shared.load(piece, into: block.values)
        (copy.values + piece.range.lowerBound).update(from: block.values, count: piece.range.count)
      }
    }
    return ParameterSnapshot(copy)
  }

  /// The state of the run, worker by worker: of one moment only while the workers pause.
  public var status: ServerStatus { status(takingRecent: false) }

  /// Returns ``status``, and begins its ``ServerStatus/recent`` sums anew.
  public func takeStatus() -> ServerStatus { status(takingRecent: true) }

  private func status(takingRecent: Bool) -> ServerStatus {
    var status = ServerStatus(
      version: version.load(ordering: .relaxed), examples: 0, recent: TrainingTotals(), stalenessMean: 0,
      stalenessMax: 0, nextLearningRate: schedule.rate(at: minibatches.load(ordering: .relaxed)), refusedPushes: 0)
    var updates = 0
    var staleness = 0
    for port in ports {
      port.withBooks { books in
        status.examples += books.examples
        status.recent.add(books.recent)
        if takingRecent { books.recent = TrainingTotals() }
        updates += books.staleness.applied.count
        staleness += books.staleness.applied.sum
        status.stalenessMax = max(status.stalenessMax, books.staleness.applied.max)
        status.refusedPushes += books.drops[.notFinite] ?? 0
        status.pushedBytes += books.pushedBytes
        if let place = books.skippedDivergence, place.update >= status.lastSkipped?.update ?? 0 {
          status.lastSkipped = place
        }
        if let place = books.divergence, place.update <= status.divergence?.update ?? .max {
          status.divergence = place
        }
      }
    }
    status.stalenessMean = updates == 0 ? 0 : Double(staleness) / Double(updates)
    status.droppedPushes = status.refusedPushes
    status.uncompressedBytes = status.pushedBytes
    status.consistency = consistency
    return status
  }

  private var consistency: ConsistencyRecord {
    var record = ConsistencyRecord()
    for port in ports { port.withBooks { record.add($0.consistency) } }
    if locks.isEmpty { (record.watchedUpdates, record.lostUpdates) = shared.losses }
    return record
  }

  /// What became of the pushes; meaningful while the workers pause.
  var record: CoordinationRecord {
    var staleness = StalenessStatistics(workers: ports.count)
    var drops: [DropReason: Int] = [:]
    var dropsByWorker: [Int] = []
    var updates: [Int] = []
    var age = 0
    let version = version.load(ordering: .relaxed)
    for port in ports {
      port.withBooks { books in
        staleness.add(books.staleness, as: port.worker)
        drops.merge(books.drops) { $0 + $1 }
        dropsByWorker.append(books.drops.values.reduce(0, +))
        updates.append(books.updates)
        age += version - books.baseVersion
      }
    }
    // The law of ``Coordinator/stalenessLawResidual``, with the counter's values as versions.
    let residual =
      ports.count * (version - initialVersion) - staleness.applied.sum - staleness.droppedSum - staleness.idleSum
      - staleness.unusedSum - age
    return CoordinationRecord(
      staleness: staleness, updatesByWorker: updates, drops: drops, dropsByWorker: dropsByWorker, abandoned: 0,
      stalenessLawResidual: residual, consistency: consistency,
      observations: cosines.observations)
  }

  /// Notes the cosine between a stale gradient and the fresh one.
  func note(cosine: Double) {
    cosines.record(cosine)
  }

  /// Does nothing: no worker waits for another.
  public func begin(workers: Range<Int>) {}

  /// Copies the state of the optimizers, while the workers pause: the first worker's under its own names, those of the others
  /// prefixed.
  public func carriedState() -> CarriedState {
    var state = CarriedState()
    for port in ports {
      state.merge(port.optimizer.state(prefix: Self.prefix(ofWorker: port.worker)))
    }
    return state
  }

  /// The prefix of a worker's state in ``carriedState()``.
  static func prefix(ofWorker worker: Int) -> String {
    worker == 0 ? "" : "worker.\(worker).optimizer."
  }
}

/// The cosines between stale gradients and fresh ones, which is all that is measured here: nobody waits, and there is no server
/// that could be busy.
private final class CosineRecord: @unchecked Sendable {  // `measured` is protected by `lock`
  private let lock = Lock()
  private var measured = AsynchronyObservations()

  /// What was measured; `nil` if nothing was.
  var observations: AsynchronyObservations? {
    lock.withLock { measured.cosine.count > 0 ? measured : nil }
  }

  func record(_ cosine: Double) {
    lock.withLock { measured.cosine.record(cosine) }
  }
}
