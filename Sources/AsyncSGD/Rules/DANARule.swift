public import Kernels

/// A momentum for each worker; workers compute where all momenta will take the parameters (DANA-Zero).
///
///     vᵢ ← μ·vᵢ + g + λ·θ
///     θ ← θ − η·vᵢ,  V = Σ vⱼ
///     worker i gets θ − η·μ·V
///
/// V is kept up to date by the difference of vᵢ. The look-ahead is Nesterov's, where each of the workers is about to move
/// the parameters by its own velocity once; with one worker it is Nesterov's momentum. Evaluated and saved is θ, and not the
/// look-ahead. η of the look-ahead is that of the update just made.
///
/// Sources: Hakimi, Barkai, Gabel & Schuster, "Taming Momentum in a Distributed Asynchronous Environment", 2019,
/// <https://arxiv.org/abs/1907.11612>.
public final class DANARule: UpdateRule {
  private let backend: any KernelBackend<Float>
  private let velocities: [StateVector]
  private let velocitySum: StateVector
  private var coefficients: SGDStep<Float>

  /// Creates the rule, of workers at rest.
  ///
  /// - Parameters:
  ///   - workers: The number of workers.
  ///   - count: The number of parameters.
  ///   - momentum: μ, 0 ≤ μ < 1.
  ///   - backend: The kernels.
  public init(workers: Int, count: Int, momentum: Float, backend: any KernelBackend<Float>) {
    self.backend = backend
    velocities = (0..<workers).map { _ in StateVector(count: count) }
    velocitySum = StateVector(count: count)
    coefficients = SGDStep(learningRate: 0, momentum: momentum)
  }

  /// Takes over the learning rate.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    coefficients.learningRate = gradient.learningRate
    return 1
  }

  /// Yes: the momentum is part of the rule.
  public var steps: Bool { true }

  /// Computes the parameters of one block after the step and what workers get of it, and the velocities in place.
  public func step(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, to updated: UnsafeMutablePointer<Float>,
    serving served: UnsafeMutablePointer<Float>?
  ) {
    coefficients.weightDecay = block.weightDecay
    let start = block.range.lowerBound
    backend.workerMomentumStep(
      coefficients, count: block.range.count, parameters: gradient.parameters + start,
      gradient: gradient.values + start, velocity: velocities[gradient.worker].values + start,
      velocitySum: velocitySum.values + start, updated: updated + start,
      ahead: served.map { LookAhead(distance: distance, parameters: $0 + start) })
  }

  /// Yes.
  public var looksAhead: Bool { true }

  /// η·μ.
  private var distance: Float { coefficients.learningRate * coefficients.momentum }

  /// Computes what workers get of one block before the first step.
  public func lookAhead(
    _ range: Range<Int>, from parameters: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>
  ) {
    let start = range.lowerBound
    backend.lookAhead(
      distance, accumulatorDistance: 0, count: range.count, parameters: parameters + start,
      velocity: velocitySum.values + start, accumulator: nil, ahead: served + start)
  }

  /// The workers' velocities, `velocity.0` and so on, and their sum.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] {
    velocities.named("velocity").merging(["velocitySum": velocitySum.elements]) { first, _ in first }
  }

  /// η of the look-ahead, and the number of workers.
  public var scalars: [String: Double] {
    get { ["learningRate": Double(coefficients.learningRate), "workers": Double(velocities.count)] }
    set {
      coefficients.learningRate = Float(newValue["learningRate"] ?? 0)
      if newValue["workers"] != Double(velocities.count) { sumUp() }
    }
  }

  /// Computes the sum anew: of the workers that the run had before, some are gone and some are new.
  private func sumUp() {
    velocitySum.elements.update(repeating: 0)
    for velocity in velocities {
      backend.scaledSum(
        count: velocity.elements.count, alpha: 1, x: UnsafePointer(velocity.values), beta: 1, y: velocitySum.values)
    }
  }
}
