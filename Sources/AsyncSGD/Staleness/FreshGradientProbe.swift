internal import Kernels

/// Computes some gradients a second time, at the present parameters, to see how far staleness has turned them.
///
///     cos(g(θ′), g(θ)) = ⟨g(θ′), g(θ)⟩ / (‖g(θ′)‖·‖g(θ)‖)
///
/// It changes nothing but the time that the run takes. Used by one thread at a time.
final class FreshGradientProbe {
  private let server: any TrainingServer
  private let period: Int
  private let fresh: GradientBuffer

  /// Creates a probe; `nil` where pushes are not gradients at what was pulled.
  ///
  /// - Parameters:
  ///   - configuration: The run, and the share of its gradients.
  ///   - server: Where the present parameters are.
  ///   - count: The number of parameters.
  init?(_ configuration: TrainingConfiguration, server: any TrainingServer, count: Int) {
    guard configuration.freshGradients > 0, !configuration.keepsStateInWorkers else { return nil }
    self.server = server
    period = max(1, Int((1 / configuration.freshGradients).rounded()))
    fresh = GradientBuffer(uninitialized: count)
  }

  /// Whether the gradient of a minibatch is among those.
  func isSampled(_ minibatch: Int) -> Bool { minibatch % period == 0 }

  /// Compares a gradient with the fresh one of the same minibatch.
  ///
  /// - Parameters:
  ///   - gradient: The gradient.
  ///   - source: Computes gradients of its minibatch.
  func observe(_ gradient: GradientBuffer, of source: any GradientSource) {
    let present = server.latest()
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
