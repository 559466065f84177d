internal import AsyncSGD

/// An optimizer that books the time of each update, from its beginning to the end of its last block.
///
/// The clock is read twice an update: read for every block, it would take as long as the blocks do.
final class TimedOptimizer: Optimizer {
  private let base: any Optimizer
  private let count: Int
  private let ledger: KernelLedger
  private var start = 0.0

  /// Creates an optimizer of `count` parameters that passes everything on.
  init(_ base: any Optimizer, count: Int, ledger: KernelLedger) {
    self.base = base
    self.count = count
    self.ledger = ledger
  }

  func begin(learningRate: Float) {
    start = threadSeconds()
    base.begin(learningRate: learningRate)
  }

  func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    base.step(range, gradient: gradient, weightDecay: weightDecay, parameters: parameters, updated: updated)
    if range.upperBound == count { ledger.book(.updates, seconds: threadSeconds() - start) }
  }
}
