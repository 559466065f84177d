internal import Foundation

/// A compute-time model fitted to durations by maximum likelihood, and how well it fits.
public struct DurationFit: Hashable, Sendable {
  /// The model.
  public let model: ComputeTimeModel
  /// The Kolmogorov–Smirnov distance between the durations and the model: the largest difference of their distribution
  /// functions.
  public let distance: Double

  /// Fits every family that can have made some durations.
  ///
  /// - Parameter durations: Durations in seconds, above 0, at least one.
  /// - Returns: The fits, the best one first.
  public static func fits(to durations: [Double]) -> [DurationFit] {
    precondition(!durations.isEmpty, "nothing to fit a model to")
    let sorted = durations.sorted()
    return models(of: sorted).map { DurationFit(model: $0, distance: distance(of: sorted, to: $0)) }
      .sorted { $0.distance < $1.distance }
  }

  /// The models of greatest likelihood, one of each family that has one.
  private static func models(of sorted: [Double]) -> [ComputeTimeModel] {
    let count = Double(sorted.count)
    let least = sorted[0]
    // Where all are equal, so is their mean, to the last bit: all other families need durations that differ.
    guard sorted[sorted.count - 1] > least else {
      return [ComputeTimeModel(.constant, mean: least), ComputeTimeModel(.exponential, mean: least)]
    }
    let mean = sorted.reduce(0, +) / count
    var models = [ComputeTimeModel(.constant, mean: mean), ComputeTimeModel(.exponential, mean: mean)]
    let logarithms = sorted.map { log($0) }
    let meanLog = logarithms.reduce(0, +) / count
    let variance = logarithms.reduce(0) { $0 + ($1 - meanLog) * ($1 - meanLog) } / count
    models.append(ComputeTimeModel(.shiftedExponential(shift: least / mean), mean: mean))
    models.append(ComputeTimeModel(.gamma(shape: gammaShape(log(mean) - meanLog)), mean: mean))
    let variation = min((exp(variance) - 1).squareRoot(), ComputeTimeModel.mostVariation)
    models.append(ComputeTimeModel(.logNormal(cv: variation), mean: exp(meanLog + variance / 2)))
    let paretoShape = 1 / (meanLog - logarithms[0])
    if paretoShape > 1, paretoShape.isFinite {
      models.append(ComputeTimeModel(.pareto(shape: paretoShape), mean: least * paretoShape / (paretoShape - 1)))
    }
    return models
  }

  /// Returns the shape k for which log k − ψ(k) is the logarithm of the mean minus the mean of the logarithms.
  ///
  /// The left side falls from infinity to 0, so there is one, between 1/(2·excess) and 1/excess.
  private static func gammaShape(_ excess: Double) -> Double {
    // Durations that differ in their last bits only.
    guard excess > 1e-12 else { return 1e12 }
    var (low, high) = (0.25 / excess, 2 / excess)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if log(middle) - SpecialFunctions.digamma(middle) > excess { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// Returns the largest difference between the distribution functions of sorted durations and a model.
  static func distance(of sorted: [Double], to model: ComputeTimeModel) -> Double {
    let count = Double(sorted.count)
    var largest = 0.0
    var first = 0
    while first < sorted.count {
      // Equal durations are one step.
      var end = first + 1
      while end < sorted.count, sorted[end] == sorted[first] { end += 1 }
      // A model may have a step at the same place: below it, it is what it is just before.
      let (before, at) = (model.cumulative(sorted[first].nextDown), model.cumulative(sorted[first]))
      largest = max(largest, abs(before - Double(first) / count), abs(at - Double(end) / count))
      first = end
    }
    return largest
  }
}

extension StalenessHistogram {
  /// Returns the Kolmogorov–Smirnov distance to another histogram: the largest difference of their distribution functions.
  ///
  /// - Parameter other: The other one; neither is empty.
  /// - Returns: The distance, from 0 to 1.
  public func distance(to other: StalenessHistogram) -> Double {
    var (largest, sums) = (0.0, (0, 0))
    for staleness in 0...Swift.max(max, other.max) {
      sums.0 += self[staleness]
      sums.1 += other[staleness]
      largest = Swift.max(
        largest, abs(Double(sums.0) / Double(count) - Double(sums.1) / Double(other.count)))
    }
    return largest
  }
}
