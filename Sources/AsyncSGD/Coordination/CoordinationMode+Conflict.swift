extension CoordinationMode {
  /// Returns why the numbers of this mode mean nothing together, or `nil` if they mean something.
  ///
  /// - Parameters:
  ///   - hyperparameters: What was given; those of other modes are not looked at.
  ///   - workers: The number of workers, at least 1.
  /// - Returns: The first conflict that is found.
  public func conflict(_ hyperparameters: Hyperparameters, workers: Int) -> Conflict? {
    switch self {
    case .sequential where workers > 1:
      Conflict(
        option: "--workers", value: "\(workers)", partner: "--mode sequential", reason: "which has one worker",
        alternatives: ["--mode async or sync"])
    case .sync:
      roundConflict(hyperparameters, workers: workers)
    default:
      nil
    }
  }

  /// A round of ``sync`` takes at least one gradient, and of each worker no more than it gives.
  private func roundConflict(_ hyperparameters: Hyperparameters, workers: Int) -> Conflict? {
    let setting = Hyperparameter.Setting(workers: workers, mode: self)
    let backups = hyperparameters.integer(.backupWorkers, in: setting)
    let takesAny = hyperparameters.takesGradientsFromAny(in: setting)
    func conflict(
      _ hyperparameter: Hyperparameter, _ partner: String, _ reason: String, _ alternatives: [String]
    ) -> Conflict {
      let value = hyperparameters.value(of: hyperparameter, in: setting)
      return Conflict(
        option: hyperparameter.option, value: "\(value)", partner: partner, reason: reason, alternatives: alternatives)
    }
    if takesAny, backups > 0 {
      return conflict(
        .backupWorkers, "--gradients-from any", "which waits for no worker in particular",
        ["--gradients-to-wait \(max(1, workers - backups))"])
    }
    guard backups < workers else {
      return conflict(
        .backupWorkers, "--workers \(workers)", "of which a round needs at least one",
        (workers > 1 ? ["--backup-workers \(workers - 1) or fewer"] : []) + ["more --workers"])
    }
    guard case .integer(let gradients)? = hyperparameters[.gradientsToWait] else { return nil }
    if backups > 0, gradients != workers - backups {
      return conflict(
        .gradientsToWait, "--backup-workers \(backups)", "which leaves \(workers - backups) of \(workers) workers",
        ["--gradients-to-wait \(workers - backups)"])
    }
    if gradients > workers, !takesAny {
      return conflict(
        .gradientsToWait, "--workers \(workers)", "each of which gives a round one gradient",
        ["--gradients-to-wait \(workers) or fewer", "--gradients-from any"])
    }
    return nil
  }
}
