package import Kernels

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
    case .closedLoopMomentum: "measures all momentum, asynchrony's included, and steers the optimizer's part of it"
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
    case .dana: "Hakimi, Barkai, Gabel & Schuster 2019"
    case .smega2: "Cohen, Hakimi & Schuster 2022"
    case .ormo: "Shi, Yang & Li 2024"
    case .closedLoopMomentum: "Mitliagkas et al. 2016; Zhang & Mitliagkas 2019 (YellowFin)"
    }
  }

  /// Its hyperparameters, beside momentum.
  public var hyperparameters: [Hyperparameter] {
    switch self {
    case .stalenessAware:
      [.stalenessFunction, .stalenessExponent, .stalenessCutoff, .hingeSlope, .weightBeyondCutoff]
    case .delayAdaptive: [.delayScaling]
    case .gapAware: [.gapDecay]
    case .dcASGDc: [.compensation]
    case .dcASGDa: [.adaptiveCompensation, .compensationDecay]
    case .fasgd: [.fasgdForm, .fasgdDecay]
    case .closedLoopMomentum: [.feedbackGain]
    case .plain, .dana, .smega2, .ormo: []
    }
  }

  /// Returns the rule for `count` parameters.
  ///
  /// - Parameters:
  ///   - hyperparameters: What was given.
  ///   - setting: What the defaults depend on.
  ///   - momentum: μ of the rules with a momentum of their own; the total that is wanted, of
  ///     ``UpdateRuleKind/closedLoopMomentum``.
  ///   - count: The number of parameters.
  ///   - backend: The kernels.
  /// - Returns: A rule that has seen no gradient.
  package func makeRule(
    _ hyperparameters: Hyperparameters, in setting: Hyperparameter.Setting, momentum: Double, count: Int,
    backend: any KernelBackend<Float>
  ) -> any UpdateRule {
    func number(_ hyperparameter: Hyperparameter) -> Double { hyperparameters.number(hyperparameter, in: setting) }
    switch self {
    case .plain:
      return PlainRule()
    case .stalenessAware:
      return StalenessAwareRule(StalenessFunction(hyperparameters, in: setting))
    case .delayAdaptive:
      return DelayAdaptiveRule(
        workers: setting.workers, jumps: hyperparameters.choice(.delayScaling, in: setting) == "one")
    case .gapAware:
      // Where the workers keep the velocities, they are what is pushed.
      let stepsAlongGradients =
        setting.optimizer == .sgd
        || setting.optimizer.hasMomentum && hyperparameters.keepsMomentumInWorkers(in: setting)
      return GapAwareRule(
        count: count, decay: number(.gapDecay), stepsAlongGradients: stepsAlongGradients, backend: backend)
    case .dcASGDc:
      return DelayCompensation(weight: Float(number(.compensation)), backend: backend)
    case .dcASGDa:
      return AdaptiveDelayCompensation(
        workers: setting.workers, count: count, weight: Float(number(.adaptiveCompensation)),
        decay: number(.compensationDecay), backend: backend)
    case .fasgd:
      let form: FASGDRule.Form =
        hyperparameters.choice(.fasgdForm, in: setting) == "deviation" ? .deviation : .magnitude
      return FASGDRule(form, count: count, decay: number(.fasgdDecay), backend: backend)
    case .dana:
      return DANARule(workers: setting.workers, count: count, momentum: Float(momentum), backend: backend)
    case .smega2:
      return SMEGA2Rule(workers: setting.workers, count: count, momentum: Float(momentum), backend: backend)
    case .ormo:
      return OrMoRule(workers: setting.workers, count: count, momentum: momentum, backend: backend)
    case .closedLoopMomentum:
      return ClosedLoopMomentumRule(
        target: Float(momentum), gain: Float(number(.feedbackGain)), workers: setting.workers, count: count)
    }
  }
}
