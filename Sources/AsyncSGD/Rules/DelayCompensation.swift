public import Kernels

/// Corrects a stale gradient for what the parameters moved meanwhile, to the first order (DC-ASGD-c).
///
///     g ← g + λ·g⊙g⊙(θ − θ′)
///
/// θ′ is what *this worker* pulled. The exact first-order term is the Hessian times the way; its diagonal is estimated by
/// the squares of the gradient, because their means agree for a likelihood at its maximum, and λ trades variance for bias.
/// The term is 0 for a fresh gradient, and all of it enters momentum and weight decay as any gradient does.
///
/// Two public programs get θ′ wrong: one keeps a single copy a tensor (the parameters before the last update, whoever
/// made it), one keeps references to the live parameters, so that the term is always 0.
///
/// Sources: Zheng et al., "Asynchronous Stochastic Gradient Descent with Delay Compensation", ICML 2017,
/// <https://arxiv.org/abs/1609.08326>; λ = 0.04 is MXNet's.
public final class DelayCompensation: UpdateRule {
  private let backend: any KernelBackend<Float>
  private let weight: Float

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - weight: λ, at least 0.
  ///   - backend: The kernels.
  public init(weight: Float, backend: any KernelBackend<Float>) {
    self.weight = weight
    self.backend = backend
  }

  /// Yes.
  public var corrects: Bool { true }

  /// Computes the compensated gradient of one block.
  public func correct(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, steppingBy step: SGDStep<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {
    let start = block.range.lowerBound
    backend.compensateDelay(
      weight, step: step, count: block.range.count, gradient: gradient.values + start,
      parameters: gradient.parameters + start, pulled: gradient.pulled + start, result: result)
  }
}

/// Delay compensation whose weight falls where gradients are large (DC-ASGD-a).
///
///     MS ← m·MS + (1 − m)·g⊙g
///     g ← g + λ₀/√(MS + ε)·g⊙g⊙(θ − θ′)
///
/// The mean square is each worker's own, and takes the gradient in before it is used; it begins at 0 and is not corrected
/// for that, so the first gradient of a worker is compensated with λ₀/(√(1 − m)·|g|). The paper writes one mean square,
/// and the authors' program keeps one a worker: we do as the program.
///
/// Sources: Zheng et al., ICML 2017, <https://arxiv.org/abs/1609.08326>; per worker, Multiverso; λ₀ = 2, m = 0.95 and
/// ε = 10⁻⁷ are those for CIFAR-10.
public final class AdaptiveDelayCompensation: UpdateRule {
  private let backend: any KernelBackend<Float>
  private let coefficients: AdaptiveCompensation<Float>
  private let meanSquares: [StateVector]

  /// ε.
  static let epsilon: Float = 1e-7

  /// Creates the rule, of workers that have pushed nothing.
  ///
  /// - Parameters:
  ///   - workers: The number of workers.
  ///   - count: The number of parameters.
  ///   - weight: λ₀, at least 0.
  ///   - decay: m, 0 ≤ m < 1.
  ///   - backend: The kernels.
  public init(
    workers: Int, count: Int, weight: Float = 2, decay: Double = 0.95, backend: any KernelBackend<Float>
  ) {
    self.backend = backend
    coefficients = AdaptiveCompensation(
      weight: weight, decay: Float(decay), freshWeight: Float(1 - decay), epsilon: Self.epsilon)
    meanSquares = (0..<workers).map { _ in StateVector(count: count) }
  }

  /// Yes.
  public var corrects: Bool { true }

  /// Computes the compensated gradient of one block, and the worker's mean square in place.
  public func correct(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, steppingBy step: SGDStep<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {
    let start = block.range.lowerBound
    backend.compensateDelay(
      coefficients, step: step, count: block.range.count, gradient: gradient.values + start,
      parameters: gradient.parameters + start, pulled: gradient.pulled + start,
      meanSquare: meanSquares[gradient.worker].values + start, result: result)
  }

  /// The mean squares, `meanSquare.0` and so on.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { meanSquares.named("meanSquare") }
}

extension [StateVector] {
  /// The vectors, named by their numbers: `name.0`, `name.1` and so on.
  func named(_ name: String) -> [String: UnsafeMutableBufferPointer<Float>] {
    Dictionary(uniqueKeysWithValues: enumerated().map { ("\(name).\($0.offset)", $0.element.elements) })
  }
}
