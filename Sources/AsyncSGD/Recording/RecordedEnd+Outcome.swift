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
