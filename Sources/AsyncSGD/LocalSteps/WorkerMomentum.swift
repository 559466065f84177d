internal import Kernels

/// Momentum that one worker keeps, of its own gradients only.
///
///     v ← μ·v + g
///     push v              (heavy ball)
///     push g + μ·v        (Nesterov)
///
/// The server then takes plain steps of SGD. So has it the Hogwild example of PyTorch, whose processes share the
/// parameters, but have an optimizer, and so a velocity, each. Velocities of n workers each remember 1/(1 − μ) gradients of
/// their own, which are n times as far apart as those of a velocity on the server.
///
/// Weight decay is the server's, at the parameters that it steps, and no part of the velocity; so only without weight
/// decay is one worker with momentum the same as a server with momentum and one worker.
///
/// A gradient that the server drops stays in the velocity: it was a gradient of this worker all the same.
///
/// Confined to the worker's thread.
final class WorkerMomentum: Carried {
  private let coefficient: Float
  private let isNesterov: Bool
  private let velocity: StateVector
  private let count: Int
  private let backend: any KernelBackend<Float>

  /// Creates the momentum of a worker at rest.
  init(count: Int, momentum: Float, isNesterov: Bool, backend: any KernelBackend<Float>) {
    self.count = count
    coefficient = momentum
    self.isNesterov = isNesterov
    self.backend = backend
    velocity = StateVector(count: count)
  }

  /// Replaces a gradient by the direction that momentum makes of it.
  ///
  /// A gradient that is not finite stays as it is, for the server to refuse, and leaves no trace in the velocity.
  func apply(to gradient: UnsafeMutablePointer<Float>) {
    guard backend.firstNonFinite(count: count, values: gradient) == nil else { return }
    backend.accumulateMomentum(
      coefficient, isNesterov: isNesterov, count: count, gradient: gradient, velocity: velocity.values)
  }

  /// Comes to rest.
  func reset() { velocity.elements.update(repeating: 0) }

  /// The velocity.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["velocity": velocity.elements] }
}
