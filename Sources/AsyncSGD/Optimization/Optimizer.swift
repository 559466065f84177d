public import Kernels

/// The step itself: how a gradient moves the parameters.
///
/// One optimizer lives on the server, with its state, confined to the server's queue.
public protocol Optimizer: AnyObject {
  /// Computes the parameters after one step, out of place.
  ///
  /// - Parameters:
  ///   - gradient: The gradient of a minibatch mean loss.
  ///   - learningRate: η of this step.
  ///   - parameters: The parameters before the step.
  ///   - updated: The parameters after the step, overwritten.
  func step(
    gradient: UnsafePointer<Float>, learningRate: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>)

  /// The vectors that a run must carry over to continue exactly, each laid out like the parameters, by name.
  var state: [String: UnsafeMutableBufferPointer<Float>] { get }
}

/// Which optimizer, and its coefficients.
public enum OptimizerKind: String, CaseIterable, Sendable {
  /// Plain stochastic gradient descent.
  case sgd
  /// Stochastic gradient descent with Polyak's heavy-ball momentum.
  case momentum

  /// One line for lists and help.
  public var summary: String {
    switch self {
    case .sgd: "plain stochastic gradient descent"
    case .momentum: "gradient descent with heavy-ball momentum, one velocity on the server"
    }
  }
}

/// Stochastic gradient descent, with weight decay.
///
///     θ ← θ − η·(g + λ·θ)
///
/// Sources: Robbins & Monro, "A Stochastic Approximation Method", 1951, <https://doi.org/10.1214/aoms/1177729586>.
public final class SGD: Optimizer {
  private let count: Int
  private let weightDecay: Float
  private let backend: any KernelBackend<Float>

  /// Creates an optimizer of `count` parameters.
  public init(count: Int, weightDecay: Float, backend: any KernelBackend<Float>) {
    self.count = count
    self.weightDecay = weightDecay
    self.backend = backend
  }

  /// Computes the parameters after one step, out of place.
  public func step(
    gradient: UnsafePointer<Float>, learningRate: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    backend.sgdStep(
      SGDStep(learningRate: learningRate, weightDecay: weightDecay), count: count, parameters: parameters,
      gradient: gradient, velocity: nil, updated: updated)
  }

  /// Nothing: a step depends on the gradient alone.
  public var state: [String: UnsafeMutableBufferPointer<Float>] { [:] }
}

/// Stochastic gradient descent with heavy-ball momentum and weight decay.
///
///     v ← μ·v + g + λ·θ
///     θ ← θ − η·v
///
/// The velocity is the server's: it mixes the gradients of all workers.
///
/// Sources: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964,
/// <https://doi.org/10.1016/0041-5553(64)90137-5>.
public final class Momentum: Optimizer {
  private let momentum: Float
  private let weightDecay: Float
  private let backend: any KernelBackend<Float>
  private let velocity: UnsafeMutableBufferPointer<Float>

  /// Creates an optimizer of `count` parameters, at rest.
  public init(count: Int, momentum: Float, weightDecay: Float, backend: any KernelBackend<Float>) {
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.backend = backend
    velocity = .allocate(capacity: count)
    velocity.initialize(repeating: 0)
  }

  deinit {
    velocity.deallocate()
  }

  /// Computes the parameters after one step, out of place, and the new velocity in place.
  public func step(
    gradient: UnsafePointer<Float>, learningRate: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>
  ) {
    backend.sgdStep(
      SGDStep(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay), count: velocity.count,
      parameters: parameters, gradient: gradient, velocity: velocity.baseAddress, updated: updated)
  }

  /// The velocity.
  public var state: [String: UnsafeMutableBufferPointer<Float>] { ["velocity": velocity] }
}
