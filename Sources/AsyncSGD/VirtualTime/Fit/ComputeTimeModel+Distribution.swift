internal import Foundation

extension ComputeTimeModel {
  /// Returns the share of durations that are at most `seconds`: the distribution function.
  ///
  /// Of what was measured it is the share of all of them, whosever they are.
  public func cumulative(_ seconds: Double) -> Double {
    let x = seconds / mean
    switch family {
    case .constant: return x < 1 ? 0 : 1
    case .exponential: return x <= 0 ? 0 : 1 - exp(-x)
    case .shiftedExponential(let shift):
      guard shift < 1 else { return x < 1 ? 0 : 1 }
      return x <= shift ? 0 : 1 - exp(-(x - shift) / (1 - shift))
    case .gamma(let shape): return SpecialFunctions.regularizedGamma(shape, shape * x)
    case .logNormal(let cv):
      let variance = log(1 + cv * cv)
      return x <= 0 ? 0 : SpecialFunctions.normal((log(x) + variance / 2) / variance.squareRoot())
    case .pareto(let shape):
      let least = (shape - 1) / shape
      return x <= least ? 0 : 1 - pow(least / x, shape)
    case .measured(let durations):
      let scaled = x * durations.mean
      return Double(durations.values.count { $0 <= scaled }) / Double(durations.values.count)
    }
  }
}
