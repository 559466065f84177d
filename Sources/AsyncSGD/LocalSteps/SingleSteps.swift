internal import Kernels

/// Every gradient is computed at the server's parameters and pushed by itself: the worker takes no step of its own.
final class SingleSteps: LocalSteps {
  func begin(on link: ServerLink) {}

  /// Pushes the gradient; begins anew with the latest parameters as often as the server would drop what is being
  /// computed.
  func step(_ step: LocalStep, on link: ServerLink) -> Bool {
    let buffer = link.takeBuffer()
    while true {
      let sums = step.source.gradient(at: link.parameters, into: buffer.values, isWanted: { link.isWanted })
      if let sums {
        link.note(sums, of: step)
        return link.push(buffer) != .stopped
      }
      link.restart()
    }
  }

  func finish(on link: ServerLink) {}
}
