/// The four choices that make an algorithm: who waits for whom, how a stale gradient is applied, the step itself, and how
/// a gradient is made smaller on its way.
///
/// Most combinations mean something. Those that do not have a ``conflict``: a rule where no gradient is stale, a second
/// momentum on top of a rule's own, a compressor where no gradients are sent.
public struct Combination: Hashable, Sendable {
  /// Who waits for whom.
  public var mode: CoordinationMode
  /// How a stale gradient is applied.
  public var rule: UpdateRuleKind
  /// The step itself.
  public var optimizer: OptimizerKind
  /// How a gradient is made smaller on its way to the server.
  public var compression: CompressionKind

  /// Creates a combination.
  public init(
    mode: CoordinationMode = .async, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind = .sgd,
    compression: CompressionKind = .none
  ) {
    self.mode = mode
    self.rule = rule
    self.optimizer = optimizer
    self.compression = compression
  }

  /// The hyperparameters of all four, each once, and the general ones.
  public var hyperparameters: [Hyperparameter] {
    (Hyperparameter.general + mode.hyperparameters + rule.hyperparameters + optimizer.hyperparameters
      + compression.hyperparameters).uniqued()
  }

  /// Whether μ means anything: the optimizer's, or the rule's own.
  public var hasMomentum: Bool { optimizer.hasMomentum || rule.hasMomentum }

  /// The name of the member of a family that was chosen.
  public func name(in family: AlgorithmFamily) -> String {
    switch family {
    case .mode: mode.rawValue
    case .rule: rule.rawValue
    case .optimizer: optimizer.rawValue
    case .compression: compression.rawValue
    }
  }

  /// Returns the optimizer that a run has which does not ask for one: `preferred` if it goes with the rest, otherwise the
  /// plainest that does.
  public func optimizer(preferring preferred: OptimizerKind) -> OptimizerKind {
    let candidates = [preferred, .sgd, .momentum]
    return candidates.first { kind in
      rule.objection(to: kind) == nil && mode.objection(to: kind) == nil && compression.objection(to: kind) == nil
    } ?? preferred
  }
}

// MARK: What does not go together

extension Combination {
  /// Why the choices mean nothing together, or `nil` if they do mean something.
  public var conflict: Conflict? {
    ruleConflict ?? optimizerConflict ?? compressionConflict
  }

  private var ruleConflict: Conflict? {
    if let reason = mode.objection(to: rule) {
      let modes = CoordinationMode.allCases.filter { $0.objection(to: rule) == nil }
      return Conflict(
        option: "--rule", value: rule.rawValue, partner: "--mode \(mode.rawValue)", reason: reason,
        alternatives: ["--mode " + oneOf(modes.map(\.rawValue))])
    }
    guard let reason = compression.objection(to: rule) else { return nil }
    let compressions = CompressionKind.allCases.filter { $0.objection(to: rule) == nil }
    return Conflict(
      option: "--rule", value: rule.rawValue, partner: "--compression \(compression.rawValue)", reason: reason,
      alternatives: ["--compression " + oneOf(compressions.map(\.rawValue))])
  }

  private var optimizerConflict: Conflict? {
    func conflict(_ partner: String, _ objection: (OptimizerKind) -> String?) -> Conflict? {
      guard let reason = objection(optimizer) else { return nil }
      let others = OptimizerKind.allCases.filter { objection($0) == nil }
      return Conflict(
        option: "--optimizer", value: optimizer.rawValue, partner: partner, reason: reason,
        alternatives: ["--optimizer " + oneOf(others.map(\.rawValue))])
    }
    return conflict("--mode \(mode.rawValue)", mode.objection(to:))
      ?? conflict("--rule \(rule.rawValue)", rule.objection(to:))
      ?? conflict("--compression \(compression.rawValue)", compression.objection(to:))
  }

  private var compressionConflict: Conflict? {
    guard let reason = mode.objection(to: compression) else { return nil }
    return Conflict(
      option: "--compression", value: compression.rawValue, partner: "--mode \(mode.rawValue)", reason: reason,
      alternatives: ["another --mode"])
  }
}

extension CoordinationMode {
  /// Why a rule means nothing in this mode, `nil` if it does.
  func objection(to rule: UpdateRuleKind) -> String? {
    guard rule != .plain else { return nil }
    if self == .hogwild { return "in which workers apply their gradients themselves" }
    if isElastic { return "whose workers push parameters, and no gradients" }
    if !hasStaleness { return "in which no gradient is stale" }
    if self == .fedBuff, rule.discountsStaleness { return "which weighs gradients by their staleness itself" }
    if rule.needsSingleGradients, !appliesSingleGradients { return "whose updates take several gradients at once" }
    return nil
  }

  /// Why an optimizer means nothing in this mode, `nil` if it does.
  func objection(to optimizer: OptimizerKind) -> String? {
    isElastic && optimizer != .sgd ? "whose workers take the steps, and the server none" : nil
  }

  /// Why a compressor means nothing in this mode, `nil` if it does.
  func objection(to compression: CompressionKind) -> String? {
    guard compression != .none else { return nil }
    if self == .hogwild { return "in which nothing is sent" }
    return isElastic ? "whose workers push parameters, and no gradients" : nil
  }
}

extension UpdateRuleKind {
  /// Whether it has a momentum of its own, with the coefficient μ that optimizers have otherwise.
  public var hasMomentum: Bool {
    switch self {
    case .dana, .smega2, .ormo: true
    case .plain, .stalenessAware, .delayAdaptive, .gapAware, .dcASGDc, .dcASGDa, .fasgd, .closedLoopMomentum: false
    }
  }

  /// Whether it lowers the learning rate by the staleness as such.
  var discountsStaleness: Bool {
    switch self {
    case .stalenessAware, .delayAdaptive, .fasgd: true
    case .plain, .gapAware, .dcASGDc, .dcASGDa, .dana, .smega2, .ormo, .closedLoopMomentum: false
    }
  }

  /// Whether every gradient must make an update of its own.
  var needsSingleGradients: Bool {
    switch self {
    case .dana, .smega2, .ormo, .closedLoopMomentum: true
    case .plain, .stalenessAware, .delayAdaptive, .gapAware, .dcASGDc, .dcASGDa, .fasgd: false
    }
  }

  /// Why an optimizer means nothing with this rule, `nil` if it does.
  func objection(to optimizer: OptimizerKind) -> String? {
    if hasMomentum, optimizer != .sgd { return "which takes the step itself, with a momentum of its own" }
    // What it measures is the coefficient of a heavy ball: Nesterov's step does not tell it, even with one worker.
    if self == .closedLoopMomentum, optimizer != .momentum {
      return "which steers the coefficient of heavy-ball momentum"
    }
    return nil
  }
}

extension CompressionKind {
  /// Why a rule means nothing with this compressor, `nil` if it does.
  func objection(to rule: UpdateRuleKind) -> String? {
    self == .dgc && (rule.hasMomentum || rule == .closedLoopMomentum) ? Self.ownMomentum : nil
  }

  /// Why an optimizer means nothing with this compressor, `nil` if it does.
  func objection(to optimizer: OptimizerKind) -> String? {
    self == .dgc && optimizer.hasMomentum ? Self.ownMomentum : nil
  }

  private static let ownMomentum = "which has the momentum in the workers"
}
