internal import Kernels

/// One worker's way into shared memory: its own optimizer, its own copy of the parameters, its books.
///
/// A port belongs to its worker's thread; others read its books, under a lock that its worker has to itself nearly always.
final class SharedMemoryPort: @unchecked Sendable {  // see above
  /// What became of a worker's pushes and pulls.
  struct Books {
    /// As of the first of one worker.
    var staleness = StalenessStatistics(workers: 1)
    var consistency = ConsistencyRecord()
    var updates = 0
    /// Pushes that were dropped, by reason; keys that exist are counted up without an allocation.
    var drops = Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0, 0) })
    var examples = 0
    var pushedBytes = 0
    /// Sums since they were last taken.
    var recent = TrainingTotals()
    var divergence: Divergence?
    var skippedDivergence: Divergence?
    /// The updates that had begun when the worker last began to read.
    var baseVersion: Int
  }

  let worker: Int
  /// The worker's own, as in PyTorch's `mnist_hogwild`: what it remembers of gradients is of this worker's only.
  let optimizer: any Optimizer
  /// What the worker computes with.
  private let copy: ParameterBuffer
  private let before = GradientBuffer(count: SharedParameters.blockCapacity)
  private let after = GradientBuffer(count: SharedParameters.blockCapacity)
  private let lock = Lock()
  private var books: Books

  init(worker: Int, optimizer: any Optimizer, parameters: Int, version: Int) {
    self.worker = worker
    self.optimizer = optimizer
    copy = ParameterBuffer(count: parameters)
    copy.version = version
    books = Books(baseVersion: version)
  }

  /// Reads or changes the books; any thread may call it.
  func withBooks<Result>(_ body: (inout Books) -> Result) -> Result {
    lock.withLock { body(&books) }
  }

  /// The worker's copy.
  var snapshot: ParameterSnapshot { ParameterSnapshot(copy) }

  /// Reads some blocks into the worker's copy.
  func read(_ blocks: ArraySlice<SharedParameters.Block>, of shared: SharedParameters, span: inout VersionSpan) {
    for block in blocks {
      span.note(shared.beginRead(block))
      shared.load(block, into: before.values)
      span.note(shared.endRead(block))
      (copy.values + block.range.lowerBound).update(from: before.values, count: block.range.count)
    }
  }

  /// Makes the optimizer's step from what some blocks are now, adds it to them, and reads them into the worker's copy.
  ///
  /// - Parameters:
  ///   - blocks: The blocks.
  ///   - shared: Where they are.
  ///   - gradient: The gradient of all parameters.
  ///   - mark: The update's summand in the tallies.
  ///   - span: Notes what the read found of other updates than this one.
  ///   - interleaving: What happens between load and store of a word, for tests.
  func update(
    _ blocks: ArraySlice<SharedParameters.Block>, of shared: SharedParameters, by gradient: UnsafePointer<Float>,
    mark: UInt64, span: inout VersionSpan, interleaving: SharedParameters.Interleaving?
  ) {
    for block in blocks {
      let start = block.range.lowerBound
      span.note(shared.beginRead(block))
      shared.beginWrite(block, mark: mark)
      shared.load(block, into: before.values)
      optimizer.step(
        block.range, gradient: gradient + start, weightDecay: block.weightDecay, parameters: before.values,
        updated: after.values)
      shared.add(block, from: before.values, to: after.values, worker: worker, interleaving: interleaving)
      span.note(shared.endRead(block) &- mark)
      shared.endWrite(block, mark: mark)
      (copy.values + start).update(from: after.values, count: block.range.count)
    }
  }

  /// Notes the version of the worker's copy.
  func mark(version: Int) {
    copy.version = version
  }
}
