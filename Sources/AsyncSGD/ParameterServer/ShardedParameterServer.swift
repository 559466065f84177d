public import Kernels

/// Several parameter servers, each with a range of the parameters: its own queue, coordinator, rule and optimizer.
///
/// A worker pushes a part of its gradient to each shard and pulls a part of the parameters from each, one after another. Each
/// shard by itself is a ``ParameterServer``, with all that it promises: no update is lost, and its range never mixes two
/// versions. But nothing ties the shards together: updates may come to them in different orders, and what a worker pulls
/// may be of a different version in each. How far, is measured (``ConsistencyRecord``).
///
/// A worker needs its parameters contiguous, so a pull copies the ranges into a buffer of the worker's own. The shards' own
/// snapshots are kept too, because a rule may ask what the worker pulled.
///
/// Rules and optimizers that treat each parameter by itself do the same as without shards, given the same order of events.
///
/// Sources: Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012.
public final class ShardedParameterServer: Sendable {
  private let shards: [(range: Range<Int>, server: ParameterServer)]
  private let ports: [ShardedPort]
  private let gradients: GradientBufferPool
  private let backend: any KernelBackend<Float>
  private let parameterCount: Int

  /// Creates shards and the workers' ways to them.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - shards: The number of shards, at most one a parameter.
  ///   - workers: The number of workers.
  ///   - backend: The kernels that look for values that are not finite.
  ///   - makeShard: Returns the server of a range, shard by shard, in a mode whose workers do not wait for one another. It names
  ///     a parameter by its index in the range.
  public init(
    count: Int, shards: Int, workers: Int, backend: any KernelBackend<Float>,
    makeShard: (Range<Int>) -> ParameterServer
  ) {
    precondition((1...max(1, count)).contains(shards), "\(count) parameters cannot be divided among \(shards) shards")
    self.backend = backend
    parameterCount = count
    let made = ParameterBlocks.parts(shards, of: count).map { (range: $0, server: makeShard($0)) }
    self.shards = made
    ports = (0..<workers).map { worker in
      ShardedPort(
        leases: made.map { ShardLease($0.server.servedSnapshot()) }, firstShard: worker * shards / workers,
        count: count)
    }
    gradients = GradientBufferPool(buffers: workers, count: count)
  }

  /// Copies what a worker has pulled of one shard to its place.
  private func gather(_ shard: Int, of port: ShardedPort) {
    let snapshot = port.leases[shard].snapshot.values
    let range = shards[shard].range
    (port.parameters.values + range.lowerBound).update(from: snapshot, count: range.count)
  }
}

// MARK: What worker threads call

extension ShardedParameterServer: ParameterService {
  /// Pulls from each shard.
  public func pull(worker: Int, into snapshot: inout ParameterSnapshot) {
    for shard in ports[worker].order { pullPart(worker: worker, shard: shard) }
    finishPull(worker: worker, snapshot: &snapshot)
  }

  /// Takes a gradient buffer with undefined contents.
  public func takeGradientBuffer() -> GradientBuffer { gradients.take() }

  /// Gives back a buffer that was not pushed.
  public func giveBack(_ buffer: GradientBuffer) { gradients.give(buffer) }

  /// Pushes a part of the gradient to each shard; each applies its part before the worker goes on to the next.
  ///
  /// A gradient that is not finite anywhere is refused by all shards. One that is under way when training stops may be
  /// applied by some of them.
  ///
  /// - Precondition: The gradient has one element per parameter.
  public func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
    precondition(
      push.gradient.count == parameterCount,
      "a gradient of \(push.gradient.count) elements was pushed to a server of \(parameterCount) parameters")
    let nonFiniteIndex = nonFiniteIndex(of: push)
    var reply = PushReply.proceed
    for shard in ports[push.worker].order {
      reply.merge(pushPart(push, shard: shard, nonFiniteIndex: nonFiniteIndex))
    }
    finish(push, snapshot: &snapshot)
    return reply
  }

  /// Nobody is ever told to wait.
  public func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    preconditionFailure("worker \(worker) waits, but no push was answered with that")
  }

  /// The number of updates that the first shard has applied so far; never blocks.
  public var latestVersion: Int { shards[0].server.latestVersion }

  /// Every gradient is wanted.
  public func isWanted(version: Int) -> Bool { true }

  /// Replaces the snapshot of a worker that gave up a calculation.
  public func restart(worker: Int, snapshot: inout ParameterSnapshot) {
    let port = ports[worker]
    for shard in port.order {
      shards[shard].server.restart(worker: worker, snapshot: &port.leases[shard].snapshot)
      gather(shard, of: port)
    }
    snapshot = port.pulled()
  }

  /// Notes in each shard that a worker takes part, and pulls from it.
  public func join(worker: Int, snapshot: inout ParameterSnapshot) {
    for shard in ports[worker].order { joinPart(worker: worker, shard: shard) }
    finishPull(worker: worker, snapshot: &snapshot)
  }

  /// Notes in each shard that a worker pushes no more in this epoch.
  public func leave(worker: Int, snapshot: inout ParameterSnapshot) {
    let port = ports[worker]
    for shard in port.order {
      shards[shard].server.leave(worker: worker, snapshot: &port.leases[shard].snapshot)
    }
  }
}

// MARK: Part by part

extension ShardedParameterServer {
  /// The number of shards.
  var shardCount: Int { shards.count }

  /// Returns the first element of a gradient that is not finite.
  func nonFiniteIndex(of push: GradientPush) -> Int? {
    backend.firstNonFinite(count: push.gradient.count, values: push.gradient.values)
  }

  /// Hands a part of a gradient to one shard, and takes that shard's part of the parameters if the push pulls.
  ///
  /// - Parameters:
  ///   - push: The whole gradient, which goes on to the next shard.
  ///   - shard: The shard.
  ///   - nonFiniteIndex: Where the whole is not finite.
  /// - Returns: The shard's answer.
  func pushPart(_ push: GradientPush, shard: Int, nonFiniteIndex: Int?) -> PushReply {
    let port = ports[push.worker]
    let (range, server) = shards[shard]
    var part = push
    // A recording says once what the push is made of.
    if shard != port.order.first { part.origin?.minibatches = [] }
    part.gradient = server.takeGradientBuffer()
    part.gradient.values.update(from: push.gradient.values + range.lowerBound, count: range.count)
    // What a compressor made of the whole is counted once.
    part.bytes = push.bytes.map { shard == 0 ? $0 : 0 }
    let answer = server.push(
      part, nonFiniteIndex: nonFiniteIndex.map { $0 - range.lowerBound }, snapshot: &port.leases[shard].snapshot)
    guard answer != .wait else { preconditionFailure("a shard lets worker \(push.worker) wait") }
    if push.pulls { gather(shard, of: port) }
    return answer
  }

  /// Ends a push whose parts were all handed over.
  func finish(_ push: GradientPush, snapshot: inout ParameterSnapshot) {
    gradients.give(push.gradient)
    if push.pulls { snapshot = ports[push.worker].pulled() }
  }

  /// Takes one shard's part of the parameters.
  func pullPart(worker: Int, shard: Int) {
    let port = ports[worker]
    shards[shard].server.pull(worker: worker, into: &port.leases[shard].snapshot)
    gather(shard, of: port)
  }

  /// Notes in one shard that a worker takes part, and takes its part of the parameters.
  func joinPart(worker: Int, shard: Int) {
    let port = ports[worker]
    shards[shard].server.join(worker: worker, snapshot: &port.leases[shard].snapshot)
    gather(shard, of: port)
  }

  /// Ends a pull whose parts were all taken.
  func finishPull(worker: Int, snapshot: inout ParameterSnapshot) {
    snapshot = ports[worker].pulled()
  }
}

extension PushReply {
  /// What a worker is told to whom one shard answers this, and another one that.
  mutating func merge(_ other: PushReply) {
    switch other {
    case .proceed, .wait: break
    case .dropped: if self == .proceed { self = other }
    case .stopped: self = .stopped
    }
  }
}

// MARK: What the driver calls

extension ShardedParameterServer: TrainingServer {
  /// Returns a copy of the parameters: of one version while the workers pause, otherwise perhaps of several.
  public func latest() -> ParameterSnapshot { joined { $0.latest() } }

  /// Returns a copy of what workers pull, as ``latest()``.
  public func servedSnapshot() -> ParameterSnapshot { joined { $0.servedSnapshot() } }

  private func joined(_ snapshot: (ParameterServer) -> ParameterSnapshot) -> ParameterSnapshot {
    let copy = ParameterBuffer(count: parameterCount)
    copy.version = Int.max
    for (range, server) in shards {
      let part = snapshot(server)
      copy.version = min(copy.version, part.version)
      (copy.values + range.lowerBound).update(from: part.values, count: range.count)
    }
    return ParameterSnapshot(copy)
  }

  /// The state of the shards, one after another: of one moment only while the workers pause.
  public var status: ServerStatus { joined(shards.map { $0.server.status }) }

  /// Returns ``status``, and begins its ``ServerStatus/recent`` sums anew.
  public func takeStatus() -> ServerStatus { joined(shards.map { $0.server.takeStatus() }) }

  /// Each push goes to all shards, so most of what one knows is what all know.
  private func joined(_ parts: [ServerStatus]) -> ServerStatus {
    var status = parts[0]
    for part in parts.dropFirst() {
      status.version = min(status.version, part.version)
      status.stalenessMean += part.stalenessMean
      status.stalenessMax = max(status.stalenessMax, part.stalenessMax)
      status.pushedBytes += part.pushedBytes
      status.uncompressedBytes += part.uncompressedBytes
      status.lastSkipped = status.lastSkipped ?? part.lastSkipped
      status.divergence = status.divergence ?? part.divergence
    }
    status.stalenessMean /= Double(parts.count)
    status.consistency = consistency
    return status
  }

  private var consistency: ConsistencyRecord {
    var record = ConsistencyRecord()
    for port in ports { record.add(port.consistency) }
    return record
  }

  /// What became of the pushes: the staleness is that of all shards' updates.
  var record: CoordinationRecord {
    let parts = shards.map { $0.server.record }
    var record = parts[0]
    for part in parts.dropFirst() {
      record.staleness.add(part.staleness)
      record.updatesByWorker = zip(record.updatesByWorker, part.updatesByWorker).map(min)
      record.drops.merge(part.drops, uniquingKeysWith: max)
      record.dropsByWorker = zip(record.dropsByWorker, part.dropsByWorker).map(max)
      // The law holds in every shard, or it does not hold.
      if record.stalenessLawResidual == 0 { record.stalenessLawResidual = part.stalenessLawResidual }
    }
    record.consistency = consistency
    record.observations = AsynchronyObservations(shards: parts.compactMap(\.observations))
    return record
  }

  /// Notes the cosine between a stale gradient and the fresh one, in the first shard's books.
  func note(cosine: Double) { shards[0].server.note(cosine: cosine) }

  /// Begins the sums of an epoch anew, in the shard whose sums are those of all.
  func beginEpochTotals() { shards[0].server.beginEpochTotals() }

  /// Begins an epoch in each shard.
  public func begin(workers: Range<Int>) {
    for (_, server) in shards { server.begin(workers: workers) }
  }

  /// Joins what rules and optimizers carry over: the vectors part by part, and the numbers of the first shard.
  public func carriedState() -> CarriedState {
    var state = shards[0].server.carriedState()
    for (_, server) in shards.dropFirst() {
      state.vectors.merge(server.carriedState().vectors) { $0 + $1 }
    }
    return state
  }
}

extension CarriedState {
  /// Returns what concerns a part of the parameters.
  func part(_ range: Range<Int>) -> CarriedState {
    CarriedState(
      vectors: vectors.compactMapValues { $0.indices.contains(range.upperBound - 1) ? Array($0[range]) : nil },
      scalars: scalars)
  }
}
