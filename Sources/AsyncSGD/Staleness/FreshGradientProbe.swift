internal import Kernels

/// Computes some gradients a second time, at the present parameters, to see how far staleness has turned them.
///
///     cos(g(θ′), g(θ)) = ⟨g(θ′), g(θ)⟩ / (‖g(θ′)‖·‖g(θ)‖)
///
/// It changes nothing but the time that the run takes. Used by one thread at a time.
final class FreshGradientProbe {
  private let server: any TrainingServer
  private let share: Double
  private let fresh: GradientBuffer

  /// Creates a probe; `nil` where pushes are not gradients at what was pulled.
  ///
  /// - Parameters:
  ///   - configuration: The run, and the share of its gradients.
  ///   - server: Where the present parameters are.
  ///   - count: The number of parameters.
  init?(_ configuration: TrainingConfiguration, server: any TrainingServer, count: Int) {
    guard configuration.freshGradients > 0, configuration.pushesGradients else { return nil }
    self.server = server
    share = configuration.freshGradients
    fresh = GradientBuffer(uninitialized: count)
  }

  /// Whether the gradient of a minibatch is among those.
  ///
  /// Multiples of the golden ratio are spread evenly over a unit, so that the share is kept closely; and they fall into step with
  /// no number of workers, of whom all are looked at.
  func isSampled(_ minibatch: Int) -> Bool {
    (Double(minibatch) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1) < share
  }

  /// Compares a gradient with the fresh one of the same minibatch.
  ///
  /// - Parameters:
  ///   - gradient: The gradient.
  ///   - source: Computes gradients of its minibatch.
  func observe(_ gradient: GradientBuffer, of source: any GradientSource) {
    let present = server.servedSnapshot()
    _ = source.gradient(at: present.values, into: fresh.values)
    var (product, stale, new) = (0.0, 0.0, 0.0)
    for index in 0..<fresh.count {
      let (a, b) = (Double(gradient.values[index]), Double(fresh.values[index]))
      product += a * b
      stale += a * a
      new += b * b
    }
    server.note(cosine: product / (stale * new).squareRoot())
  }
}
