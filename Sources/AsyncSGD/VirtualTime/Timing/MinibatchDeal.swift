/// Deals a stretch's minibatches to the workers, as ``MinibatchDispenser`` does, for one thread.
struct MinibatchDeal: Sendable {
  private let workers: Int
  private let inRounds: Bool
  private var end = 0
  /// The first minibatch that was not dealt; in rounds, the one after the last that was.
  private(set) var position = 0
  /// In rounds: the next minibatch of each worker.
  private var nextOfWorker: [Int]

  /// Creates a deal of nothing.
  init(workers: Int, inRounds: Bool) {
    self.workers = workers
    self.inRounds = inRounds
    nextOfWorker = inRounds ? Array(repeating: 0, count: workers) : []
  }

  /// Starts with some minibatches of an epoch.
  mutating func begin(_ minibatches: Range<Int>) {
    end = minibatches.upperBound
    position = minibatches.lowerBound
    for worker in nextOfWorker.indices { nextOfWorker[worker] = position + worker }
  }

  /// Returns the number of the worker's next minibatch, or `nil` if there is none.
  mutating func next(for worker: Int) -> Int? {
    let minibatch = inRounds ? nextOfWorker[worker] : position
    guard minibatch < end else { return nil }
    if inRounds { nextOfWorker[worker] += workers }
    position = max(position, minibatch + 1)
    return minibatch
  }

  /// Whether a minibatch is left that no other worker will get.
  func keepsMinibatches(for worker: Int) -> Bool { inRounds && nextOfWorker[worker] < end }

  /// The first minibatch that is dealt together with this one.
  func roundStart(of minibatch: Int, worker: Int) -> Int { inRounds ? minibatch - worker : minibatch }
}
