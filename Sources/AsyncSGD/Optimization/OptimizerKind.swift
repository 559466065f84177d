internal import Kernels

/// Which optimizer.
public enum OptimizerKind: String, CaseIterable, Sendable {
  case sgd
  case momentum
  case nesterov
  case adagrad
  case rmsprop
  case adam
  case adamw
}

extension OptimizerKind: Explained {
  /// One line for lists and help.
  public var summary: String {
    switch self {
    case .sgd: "plain stochastic gradient descent"
    case .momentum: "gradient descent with heavy-ball momentum, one velocity on the server"
    case .nesterov: "gradient descent with Nesterov's momentum"
    case .adagrad: "learning rates that fall with the sum of each parameter's squared gradients"
    case .rmsprop: "learning rates divided by each parameter's moving root mean square of gradients"
    case .adam: "moving means of gradients and of their squares, corrected for their start at 0"
    case .adamw: "Adam, with weight decay beside the gradient and not in it"
    }
  }

  /// Where it was published.
  public var source: String {
    switch self {
    case .sgd: "Robbins & Monro 1951"
    case .momentum: "Polyak 1964"
    case .nesterov: "Nesterov 1983; Sutskever et al. 2013"
    case .adagrad: "Duchi, Hazan & Singer 2011; on a parameter server, Dean et al. 2012"
    case .rmsprop: "Tieleman & Hinton 2012"
    case .adam: "Kingma & Ba 2015"
    case .adamw: "Loshchilov & Hutter 2019"
    }
  }

  /// Its hyperparameters, beside momentum and weight decay.
  public var hyperparameters: [Hyperparameter] { [] }

  /// Whether it has a coefficient of momentum.
  public var hasMomentum: Bool { self == .momentum || self == .nesterov }

  /// Returns the optimizer of `count` parameters.
  func makeOptimizer(
    _ hyperparameters: Hyperparameters, in setting: Hyperparameter.Setting, momentum: Double, count: Int,
    backend: any KernelBackend<Float>
  ) -> any Optimizer {
    switch self {
    case .sgd: SGD(backend: backend)
    case .momentum: Momentum(count: count, momentum: Float(momentum), backend: backend)
    default: preconditionFailure("optimizer \(rawValue) is being written")
    }
  }
}
