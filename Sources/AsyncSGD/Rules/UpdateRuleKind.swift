internal import Kernels

/// Which rule.
public enum UpdateRuleKind: String, CaseIterable, Sendable {
  case plain
  case stalenessAware = "staleness-aware"
  case delayAdaptive = "delay-adaptive"
  case gapAware = "gap-aware"
  case dcASGDc = "dc-asgd-c"
  case dcASGDa = "dc-asgd-a"
  case fasgd
  case dana
  case smega2
  case ormo
  case closedLoopMomentum = "closed-loop-momentum"
}

extension UpdateRuleKind: Explained {
  /// One line for lists and help.
  public var summary: String {
    switch self {
    case .plain: "a stale gradient is applied like a fresh one"
    case .stalenessAware: "the learning rate falls with the staleness of the gradient"
    case .delayAdaptive: "the learning rate falls with the staleness beyond what the number of workers explains"
    case .gapAware: "each parameter's gradient is divided by how far the parameter has moved meanwhile"
    case .dcASGDc: "delay compensation: a first-order correction of the gradient, with a constant weight"
    case .dcASGDa: "delay compensation with a weight that adapts to the size of the gradients"
    case .fasgd: "each parameter's learning rate is divided by a moving deviation of its gradient and the staleness"
    case .dana: "a momentum for each worker; workers compute where all momenta will take the parameters"
    case .smega2: "one momentum; workers compute where it will take the parameters in N updates"
    case .ormo: "ordered momentum: a stale gradient joins the momentum of the time it belongs to"
    case .closedLoopMomentum: "measures the momentum that asynchrony adds, and lowers the optimizer's by it"
    }
  }

  /// Where it was published.
  public var source: String {
    switch self {
    case .plain: "Dean et al. 2012"
    case .stalenessAware: "Zhang, Gupta, Lian & Liu 2016; Xie et al. 2019 (polynomial, hinge)"
    case .delayAdaptive: "Mishchenko et al. 2022; Koloskova et al. 2022"
    case .gapAware: "Barkai, Hakimi & Schuster 2020"
    case .dcASGDc, .dcASGDa: "Zheng et al. 2017"
    case .fasgd: "Odena 2016"
    case .dana: "Hakimi et al. 2019"
    case .smega2: "Cohen et al. 2021"
    case .ormo: "Shi et al. 2024"
    case .closedLoopMomentum: "Mitliagkas et al. 2016; Zhang & Mitliagkas 2019 (YellowFin)"
    }
  }

  /// Its hyperparameters.
  public var hyperparameters: [Hyperparameter] { [] }

  /// Returns the rule for `count` parameters.
  func makeRule(
    _ hyperparameters: Hyperparameters, in setting: Hyperparameter.Setting, momentum: Double, count: Int,
    backend: any KernelBackend<Float>
  ) -> any UpdateRule {
    switch self {
    case .plain: PlainRule()
    default: preconditionFailure("rule \(rawValue) is being written")
    }
  }
}
