package import Kernels

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
  public var hyperparameters: [Hyperparameter] {
    switch self {
    case .sgd: []
    case .momentum, .nesterov: [.momentumAt]
    case .adagrad: [.epsilon]
    case .rmsprop: [.squareDecay, .epsilon]
    case .adam, .adamw: [.beta1, .beta2, .epsilon]
    }
  }

  /// Whether it has a coefficient of momentum.
  public var hasMomentum: Bool { self == .momentum || self == .nesterov }
}

extension OptimizerKind {
  /// Returns the optimizer of `count` parameters.
  ///
  /// Where the workers keep the velocities, the server's optimizer is plain SGD.
  package func makeOptimizer(
    _ hyperparameters: Hyperparameters, in setting: Hyperparameter.Setting, momentum: Double, count: Int,
    backend: any KernelBackend<Float>
  ) -> any Optimizer {
    var setting = setting
    setting.optimizer = self
    func number(_ hyperparameter: Hyperparameter) -> Double { hyperparameters.number(hyperparameter, in: setting) }
    switch self {
    case .sgd:
      return SGD(backend: backend)
    case .momentum, .nesterov:
      if hyperparameters.keepsMomentumInWorkers(in: setting) { return SGD(backend: backend) }
      return self == .momentum
        ? Momentum(count: count, momentum: Float(momentum), backend: backend)
        : Nesterov(count: count, momentum: Float(momentum), backend: backend)
    case .adagrad:
      return Adagrad(count: count, epsilon: Float(number(.epsilon)), backend: backend)
    case .rmsprop:
      return RMSProp(
        count: count, squareDecay: number(.squareDecay), epsilon: Float(number(.epsilon)), backend: backend)
    case .adam:
      return Adam(
        count: count, beta1: number(.beta1), beta2: number(.beta2), epsilon: Float(number(.epsilon)), backend: backend)
    case .adamw:
      return AdamW(
        count: count, beta1: number(.beta1), beta2: number(.beta2), epsilon: Float(number(.epsilon)), backend: backend)
    }
  }

  /// The names of the vectors and numbers that the server's optimizer carries over.
  ///
  /// - Parameters:
  ///   - hyperparameters: What was given.
  ///   - setting: What the defaults depend on.
  /// - Returns: Names as ``Carried`` has them.
  public func carriedNames(
    _ hyperparameters: Hyperparameters, in setting: Hyperparameter.Setting
  ) -> (vectors: [String], scalars: [String]) {
    switch self {
    case .sgd: ([], [])
    case .momentum, .nesterov: (hyperparameters.keepsMomentumInWorkers(in: setting) ? [] : ["velocity"], [])
    case .adagrad: (["squareSum"], [])
    case .rmsprop: (["squareMean"], [])
    case .adam, .adamw: (["mean", "squareMean"], ["updates"])
    }
  }
}

extension Hyperparameters {
  /// Whether ``Hyperparameter/momentumAt`` is the worker.
  func keepsMomentumInWorkers(in setting: Hyperparameter.Setting) -> Bool {
    choice(.momentumAt, in: setting) == "worker"
  }
}
