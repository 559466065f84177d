/// Who waits for whom.
public enum CoordinationMode: String, CaseIterable, Sendable {
  /// Nobody waits: each gradient is applied as it arrives, however stale.
  ///
  /// This is Downpour SGD with a fetch and a push every step.
  ///
  /// Sources: Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012.
  case async

  /// Everybody waits: one update applies the mean of one gradient from every worker, all computed at one version.
  ///
  /// The mean weighs each gradient by its examples, so that W workers with minibatches of B do what one worker does
  /// with minibatches of W·B, up to the order of summation.
  case sync

  /// One line for lists and help.
  public var summary: String {
    switch self {
    case .async: "each gradient is applied as it arrives (Downpour SGD, fetch and push every step)"
    case .sync: "a barrier: each update applies the mean of one gradient from every worker"
    }
  }

  /// Whether minibatches are dealt to the workers in rounds of one each, and not first come, first served.
  var dealsInRounds: Bool {
    switch self {
    case .async: false
    case .sync: true
    }
  }

  /// Whether a gradient may be applied to parameters that others have changed since its worker pulled.
  ///
  /// If not, all workers pull when an epoch begins: some may have had no part in the last round of the one before.
  var hasStaleness: Bool {
    switch self {
    case .async: true
    case .sync: false
    }
  }

  /// Whether each worker always has exactly one gradient in flight, so that the law of staleness is exact.
  var obeysStalenessLaw: Bool {
    switch self {
    case .async: true
    case .sync: false
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
