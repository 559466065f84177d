internal import DataPipeline
internal import Kernels

/// Logical workers whose gradients a crew computes, and that deal with the server one event at a time.
///
/// One driver thread calls all methods. The server never blocks it: a worker that has to wait is noted, and goes on in the
/// event that lets it.
final class ScheduledWorkers {
  /// What a worker has come to.
  enum Answer {
    /// It goes on, once it has done this errand.
    case proceed(Errand)
    /// It goes on when another event releases it.
    case wait
    /// Training has stopped.
    case stopped
  }

  let crew: ComputeCrew
  private let workers: [LogicalWorker]
  private let server: any TrainingServer
  private let curriculum: Curriculum
  private let orders: EpochOrderCache
  /// What each worker wants, once its computation was collected.
  private let results: ComputationResults
  private var isWaiting: [Bool]
  /// What some shards have had their part of, and others not yet, by worker.
  private var partial: [Int: PartialExchange] = [:]

  /// What a worker does with the server, shard by shard.
  enum Exchange {
    /// It pushes.
    case push
    /// It takes the latest parameters.
    case pull
    /// It takes them, to take part from then on.
    case join
  }

  private struct PartialExchange {
    let kind: Exchange
    var nonFiniteIndex: Int?
    var shards: Set<Int> = []
    var reply = PushReply.proceed
  }

  /// Creates the workers of a run.
  init(_ workers: [LogicalWorker], crew: ComputeCrew, setup: RunSetup, curriculum: Curriculum) {
    self.workers = workers
    self.crew = crew
    self.curriculum = curriculum
    server = setup.server
    orders = EpochOrderCache(setup.order, plan: setup.plan)
    results = ComputationResults(workers: workers.count)
    isWaiting = Array(repeating: false, count: workers.count)
  }

  subscript(worker: Int) -> LogicalWorker { workers[worker] }

  /// Lets a worker train on minibatches until it wants something of the server.
  ///
  /// - Parameters:
  ///   - worker: The worker.
  ///   - minibatches: The minibatches by their number in the run; not all of them need be used.
  ///   - finishes: Whether the worker finishes if it wants nothing after the last of them.
  ///   - moment: When the result will be due.
  func compute(_ worker: Int, minibatches: [Int], finishes: Bool, due moment: Int) {
    let core = workers[worker]
    let curriculum = curriculum
    let results = results
    let loads = minibatches.map { (number: $0, examples: orders.examples(of: $0)) }
    crew.submit(worker, due: moment) { lane in
      var result = ComputationResults.Result(errand: .nothing, used: 0)
      for load in loads {
        let errand = load.examples.withUnsafeBufferPointer {
          core.train(curriculum.step(load.number, of: worker, examples: $0, on: lane))
        }
        result.used += 1
        result.errand = errand
        if case .nothing = errand { continue }
        break
      }
      if finishes, case .nothing = result.errand { result.errand = core.finish() }
      results[worker] = result
    }
  }

  /// Brings the images of a worker's minibatch into a lane that nobody else uses.
  func load(_ minibatch: Int, of worker: Int, on lane: ComputeLane) {
    orders.examples(of: minibatch).withUnsafeBufferPointer {
      _ = curriculum.step(minibatch, of: worker, examples: $0, on: lane)
    }
  }

  /// Blocks until a worker has computed; returns what it wants, and how many of its minibatches it used.
  func collect(_ worker: Int) -> (errand: Errand, used: Int) {
    crew.collect(worker)
    let result = results[worker]
    return (result.errand, result.used)
  }

  /// Carries out a worker's push.
  func push(_ worker: Int) -> Answer { settle(worker, workers[worker].push()) }

  /// Takes a worker out, who waits no more; others may be let go.
  func leave(_ worker: Int) {
    isWaiting[worker] = false
    workers[worker].leave()
  }

  /// Carries out one shard's part of a worker's push; `nil` until it was the last part.
  func push(_ worker: Int, shard: Int, of server: ShardedParameterServer) -> Answer? {
    guard let push = workers[worker].pending else { preconditionFailure("worker \(worker) has nothing to push") }
    var parts =
      partial[worker] ?? PartialExchange(kind: .push, nonFiniteIndex: server.nonFiniteIndex(of: push))
    parts.reply.merge(server.pushPart(push, shard: shard, nonFiniteIndex: parts.nonFiniteIndex))
    guard isComplete(parts, of: worker, with: shard, of: server) else { return nil }
    return settle(
      worker,
      workers[worker].push { push, snapshot in
        server.finish(push, snapshot: &snapshot)
        return parts.reply
      })
  }

  /// Carries out one shard's part of a worker's pull, with which it may join; returns whether it was the last part.
  func pull(_ worker: Int, joins: Bool, shard: Int, of server: ShardedParameterServer) -> Bool {
    if joins {
      server.joinPart(worker: worker, shard: shard)
    } else {
      server.pullPart(worker: worker, shard: shard)
    }
    let parts = partial[worker] ?? PartialExchange(kind: joins ? .join : .pull)
    guard isComplete(parts, of: worker, with: shard, of: server) else { return false }
    workers[worker].pull { server.finishPull(worker: worker, snapshot: &$0) }
    return true
  }

  /// Notes that a shard has had its part; returns whether it was the last one.
  private func isComplete(
    _ parts: PartialExchange, of worker: Int, with shard: Int, of server: ShardedParameterServer
  ) -> Bool {
    var parts = parts
    parts.shards.insert(shard)
    partial[worker] = parts.shards.count == server.shardCount ? nil : parts
    return partial[worker] == nil
  }

  /// Whether parts of a worker's push or pull have still to come.
  func isPartial(_ worker: Int) -> Bool { partial[worker] != nil }

  /// Whether a worker can deal with a shard now: it is not in the middle of something else, and the shard has not had its part.
  func allows(_ kind: Exchange, _ worker: Int, shard: Int) -> Bool {
    partial[worker].map { $0.kind == kind && !$0.shards.contains(shard) } ?? true
  }

  /// Whether a worker waits until another event releases it.
  func waits(_ worker: Int) -> Bool { isWaiting[worker] }

  /// Returns the workers that the last push or leave let go and that had been waiting, each with what it wants now.
  func takeReleased() -> [(worker: Int, answer: Answer)] {
    server.released.filter { isWaiting[$0] }.map { worker in
      isWaiting[worker] = false
      return (worker, settle(worker, workers[worker].wait()))
    }
  }

  private func settle(_ worker: Int, _ reply: PushReply) -> Answer {
    switch reply {
    case .wait:
      isWaiting[worker] = true
      return .wait
    case .stopped: return .stopped
    case .proceed, .dropped: return .proceed(workers[worker].answered(reply))
    }
  }
}

/// What workers wanted when they had computed, each written by one lane and read after it was collected.
private final class ComputationResults: @unchecked Sendable {  // see above
  struct Result {
    var errand: Errand
    var used: Int
  }

  private let results: UnsafeMutableBufferPointer<Result>

  init(workers: Int) {
    results = .allocate(capacity: workers)
    results.initialize(repeating: Result(errand: .nothing, used: 0))
  }

  deinit {
    results.deinitialize()
    results.deallocate()
  }

  subscript(worker: Int) -> Result {
    get { results[worker] }
    set { results[worker] = newValue }
  }
}

/// The orders of the latest epochs.
final class EpochOrderCache {
  private let order: EpochOrder
  private let plan: EpochPlan
  private var epochs: [(epoch: Int, order: [Int32])] = []

  init(_ order: EpochOrder, plan: EpochPlan) {
    self.order = order
    self.plan = plan
  }

  /// Returns the examples of a minibatch by their index in the training set.
  ///
  /// - Parameter number: The minibatch by its number in the run.
  /// - Returns: As many as the minibatch has.
  func examples(of number: Int) -> [Int32] {
    let (epoch, minibatch) = number.quotientAndRemainder(dividingBy: plan.minibatches)
    return Array(order(of: epoch)[plan.positions(of: minibatch)])
  }

  private func order(of epoch: Int) -> [Int32] {
    if let known = epochs.first(where: { $0.epoch == epoch }) { return known.order }
    var examples = [Int32](repeating: 0, count: plan.examples)
    examples.withUnsafeMutableBufferPointer { order.write(epoch: epoch, into: $0) }
    // Workers that are far apart are a few epochs apart.
    if epochs.count == 4 { epochs.removeFirst() }
    epochs.append((epoch, examples))
    return examples
  }
}
