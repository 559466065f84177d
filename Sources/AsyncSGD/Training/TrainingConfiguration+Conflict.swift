extension TrainingConfiguration {
  /// The choices that make the algorithm.
  public var combination: Combination {
    Combination(mode: mode, rule: rule, optimizer: optimizer, compression: compression)
  }

  /// What holds for each hyperparameter of the algorithm, defaults included, in the order of its declaration.
  public var effectiveHyperparameters: [NamedValue] {
    combination.hyperparameters.map { NamedValue(name: $0.name, value: hyperparameters.value(of: $0, in: setting)) }
  }

  /// Why the run means nothing, or `nil` if it means something.
  ///
  /// Looks at the combination first, then at numbers that belong together.
  ///
  /// - Parameter parameters: The number of parameters of the model, `nil` while it is unknown.
  public func conflict(parameters: Int? = nil) -> Conflict? {
    combination.conflict ?? momentumConflict ?? workersConflict ?? roundConflict ?? warmStartConflict
      ?? partsConflict(parameters)
  }

  /// A rule that steers the server's momentum needs it there.
  private var momentumConflict: Conflict? {
    guard rule == .closedLoopMomentum, hyperparameters.keepsMomentumInWorkers(in: setting) else { return nil }
    return conflict(
      .momentumAt, "--rule \(rule.rawValue)", "which steers the server's momentum", ["--momentum-at server"])
  }

  private var workersConflict: Conflict? {
    guard mode == .sequential, workers > 1 else { return nil }
    return Conflict(
      option: "--workers", value: "\(workers)", partner: "--mode sequential", reason: "which has one worker",
      alternatives: ["--mode async or sync"])
  }

  /// A round of ``CoordinationMode/sync`` takes at least one gradient, and of each worker no more than there are.
  private var roundConflict: Conflict? {
    guard mode == .sync else { return nil }
    let backups = integer(.backupWorkers)
    if backups > 0, choice(.gradientsFrom) == "any" {
      return conflict(
        .backupWorkers, "--gradients-from any", "which waits for no worker in particular",
        ["--gradients-to-wait \(max(1, workers - backups))"])
    }
    guard backups < workers else {
      return conflict(
        .backupWorkers, "--workers \(workers)", "of which a round needs at least one",
        [workers > 1 ? "--backup-workers \(workers - 1) or fewer" : "", "more --workers"].filter { !$0.isEmpty })
    }
    guard let given = hyperparameters[.gradientsToWait], case .integer(let gradients) = given else { return nil }
    if backups > 0, gradients != workers - backups {
      return conflict(
        .gradientsToWait, "--backup-workers \(backups)", "which leaves \(workers - backups) of \(workers) workers",
        ["--gradients-to-wait \(workers - backups)"])
    }
    if gradients > workers, choice(.gradientsFrom) == "distinct" {
      return conflict(
        .gradientsToWait, "--workers \(workers)", "each of which gives a round one gradient",
        ["--gradients-to-wait \(workers) or fewer", "--gradients-from any"])
    }
    return nil
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
