extension CoordinationMode {
  /// Returns the decisions of this mode.
  ///
  /// - Precondition: They mean something together: ``conflict(_:workers:)`` is `nil`.
  func policy(_ hyperparameters: Hyperparameters, workers: Int) -> any CoordinationPolicy {
    let setting = Hyperparameter.Setting(workers: workers, mode: self)
    switch self {
    case .sequential:
      precondition(workers == 1, "mode sequential has one worker, not \(workers)")
      return ImmediatePolicy()
    case .async, .agn, .hogwild:
      return ImmediatePolicy()
    case .localSGD:
      return BarrierPolicy(workers: workers, gradientsToWait: workers)
    case .sync where hyperparameters.takesGradientsFromAny(in: setting), .rennala:
      return PresentPointPolicy(
        gradientsToWait: hyperparameters.gradientsOfUpdate(in: setting),
        stopsCalculations: hyperparameters.stopsCalculations(in: setting))
    case .sync:
      return BarrierPolicy(
        workers: workers, gradientsToWait: hyperparameters.gradientsOfUpdate(in: setting),
        stopsCalculations: hyperparameters.stopsCalculations(in: setting))
    case .softSync:
      return BufferPolicy(size: hyperparameters.gradientsOfUpdate(in: setting), stalenessExponent: 0)
    case .fedBuff:
      return BufferPolicy(
        size: hyperparameters.gradientsOfUpdate(in: setting),
        stalenessExponent: hyperparameters.number(.stalenessExponent, in: setting))
    case .ssp:
      return BoundedStalenessPolicy(workers: workers, bound: hyperparameters.integer(.stalenessBound, in: setting))
    case .dssp:
      let lower = hyperparameters.integer(.stalenessBound, in: setting)
      let range = hyperparameters.integer(.stalenessBoundRange, in: setting)
      return DynamicBoundPolicy(workers: workers, bounds: lower...lower + range)
    case .easgd, .eamsgd:
      return hyperparameters.choice(.exchangeOrder, in: setting) == "round-robin"
        ? RoundRobinPolicy(workers: workers) : ImmediatePolicy()
    case .ringmaster:
      return DelayThresholdPolicy(
        threshold: hyperparameters.integer(.delayThreshold, in: setting),
        stopsCalculations: hyperparameters.stopsCalculations(in: setting))
    }
  }
}

extension Hyperparameters {
  /// The gradients that make an update: K, c or B; 1 in the modes where each is an update of its own.
  func gradientsOfUpdate(in setting: Hyperparameter.Setting) -> Int {
    switch setting.mode {
    case .sync:
      // A count that is given says the same as the backup workers, or there is a conflict.
      if case .integer(let count)? = self[.gradientsToWait] { return count }
      return setting.workers - integer(.backupWorkers, in: setting)
    case .softSync, .rennala: return integer(.gradientsToWait, in: setting)
    case .fedBuff: return integer(.bufferSize, in: setting)
    case .localSGD: return setting.workers
    case .sequential, .async, .ssp, .dssp, .hogwild, .easgd, .eamsgd, .agn, .ringmaster: return 1
    }
  }

  /// Whether a round of ``CoordinationMode/sync`` takes a gradient from every worker, so that minibatches can be dealt in
  /// rounds of one each.
  func takesWholeRounds(in setting: Hyperparameter.Setting) -> Bool {
    !takesGradientsFromAny(in: setting) && gradientsOfUpdate(in: setting) == setting.workers
  }

  /// Whether a worker may give an update of ``CoordinationMode/sync`` several gradients.
  func takesGradientsFromAny(in setting: Hyperparameter.Setting) -> Bool {
    setting.mode == .sync && choice(.gradientsFrom, in: setting) == "any"
  }

  /// Whether workers abandon calculations whose result would be dropped.
  func stopsCalculations(in setting: Hyperparameter.Setting) -> Bool {
    choice(.calculationStops, in: setting) == "on"
  }
}
