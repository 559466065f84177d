internal import Kernels
internal import NeuralNet

extension TrainingConfiguration {
  /// Whether workers take steps on parameters of their own.
  ///
  /// Weight decay is then theirs: it is part of each of their gradients, and the server adds none.
  var takesLocalSteps: Bool {
    switch mode {
    case .async: integer(.fetchEvery) > 1 || integer(.pushEvery) > 1
    case .agn, .fedBuff: integer(.localSteps) > 1
    case .localSGD, .easgd, .eamsgd: true
    case .sequential, .sync, .softSync, .ssp, .dssp, .hogwild, .ringmaster, .rennala: false
    }
  }

  /// Returns what one worker does with its gradients.
  func makeLocalSteps(_ layout: ParameterLayout, plan: EpochPlan, backend: any KernelBackend<Float>) -> any LocalSteps {
    guard takesLocalSteps else { return SingleSteps() }
    let arithmetic = LocalArithmetic(blocks: ParameterBlocks(layout, weightDecay: weightDecay), backend: backend)
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
