internal import Foundation

/// Takes smaller steps along staler gradients.
///
///     θ ← θ − η·f(τ)·g
///
/// The factor is 1/τ by default, as published, and 1 for a fresh gradient, where the paper's 1/τ has no value. DynSGD and
/// FRED take 1/(τ + 1), which halves the rate of gradients that are one update late; see ``StalenessFunction`` for the
/// others. In updates of several gradients each is weighed by its own factor, and the sum is divided by their number and
/// not by the sum of the weights, as in n-softsync.
///
/// Sources: Zhang, Gupta, Lian & Liu, "Staleness-aware Async-SGD for Distributed Deep Learning", IJCAI 2016,
/// <https://arxiv.org/abs/1511.05950>.
public final class StalenessAwareRule: UpdateRule {
  private let function: StalenessFunction

  /// Creates the rule.
  public init(_ function: StalenessFunction = .inverse) {
    self.function = function
  }

  /// Returns f(τ).
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    function.factor(staleness: gradient.staleness)
  }
}

/// How a learning rate falls with the staleness τ.
public enum StalenessFunction: Hashable, Sendable {
  /// 1/τ, and 1 for τ = 0.
  ///
  /// Sources: Zhang, Gupta, Lian & Liu, IJCAI 2016.
  case inverse
  /// 1/(τ + 1).
  ///
  /// Sources: Jiang, Cui, Zhang & Yu, "Heterogeneity-aware Distributed Parameter Servers" (DynSGD), SIGMOD 2017.
  case inversePlusOne
  /// (1 + τ)^−a.
  ///
  /// Sources: Xie, Koyejo & Gupta, "Asynchronous Federated Optimization" (FedAsync), 2019,
  /// <https://arxiv.org/abs/1903.03934>.
  case polynomial(exponent: Double)
  /// 1 up to b, then 1/(a·(τ − b) + 1).
  ///
  /// Sources: Xie, Koyejo & Gupta, 2019.
  case hinge(slope: Double, cutoff: Int)
  /// 1 up to b, then a constant.
  ///
  /// Sources: FLSim, the simulator of federated learning.
  case threshold(cutoff: Int, weightBeyond: Double)

  /// Returns f(τ).
  func factor(staleness: Int) -> Float {
    switch self {
    case .inverse: 1 / Float(max(1, staleness))
    case .inversePlusOne: 1 / Float(staleness + 1)
    case .polynomial(let exponent): Float(pow(Double(1 + staleness), -exponent))
    case .hinge(let slope, let cutoff): Float(1 / (slope * Double(max(0, staleness - cutoff)) + 1))
    case .threshold(let cutoff, let weight): staleness <= cutoff ? 1 : Float(weight)
    }
  }

  /// Reads the function that holds in a setting.
  init(_ hyperparameters: Hyperparameters, in setting: Hyperparameter.Setting) {
    let cutoff = hyperparameters.integer(.stalenessCutoff, in: setting)
    switch hyperparameters.choice(.stalenessFunction, in: setting) {
    case "inverse": self = .inverse
    case "inverse-plus-one": self = .inversePlusOne
    case "polynomial": self = .polynomial(exponent: hyperparameters.number(.stalenessExponent, in: setting))
    case "hinge": self = .hinge(slope: hyperparameters.number(.hingeSlope, in: setting), cutoff: cutoff)
    case "threshold":
      self = .threshold(cutoff: cutoff, weightBeyond: hyperparameters.number(.weightBeyondCutoff, in: setting))
    case let name: preconditionFailure("the staleness function \(name) is declared, but not implemented")
    }
  }
}
