/// Values that are possible one by one, but mean nothing together.
public enum CoordinationConflict: Error, Hashable, Sendable {
  /// A mode of one worker was asked for with several.
  case oneWorkerOnly(workers: Int)
  /// No worker is left that an update could wait for.
  case onlyBackupWorkers(backupWorkers: Int, workers: Int)
  /// An update waits for more workers than there are.
  case moreGradientsThanWorkers(gradients: Int, workers: Int)
  /// The number of gradients that an update waits for is given in two ways that differ.
  case gradientsContradictBackupWorkers(gradients: Int, backupWorkers: Int, workers: Int)
  /// Backup workers are those that a round of distinct workers does without.
  case backupWorkersNeedDistinctGradients(backupWorkers: Int)
}

extension CoordinationConflict: CustomStringConvertible {
  /// A sentence that names the options and their values.
  public var description: String {
    switch self {
    case .oneWorkerOnly(let workers):
      "mode sequential has one worker, not \(workers)"
    case .onlyBackupWorkers(let backupWorkers, let workers):
      "--backup-workers \(backupWorkers) leaves none of \(workers) workers to wait for"
    case .moreGradientsThanWorkers(let gradients, let workers):
      "--gradients-to-wait \(gradients) needs as many workers, not \(workers); with --gradients-from any a worker gives several"
    case .gradientsContradictBackupWorkers(let gradients, let backupWorkers, let workers):
      "--gradients-to-wait \(gradients) and --backup-workers \(backupWorkers) contradict each other with \(workers) workers: give one of the two"
    case .backupWorkersNeedDistinctGradients(let backupWorkers):
      "--backup-workers \(backupWorkers) has no meaning with --gradients-from any: give --gradients-to-wait"
    }
  }
}

extension CoordinationMode {
  /// Checks that the hyperparameters of this mode mean something together.
  ///
  /// - Parameters:
  ///   - hyperparameters: What was given; those of other modes are not looked at.
  ///   - workers: The number of workers, at least 1.
  /// - Throws: The first conflict that is found.
  public func check(_ hyperparameters: Hyperparameters, workers: Int) throws(CoordinationConflict) {
    switch self {
    case .sequential where workers != 1:
      throw .oneWorkerOnly(workers: workers)
    case .sync:
      try checkRounds(hyperparameters, workers: workers)
    default:
      break
    }
  }

  private func checkRounds(_ hyperparameters: Hyperparameters, workers: Int) throws(CoordinationConflict) {
    let setting = Hyperparameter.Setting(workers: workers, mode: self)
    let backupWorkers = hyperparameters.integer(.backupWorkers, in: setting)
    let gradients = hyperparameters.gradientsOfUpdate(in: setting)
    if hyperparameters.takesGradientsFromAny(in: setting) {
      guard backupWorkers == 0 else { throw .backupWorkersNeedDistinctGradients(backupWorkers: backupWorkers) }
      return
    }
    guard backupWorkers < workers else {
      throw .onlyBackupWorkers(backupWorkers: backupWorkers, workers: workers)
    }
    guard gradients <= workers else { throw .moreGradientsThanWorkers(gradients: gradients, workers: workers) }
    guard hyperparameters[.backupWorkers] == nil || gradients == workers - backupWorkers else {
      throw .gradientsContradictBackupWorkers(
        gradients: gradients, backupWorkers: backupWorkers, workers: workers)
    }
  }
}
