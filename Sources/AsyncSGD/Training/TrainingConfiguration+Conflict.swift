extension TrainingConfiguration {
  /// The choices that make the algorithm.
  public var combination: Combination {
    Combination(mode: mode, rule: rule, optimizer: optimizer, compression: compression)
  }

  /// What holds for each hyperparameter of the algorithm, defaults included, in the order of its declaration.
  public var effectiveHyperparameters: [NamedValue] {
    combination.hyperparameters.map { NamedValue(name: $0.name, value: effectiveValue(of: $0)) }
  }

  private func effectiveValue(of hyperparameter: Hyperparameter) -> Hyperparameter.Value {
    // Its default also depends on another hyperparameter.
    if mode == .sync, hyperparameter.name == Hyperparameter.gradientsToWait.name {
      return .integer(hyperparameters.gradientsOfUpdate(in: setting))
    }
    return hyperparameters.value(of: hyperparameter, in: setting)
  }

  /// Returns why the run means nothing, or `nil` if it means something.
  ///
  /// Looks at the combination first, then at numbers that belong together.
  ///
  /// - Parameter parameters: The number of parameters of the model, `nil` while it is unknown.
  /// - Returns: The first conflict that is found.
  public func conflict(parameters: Int? = nil) -> Conflict? {
    combination.conflict ?? momentumConflict ?? localMomentumConflict ?? shardedLoopConflict
      ?? mode.conflict(hyperparameters, workers: workers) ?? warmStartConflict ?? partsConflict(parameters)
  }

  /// A rule that steers the server's momentum needs it there.
  private var momentumConflict: Conflict? {
    guard rule == .closedLoopMomentum, hyperparameters.keepsMomentumInWorkers(in: setting) else { return nil }
    return conflict(
      .momentumAt, "--rule \(rule.rawValue)", "which steers the server's momentum", ["--momentum-at server"])
  }

  /// A worker's local steps have one momentum, and not a second on top of it.
  private var localMomentumConflict: Conflict? {
    guard mode == .localSGD, number(.localMomentum) > 0 else { return nil }
    if compression == .dgc {
      return conflict(
        .localMomentum, "--compression dgc", "which has the momentum in the workers", ["--local-momentum 0"])
    }
    guard optimizer.hasMomentum, hyperparameters.keepsMomentumInWorkers(in: setting) else { return nil }
    return conflict(
      .localMomentum, "--momentum-at worker", "which is a momentum of the workers, too", ["--momentum-at server"])
  }

  /// The total momentum is one number of the whole model.
  private var shardedLoopConflict: Conflict? {
    guard mode == .async, rule == .closedLoopMomentum, integer(.serverShards) > 1 else { return nil }
    return conflict(
      .serverShards, "--rule \(rule.rawValue)", "which measures one momentum of the whole model", ["--server-shards 1"])
  }

  private var warmStartConflict: Conflict? {
    guard mode == .async, number(.warmStart) >= Double(epochs) else { return nil }
    return conflict(
      .warmStart, "--epochs \(epochs)", "in which the other workers would never train",
      ["a smaller --warm-start", "more --epochs"])
  }

  /// Every part of the parameters has at least one of them.
  private func partsConflict(_ parameters: Int?) -> Conflict? {
    guard let parameters else { return nil }
    let part: Hyperparameter
    switch mode {
    case .async: part = .serverShards
    case .hogwild: part = .lockStripes
    default: return nil
    }
    guard integer(part) > parameters else { return nil }
    return conflict(
      part, "a model of \(parameters) parameters", "", ["\(part.option) \(parameters) or fewer"])
  }

  private func conflict(
    _ hyperparameter: Hyperparameter, _ partner: String, _ reason: String, _ alternatives: [String]
  ) -> Conflict {
    Conflict(
      option: hyperparameter.option, value: "\(hyperparameters.value(of: hyperparameter, in: setting))",
      partner: partner, reason: reason, alternatives: alternatives)
  }
}
