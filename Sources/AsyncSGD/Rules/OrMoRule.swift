internal import Foundation
public import Kernels

/// Ordered momentum: a stale gradient joins the momentum of the time it belongs to (OrMo).
///
/// Gradients belong to buckets of K, the number of workers, by the version j that they were computed at: bucket ⌈j/K⌉. The
/// momentum stands at the newest bucket b that a gradient has come from. On a gradient of bucket k:
///
///     where k > b:  θ ← θ − β·u,  u ← β·u,  b ← b + 1
///     θ ← θ − η·(1 + β + … + β^(b − k))·(g + λ·θ)
///     u ← u + β^(b − k)·η·(g + λ·θ)
///
/// So at any time u is the sum of η·g weighed by β^(b − k), and θ has gone as far as if every gradient had come in the round
/// that its version belongs to: in rounds of K, it is momentum SGD on the sum of a round's gradients. The learning rate is
/// part of u, so a gradient keeps the rate it came with. With one worker it is momentum SGD.
///
/// Sources: Shi, Yang & Li, "Ordered Momentum for Asynchronous SGD", NeurIPS 2024, <https://arxiv.org/abs/2407.19234>.
public final class OrMoRule: UpdateRule {
  private let backend: any KernelBackend<Float>
  private let momentum: Double
  private let workers: Int
  private let velocity: StateVector
  /// b; `nil` before the first gradient.
  private var bucket: Int?
  private var coefficients = OrderedMomentumStep<Float>(
    openingWeight: 0, momentumDecay: 1, momentumWeight: 0, stepWeight: 0)

  /// Creates the rule, of parameters at rest.
  ///
  /// - Parameters:
  ///   - workers: K.
  ///   - count: The number of parameters.
  ///   - momentum: β, 0 ≤ β < 1.
  ///   - backend: The kernels.
  public init(workers: Int, count: Int, momentum: Double, backend: any KernelBackend<Float>) {
    self.backend = backend
    self.workers = workers
    self.momentum = momentum
    velocity = StateVector(count: count)
  }

  /// Finds the gradient's bucket, and opens it if it is new.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    let own = (gradient.pulledVersion + workers - 1) / workers
    let newest = max(own, bucket ?? own)
    // With as many workers as ever, no gradient is more than one bucket ahead; it may be where gradients were dropped.
    let opened = newest - (bucket ?? newest)
    let late = newest - own
    bucket = newest
    coefficients.openingWeight = Float(momentum * sumOfPowers(opened))
    coefficients.momentumDecay = Float(pow(momentum, Double(opened)))
    coefficients.momentumWeight = gradient.learningRate * Float(pow(momentum, Double(late)))
    coefficients.stepWeight = gradient.learningRate * Float(sumOfPowers(late + 1))
    return 1
  }

  /// Returns 1 + β + … + β^(terms − 1).
  private func sumOfPowers(_ terms: Int) -> Double {
    (1 - pow(momentum, Double(terms))) / (1 - momentum)
  }

  /// Yes: the momentum is part of the rule.
  public var steps: Bool { true }

  /// Computes the parameters of one block after the step, and the momentum in place.
  public func step(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, to updated: UnsafeMutablePointer<Float>,
    serving served: UnsafeMutablePointer<Float>?
  ) {
    coefficients.weightDecay = block.weightDecay
    let start = block.range.lowerBound
    backend.orderedMomentumStep(
      coefficients, count: block.range.count, parameters: gradient.parameters + start,
      gradient: gradient.values + start, momentum: velocity.values + start, updated: updated + start)
  }

  /// The momentum.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["velocity": velocity.elements] }

  /// The newest bucket, -1 before the first gradient, and the number of workers that make a bucket.
  public var scalars: [String: Double] {
    get { ["bucket": Double(bucket ?? -1), "workers": Double(workers)] }
    set {
      // Buckets of another size have other numbers: begin with that of the first gradient.
      let saved = Int(newValue["bucket"] ?? -1)
      bucket = saved >= 0 && newValue["workers"] == Double(workers) ? saved : nil
    }
  }
}
