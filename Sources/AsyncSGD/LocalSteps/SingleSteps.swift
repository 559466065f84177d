internal import Kernels

/// Every gradient is computed at the server's parameters and pushed by itself: the worker takes no step of its own.
final class SingleSteps: LocalSteps {
  func begin(at parameters: UnsafePointer<Float>) {}

  /// Computes a gradient to push, or finds that the server would drop it.
  func step(_ step: LocalStep, of worker: LogicalWorker) -> Dealing {
    let buffer = worker.takeBuffer()
    guard worker.wantedGradient(of: step, into: buffer) else {
      worker.keep(buffer)
      return .restart
    }
    return .push(buffer)
  }

  func finish(_ worker: LogicalWorker) -> Dealing { .nothing }

  func reset() {}
}
