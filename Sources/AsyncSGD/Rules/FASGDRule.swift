public import Kernels

/// Divides each parameter's gradient by a moving mean of its standard deviation, and by the staleness plus 1 (FASGD).
///
///     n ← γ·n + (1 − γ)·g²,  b ← γ·b + (1 − γ)·g
///     v ← γ·v + (1 − γ)·√(n − b² + ε)
///     θ ← θ − η/(v·(τ + 1))·g
///
/// The means take in every gradient as it arrives, before it is applied. They begin at 0 and are not corrected for that, so
/// the first steps are long: the warm-up of the learning rate is needed.
///
/// What we take where the sources differ or are silent:
/// - The paper prints 1/√(n − b² + ε) in the mean, but says three times that v is the mean *of* the deviation, that the
///   rate is divided by it and that it is large where gradients vary. Dividing by a mean of inverses would multiply by the
///   deviation: we take the text.
/// - It divides by τ, which may be 0; its program by τ + 1, and so do we.
/// - It names two decays and gives no values for them and ε: both are 0.9, as the one of its program, and ε is 10⁻⁶, so that
///   v tends to at least the 0.001 that the program adds; its first step is longer.
/// - The program divides by a moving mean of |g|, plus 0.001, instead: ``Form/magnitude``.
///
/// Sources: Odena, "Faster Asynchronous SGD", 2016, <https://arxiv.org/abs/1601.04033>, and its program, FRED.
public final class FASGDRule: UpdateRule {
  /// What a gradient is divided by.
  public enum Form: Hashable, Sendable {
    /// The moving mean of its standard deviation, as the paper has it.
    case deviation
    /// The moving mean of its magnitude, plus 0.001, as the author's program has it.
    case magnitude
  }

  private let backend: any KernelBackend<Float>
  private let coefficients: DeviationScaling<Float>
  /// v.
  private let size: StateVector
  /// n and b, which the magnitude does without.
  private let moments: (meanSquare: StateVector, mean: StateVector)?

  /// Creates the rule, of parameters whose gradients are not known.
  ///
  /// - Parameters:
  ///   - form: What a gradient is divided by.
  ///   - count: The number of parameters.
  ///   - decay: γ, 0 ≤ γ < 1.
  ///   - backend: The kernels.
  public init(_ form: Form = .deviation, count: Int, decay: Double = 0.9, backend: any KernelBackend<Float>) {
    self.backend = backend
    coefficients = DeviationScaling(
      decay: Float(decay), freshWeight: Float(1 - decay), epsilon: form == .deviation ? 1e-6 : 1e-3)
    size = StateVector(count: count)
    moments = form == .deviation ? (StateVector(count: count), StateVector(count: count)) : nil
  }

  /// Returns 1/(τ + 1).
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    1 / Float(gradient.staleness + 1)
  }

  /// Yes.
  public var corrects: Bool { true }

  /// Computes the scaled gradient of one block, and the moving means in place.
  public func correct(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, steppingBy step: SGDStep<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {
    let start = block.range.lowerBound
    if let moments {
      backend.divideByDeviation(
        coefficients, step: step, count: block.range.count, gradient: gradient.values + start,
        parameters: gradient.parameters + start, mean: moments.mean.values + start,
        meanSquare: moments.meanSquare.values + start, deviation: size.values + start, result: result)
    } else {
      backend.divideByMagnitude(
        coefficients, step: step, count: block.range.count, gradient: gradient.values + start,
        parameters: gradient.parameters + start, magnitude: size.values + start, result: result)
    }
  }

  /// The moving means.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] {
    guard let moments else { return ["magnitude": size.elements] }
    return [
      "deviation": size.elements, "mean": moments.mean.elements, "meanSquare": moments.meanSquare.elements,
    ]
  }
}
