internal import Foundation
internal import Randomness

/// Draws the durations of a ``ComputeTimeModel``: its numbers, made ready for the loop of events.
struct DurationSampler: Sendable {
  private enum Kind: UInt8, Sendable {
    case constant
    case exponential
    case gamma
    case logNormal
    case pareto
    case measured
  }

  private let kind: Kind
  private let seed: UInt64
  private let purpose: RandomStream.Purpose
  /// What is added to every duration.
  private let shift: Double
  /// What a number of the standard distribution is multiplied by.
  private let scale: Double
  private let shape: Double
  private let values: [Double]
  private let ranges: [Range<Int>]

  /// Creates the sampler of a model.
  ///
  /// - Parameters:
  ///   - model: What to draw from.
  ///   - seed: The seed of the run.
  ///   - purpose: What the durations are for.
  init(_ model: ComputeTimeModel, seed: UInt64, purpose: RandomStream.Purpose = .computeTime) {
    self.seed = seed
    self.purpose = purpose
    let mean = model.mean
    var (shift, shape, values, ranges) = (0.0, 0.0, [Double](), [Range<Int>]())
    switch model.family {
    case .constant:
      (kind, scale) = (.constant, mean)
    case .exponential:
      (kind, scale) = (.exponential, mean)
    case .shiftedExponential(let share):
      (kind, scale, shift) = (.exponential, mean * (1 - share), mean * share)
    case .gamma(let order):
      (kind, scale, shape) = (.gamma, mean / order, order)
    case .logNormal(let cv):
      let variance = log(1 + cv * cv)
      (kind, scale, shape) = (.logNormal, mean * exp(-variance / 2), variance.squareRoot())
    case .pareto(let order):
      (kind, scale, shape) = (.pareto, mean * (order - 1) / order, -1 / order)
    case .measured(let durations):
      (kind, scale) = (.measured, mean / durations.mean)
      (values, ranges) = (durations.values, durations.ranges)
    }
    (self.shift, self.shape, self.values, self.ranges) = (shift, shape, values, ranges)
  }

  /// Returns the duration of a worker's calculation number `step`, in seconds.
  func duration(worker: Int, step: Int) -> Double {
    if kind == .constant { return scale }
    var stream = RandomStream(
      seed: seed, purpose: purpose, worker: worker, step: Int(UInt32(truncatingIfNeeded: step)))
    switch kind {
    case .constant: return scale
    case .exponential: return shift + scale * stream.standardExponential()
    case .gamma: return scale * stream.standardGamma(shape: shape)
    case .logNormal: return scale * exp(shape * stream.standardNormal())
    case .pareto: return scale * pow(stream.positiveUniform(), shape)
    case .measured:
      let own = ranges[worker % ranges.count]
      return scale * values[own.lowerBound + Int(stream.uniform(below: UInt32(own.count)))]
    }
  }
}
