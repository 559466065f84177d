internal import Kernels
internal import NeuralNet

extension TrainingConfiguration {
  /// Whether workers take steps on parameters of their own.
  var takesLocalSteps: Bool {
    switch mode {
    case .async: integer(.fetchEvery) > 1 || integer(.pushEvery) > 1
    case .agn, .fedBuff: integer(.localSteps) > 1
    case .localSGD, .easgd, .eamsgd: true
    case .sequential, .sync, .softSync, .ssp, .dssp, .hogwild, .ringmaster, .rennala: false
    }
  }

  /// Whether weight decay is part of each gradient of the workers, at the parameters they step from, and the server adds
  /// none; unless the optimizer keeps it out of gradients.
  var decaysInWorkers: Bool { takesLocalSteps && optimizer != .adamw }

  /// Returns what one worker does with its gradients.
  func makeLocalSteps(_ layout: ParameterLayout, plan: EpochPlan, backend: any KernelBackend<Float>) -> any LocalSteps {
    guard takesLocalSteps else { return SingleSteps() }
    let arithmetic = LocalArithmetic(
      blocks: ParameterBlocks(layout, weightDecay: decaysInWorkers ? weightDecay : 0), backend: backend)
    switch mode {
    case .agn:
      let steps = integer(.localSteps)
      return DownpourSteps(pushEvery: steps, fetchEvery: steps, accumulation: .mean, arithmetic: arithmetic)
    case .fedBuff:
      let steps = integer(.localSteps)
      return DownpourSteps(pushEvery: steps, fetchEvery: steps, accumulation: .sum, arithmetic: arithmetic)
    case .localSGD:
      let minibatches = Double(epochs * plan.minibatches)
      return LocalSGDSteps(
        localSteps: integer(.localSteps), localFrom: Int((number(.postLocalFrom) * minibatches).rounded()),
        momentum: Float(number(.localMomentum)), arithmetic: arithmetic)
    case .easgd:
      return ElasticSteps(period: integer(.communicationPeriod), momentum: nil, arithmetic: arithmetic)
    case .eamsgd:
      return ElasticSteps(
        period: integer(.communicationPeriod), momentum: Float(number(.localMomentum)), arithmetic: arithmetic)
    default:
      return DownpourSteps(
        pushEvery: integer(.pushEvery), fetchEvery: integer(.fetchEvery), accumulation: .sum, arithmetic: arithmetic)
    }
  }
}
