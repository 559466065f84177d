/// After how many steps a worker deals with the server: the local steps of a mode, without what they compute.
struct StepPattern: Sendable {
  /// Kinds of local steps.
  enum Kind: Sendable {
    /// Each gradient is pushed by itself; see ``SingleSteps``.
    case single
    /// See ``DownpourSteps``.
    case downpour(pushEvery: Int, fetchEvery: Int)
    /// See ``ElasticSteps``.
    case elastic(period: Int)
    /// See ``LocalSGDSteps``.
    case local
  }

  /// The kind.
  let kind: Kind
  /// The steps of a period of local SGD, and the minibatch of the run from which on it has so many.
  private let localSteps: Int
  private let localFrom: Int

  /// Creates the pattern of a configuration.
  init(_ configuration: TrainingConfiguration, minibatches: Int) {
    let isLocal = configuration.mode == .localSGD
    localSteps = isLocal ? configuration.integer(.localSteps) : 1
    localFrom =
      isLocal
      ? Int((configuration.number(.postLocalFrom) * Double(configuration.epochs * minibatches)).rounded()) : 0
    guard configuration.takesLocalSteps else {
      kind = .single
      return
    }
    switch configuration.mode {
    case .localSGD: kind = .local
    case .easgd, .eamsgd: kind = .elastic(period: configuration.integer(.communicationPeriod))
    case .agn, .fedBuff:
      let steps = configuration.integer(.localSteps)
      kind = .downpour(pushEvery: steps, fetchEvery: steps)
    default:
      kind = .downpour(pushEvery: configuration.integer(.pushEvery), fetchEvery: configuration.integer(.fetchEvery))
    }
  }

  /// The steps of the period of local SGD that begins with a minibatch of the run.
  func period(from minibatch: Int) -> Int { minibatch < localFrom ? 1 : localSteps }
}
