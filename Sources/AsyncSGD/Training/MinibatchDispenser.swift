/// Deals an epoch's minibatches to the workers, each exactly once.
///
/// First come, first served: a fast worker trains on more of them. In rounds: the k-th minibatch of worker w is number
/// k·W + w, whoever comes first, and a round that was begun is always dealt in full.
final class MinibatchDispenser: @unchecked Sendable {  // all state is protected by `lock`
  private let workers: Int
  private let inRounds: Bool
  private let lock = Lock()

  /// The number of the epoch's first minibatch that is not dealt any more.
  private var end = 0
  /// First come, first served: the next minibatch.
  private var next = 0
  /// In rounds: the next minibatch of each worker.
  private var nextOfWorker: [Int]
  private var stopRequested = false
  /// Workers that may still ask for a minibatch, or will come back to do so.
  private var present = 0

  init(workers: Int, inRounds: Bool) {
    self.workers = workers
    self.inRounds = inRounds
    nextOfWorker = Array(repeating: 0, count: workers)
  }

  /// Starts an epoch of `minibatches` at number `first`.
  func begin(minibatches: Int, from first: Int) {
    lock.withLock {
      present = workers
      end = stopRequested ? first : minibatches
      next = first
      for worker in 0..<workers { nextOfWorker[worker] = first + worker }
    }
  }

  /// Returns the number of the worker's next minibatch, or `nil` when the epoch is over or a stop was requested.
  func next(for worker: Int) -> Int? {
    lock.withLock {
      let minibatch = inRounds ? nextOfWorker[worker] : next
      guard minibatch < end else { return nil }
      if inRounds { nextOfWorker[worker] += workers }
      next = max(next, minibatch + 1)
      return minibatch
    }
  }

  /// Deals no more than what is needed to finish what was begun.
  func stop() {
    lock.withLock {
      stopRequested = true
      if inRounds {
        // A worker ahead of the others waits for them at the end of its round, so they must get theirs.
        let ahead = nextOfWorker.indices.map { nextOfWorker[$0] - $0 }.max() ?? 0
        end = min(end, ahead)
      } else {
        end = min(end, next)
      }
    }
  }

  /// Notes that a worker stays away, or is back.
  func note(isPresent: Bool) {
    lock.withLock { present += isPresent ? 1 : -1 }
  }

  /// Whether nobody is there who could ask for a minibatch.
  var isDeserted: Bool {
    lock.withLock { present <= 0 }
  }

  /// Whether ``stop()`` was called.
  var isStopped: Bool {
    lock.withLock { stopRequested }
  }

  /// Whether nothing is left to deal.
  var isOver: Bool {
    lock.withLock { next >= end }
  }

  /// The number of the first minibatch that was not dealt; all before it were.
  ///
  /// Meaningful while no worker is drawing.
  var position: Int {
    lock.withLock { next }
  }
}
