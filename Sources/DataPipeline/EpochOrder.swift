internal import Randomness

/// The order in which each epoch visits the examples: an independent random permutation per epoch.
///
/// The order of an epoch is a pure function of (seed, epoch, number of examples), the same on every platform, so a
/// resumed or replayed run finds the order of epoch 7 without drawing those of 0 to 6.
public struct EpochOrder: Hashable, Sendable {
  /// The number of examples.
  public let count: Int
  /// The seed of the run.
  public let seed: UInt64

  /// Creates the orders of one run.
  ///
  /// - Precondition: `count` is at least 0 and less than 2³¹.
  public init(count: Int, seed: UInt64) {
    precondition(count >= 0 && count <= Int(Int32.max), "\(count) examples; an index is 32 bits")
    self.count = count
    self.seed = seed
  }

  /// Writes the order of `epoch`: a permutation of `0..<count`.
  ///
  /// It runs on the calling thread and allocates nothing.
  ///
  /// - Parameters:
  ///   - epoch: The epoch, counted from 0, less than 2³².
  ///   - order: Room for exactly ``count`` indices; every one is written.
  /// - Complexity: O(``count``).
  public func write(epoch: Int, into order: UnsafeMutableBufferPointer<Int32>) {
    precondition(order.count == count, "room for \(order.count) indices, but there are \(count) examples")
    for index in 0..<count { order[index] = Int32(truncatingIfNeeded: index) }
    var stream = RandomStream(seed: seed, purpose: .epochOrder, step: epoch)
    stream.permute(order)
  }
}
