public import Kernels

/// One momentum, which changes once in N gradients; workers compute where it will take the parameters in N updates.
///
///     d = g + λ·θ,  c ← (c + 1) mod N,  G ← G + d
///     θ ← θ − η·(d + μ·v)
///     where c = 0:  v ← μ·v + G/N,  G ← 0
///     workers get  θ − η·μ·((N + c·(μ − 1))·v + (c/N)·G)
///
/// N is the number of workers. A momentum that took a step for every gradient would decay N times between two gradients of
/// one worker; this one decays once a cycle. The look-ahead is N − c steps along v, and c along what v will be if the
/// cycle goes on as it began. Evaluated and saved is θ. With one worker it is Nesterov's momentum.
///
/// Sources: Cohen, Hakimi & Schuster, "SMEGA²: Distributed Asynchronous Deep Neural Network Training With a Single
/// Momentum Buffer", ICPP 2022; the look-ahead is the one that their program calls advanced, its default.
public final class SMEGA2Rule: UpdateRule {
  private let backend: any KernelBackend<Float>
  private let workers: Int
  private let velocity: StateVector
  private let accumulator: StateVector
  /// c.
  private var position = 0
  private var coefficients: SGDStep<Float>

  /// Creates the rule, of parameters at rest.
  ///
  /// - Parameters:
  ///   - workers: N.
  ///   - count: The number of parameters.
  ///   - momentum: μ, 0 ≤ μ < 1.
  ///   - backend: The kernels.
  public init(workers: Int, count: Int, momentum: Float, backend: any KernelBackend<Float>) {
    self.backend = backend
    self.workers = workers
    velocity = StateVector(count: count)
    accumulator = StateVector(count: count)
    coefficients = SGDStep(learningRate: 0, momentum: momentum)
  }

  /// Takes over the learning rate, and goes on in the cycle.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    coefficients.learningRate = gradient.learningRate
    // A cycle that a run with more workers began may be over already.
    position = position + 1 >= workers ? 0 : position + 1
    return 1
  }

  /// Yes: the momentum is part of the rule.
  public var steps: Bool { true }

  /// Computes the parameters of one block after the step and what workers get of it, and the momentum in place.
  public func step(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, to updated: UnsafeMutablePointer<Float>,
    serving served: UnsafeMutablePointer<Float>?
  ) {
    coefficients.weightDecay = block.weightDecay
    let start = block.range.lowerBound
    backend.cyclicMomentumStep(
      coefficients, meanWeight: position == 0 ? 1 / Float(workers) : nil, count: block.range.count,
      parameters: gradient.parameters + start, gradient: gradient.values + start, velocity: velocity.values + start,
      accumulator: accumulator.values + start, updated: updated + start,
      ahead: served.map { served in
        LookAhead(
          distance: distances.velocity, accumulatorDistance: distances.accumulator, parameters: served + start)
      })
  }

  /// Yes.
  public var looksAhead: Bool { true }

  /// η·μ·(N + c·(μ − 1)) and η·μ·c/N.
  private var distances: (velocity: Float, accumulator: Float) {
    let distance = coefficients.learningRate * coefficients.momentum
    return (
      distance * (Float(workers) + Float(position) * (coefficients.momentum - 1)),
      distance * Float(position) / Float(workers)
    )
  }

  /// Computes what workers get of one block before the first step.
  public func lookAhead(
    _ range: Range<Int>, from parameters: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>
  ) {
    let start = range.lowerBound
    backend.lookAhead(
      distances.velocity, accumulatorDistance: distances.accumulator, count: range.count,
      parameters: parameters + start, velocity: velocity.values + start,
      accumulator: position == 0 ? nil : UnsafePointer(accumulator.values + start), ahead: served + start)
  }

  /// The momentum, and the sum of the cycle's gradients.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] {
    ["velocity": velocity.elements, "accumulator": accumulator.elements]
  }

  /// η of the look-ahead, and the gradients of the cycle.
  public var scalars: [String: Double] {
    get { ["learningRate": Double(coefficients.learningRate), "position": Double(position)] }
    set {
      coefficients.learningRate = Float(newValue["learningRate"] ?? 0)
      position = min(Int(newValue["position"] ?? 0), workers - 1)
    }
  }
}
