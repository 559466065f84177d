extension RecordedEnd {
  /// Creates the end of a run whose workers have come to rest.
  ///
  /// - Parameters:
  ///   - server: Where the parameters are.
  ///   - outcome: How the run ended.
  ///   - position: Minibatches dealt since the run began, counted over the epochs.
  ///   - microseconds: When it ended, since the run began.
  init(of server: any TrainingServer, _ outcome: TrainingOutcome, position: Int, microseconds: Int) {
    let latest = server.latest()
    self.init(
      version: server.status.version,
      hash: ParameterFingerprint.hash(of: UnsafeBufferPointer(start: latest.values, count: latest.count)),
      position: position, microseconds: microseconds, outcome: Outcome(outcome))
  }
}

extension RecordedEnd.Outcome {
  /// Creates what a recording says of an outcome.
  init(_ outcome: TrainingOutcome) {
    switch outcome {
    case .completed: self = .completed
    case .interrupted: self = .interrupted
    case .deserted: self = .deserted
    case .diverged: self = .diverged
    }
  }
}
