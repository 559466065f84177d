extension CoordinationMode {
  /// Returns the decisions of this mode.
  func policy(_ hyperparameters: Hyperparameters, workers: Int) -> any CoordinationPolicy {
    let setting = Hyperparameter.Setting(workers: workers, mode: self)
    switch self {
    case .sequential, .async, .agn, .hogwild:
      return ImmediatePolicy()
    case .sync where !hyperparameters.takesPartOfRound(in: setting):
      return BarrierPolicy(workers: workers)
    case .localSGD:
      return BarrierPolicy(workers: workers)
    case .sync, .softSync, .ssp, .dssp, .easgd, .eamsgd, .ringmaster, .rennala, .fedBuff:
      preconditionFailure("mode \(rawValue) is being written")
    }
  }
}

extension Hyperparameters {
  /// Whether a round of ``CoordinationMode/sync`` may do without some of the workers' gradients.
  func takesPartOfRound(in setting: Hyperparameter.Setting) -> Bool {
    guard setting.mode == .sync else { return false }
    return integer(.backupWorkers, in: setting) > 0 || integer(.gradientsToWait, in: setting) != setting.workers
      || choice(.gradientsFrom, in: setting) == "any"
  }
}
