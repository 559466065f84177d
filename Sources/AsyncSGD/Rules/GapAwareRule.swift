internal import Foundation
public import Kernels

/// Divides each parameter's gradient by how many average steps the parameter has gone since the worker pulled it, and one.
///
///     s ← ρ·s + (1 − ρ)·q²,  t ← t + 1
///     C = η_max·(√(s / (1 − ρᵗ)) + ε)
///     g ← (g + λ·θ) / (|θ − θ′|/C + 1)
///
/// All of it is elementwise. q is the direction of a step: the gradient itself where the server takes plain steps; with
/// momentum, and with any other optimizer, what the last step went, divided by its η. η_max is the largest learning rate so
/// far: as η falls, the parameters move less while C stays, and the division fades. The gradient is divided, weight decay
/// included, before it enters a momentum; the momentum is not.
///
/// With momentum the authors' program also averages a step of length 0 in before the first one, which we do not: the first
/// C would be ε.
///
/// Sources: Barkai, Hakimi & Schuster, "Gap-Aware Mitigation of Gradient Staleness", ICLR 2020,
/// <https://arxiv.org/abs/1909.10802>; ρ = 0.999, ε = 10⁻⁸ and the moving mean of squares are those of FTPipe, by the same
/// group.
public final class GapAwareRule: UpdateRule {
  private let backend: any KernelBackend<Float>
  private let decay: Double
  /// Whether q is the gradient, and not the optimizer's last step.
  private let stepsAlongGradients: Bool
  private let meanSquare: StateVector
  private var largestLearningRate: Float = 0
  /// t: the directions in the mean.
  private var samples = 0
  private var coefficients: GapScaling<Float>

  /// ε.
  static let epsilon: Float = 1e-8

  /// Creates the rule, of parameters that have not moved.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - decay: ρ, 0 ≤ ρ < 1.
  ///   - stepsAlongGradients: Whether the optimizer takes plain steps.
  ///   - backend: The kernels.
  public init(count: Int, decay: Double = 0.999, stepsAlongGradients: Bool, backend: any KernelBackend<Float>) {
    self.backend = backend
    self.decay = decay
    self.stepsAlongGradients = stepsAlongGradients
    meanSquare = StateVector(count: count)
    coefficients = GapScaling(decay: Float(decay), freshWeight: 0, scale: 0, floor: .leastNormalMagnitude)
  }

  /// Settles the scale of the average step.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    largestLearningRate = max(largestLearningRate, gradient.learningRate)
    if stepsAlongGradients {
      coefficients.freshWeight = Float(1 - decay)
      samples += 1
    }
    // Before the first step the parameters are where the worker got them, and C only has to be above 0.
    let correction = 1 / (1 - pow(decay, Double(max(1, samples)))).squareRoot()
    coefficients.scale = largestLearningRate * Float(correction)
    coefficients.floor = max(largestLearningRate * Self.epsilon, .leastNormalMagnitude)
    return 1
  }

  /// Yes.
  public var corrects: Bool { true }
  /// Yes: it is divided, too.
  public var decaysWeights: Bool { true }

  /// Computes the scaled gradient of one block.
  public func correct(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, steppingBy step: SGDStep<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {
    coefficients.weightDecay = block.weightDecay
    let start = block.range.lowerBound
    backend.divideByGap(
      coefficients, step: step, count: block.range.count, gradient: gradient.values + start,
      parameters: gradient.parameters + start, pulled: gradient.pulled + start,
      meanSquare: meanSquare.values + start, result: result)
  }

  /// Whether the steps are not along the gradients.
  public var observes: Bool { !stepsAlongGradients }

  /// Takes the direction of the optimizer's step into the mean; without a step there is none.
  public func observe(
    _ block: ParameterBlocks.Block, learningRate: Float, from parameters: UnsafePointer<Float>,
    to updated: UnsafePointer<Float>
  ) {
    guard learningRate > 0 else { return }
    let start = block.range.lowerBound
    if start == 0 { samples += 1 }
    backend.accumulateStep(
      decay: Float(decay), freshWeight: Float((1 - decay) / (Double(learningRate) * Double(learningRate))),
      count: block.range.count, before: parameters + start, after: updated + start,
      meanSquare: meanSquare.values + start)
  }

  /// The moving mean of the squared directions.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["meanSquare": meanSquare.elements] }

  /// η_max and t.
  public var scalars: [String: Double] {
    get { ["largestLearningRate": Double(largestLearningRate), "samples": Double(samples)] }
    set {
      largestLearningRate = Float(newValue["largestLearningRate"] ?? 0)
      samples = Int(newValue["samples"] ?? 0)
    }
  }
}
