/// Who waits for whom.
public enum CoordinationMode: String, CaseIterable, Sendable {
  case sequential
  case sync
  case softSync = "soft-sync"
  case async
  case ssp
  case dssp
  case hogwild
  case easgd
  case eamsgd
  case localSGD = "local-sgd"
  case agn
  case ringmaster
  case rennala
  case fedBuff = "fedbuff"
}

// MARK: What the rest of the program asks of a mode

extension CoordinationMode {
  /// Whether a gradient may be applied to parameters that others have changed since its worker pulled.
  public var hasStaleness: Bool {
    switch self {
    case .sequential, .sync, .localSGD, .rennala: false
    case .softSync, .async, .ssp, .dssp, .hogwild, .easgd, .eamsgd, .agn, .ringmaster, .fedBuff: true
    }
  }

  /// Whether a worker and the server exchange parameters that attract each other, instead of gradients.
  var isElastic: Bool { self == .easgd || self == .eamsgd }

  /// Whether an update takes exactly one gradient, whose rule may so depend on the worker it comes from.
  var appliesSingleGradients: Bool {
    switch self {
    case .sequential, .async, .ssp, .dssp, .agn, .ringmaster: true
    case .sync, .softSync, .hogwild, .easgd, .eamsgd, .localSGD, .rennala, .fedBuff: false
    }
  }

  /// Whether the server may drop a gradient that is finite, while training goes on.
  ///
  /// At a barrier it is that of a worker which crashed after its push and is back before the round is over.
  var mayDropGradients: Bool {
    switch self {
    case .sync, .localSGD, .ringmaster, .rennala: true
    case .sequential, .softSync, .async, .ssp, .dssp, .hogwild, .easgd, .eamsgd, .agn, .fedBuff: false
    }
  }

  /// Whether a mean of several gradients weighs them by their examples; in `fedbuff`, where each is a sum over a worker's
  /// steps already, all count alike.
  var weighsByExamples: Bool { self != .fedBuff }

  /// Whether all workers pull when an epoch begins; in the others they go on with what they pulled last, as if the pause
  /// had not been.
  var pullsAtEpochStart: Bool {
    switch self {
    case .sync, .localSGD, .rennala, .ssp, .dssp: true
    case .sequential, .softSync, .async, .hogwild, .easgd, .eamsgd, .agn, .ringmaster, .fedBuff: false
    }
  }
}

/// What happens to a gradient that is not finite.
///
/// It is never applied.
public enum DivergencePolicy: String, CaseIterable, Sendable {
  /// Training stops.
  case stop
  /// The gradient is dropped and counted, and training goes on, until hundreds in a row are.
  case skip
}
