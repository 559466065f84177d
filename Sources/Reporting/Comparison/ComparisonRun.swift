package import AsyncSGD

/// One algorithm with one number of workers, trained with several seeds.
package struct ComparisonCell: Hashable, Sendable {
  /// The mode as it was asked for, such as `ssp:3`.
  package var mode: String
  /// The rule as it was asked for, such as `dc-asgd-a`.
  package var rule: String
  /// The number of workers.
  package var workers: Int

  /// Creates a cell.
  package init(mode: String, rule: String, workers: Int) {
    self.mode = mode
    self.rule = rule
    self.workers = workers
  }

  /// Mode and rule in short, such as `ssp:3 + dc-asgd-a`; the plain rule goes without saying.
  package var algorithm: String {
    rule == UpdateRuleKind.plain.rawValue ? mode : "\(mode) + \(rule)"
  }

  /// The whole in words, such as `ssp:3 with 4 workers`.
  package var name: String { "\(algorithm) with \(Self.count(ofWorkers: workers))" }

  /// Whether gradients may be stale: whether workers go on without waiting for one another.
  package var isAsynchronous: Bool {
    CoordinationMode(rawValue: String(mode.prefix { $0 != ":" }))?.hasStaleness ?? true
  }

  static func count(ofWorkers workers: Int) -> String { workers == 1 ? "1 worker" : "\(workers) workers" }
}

/// One training run of a comparison, from beginning to end.
package struct ComparisonRun: Hashable, Sendable {
  /// How a run ended; one that was interrupted is no result.
  package enum Outcome: String, Sendable {
    /// All gradients were computed.
    case completed
    /// It was given up because of values that are not finite.
    case diverged
    /// It ended because the faults of its cluster left no worker.
    case deserted
  }

  /// What was trained.
  package var cell: ComparisonCell
  /// The seed of the initial parameters and of the order of the examples.
  package var seed: UInt64
  /// Everything that a run's result may depend on, by name: a run is reused only where all of it is the same.
  package var settings: [String: String]
  /// How it ended.
  package var outcome: Outcome
  /// Its evaluations.
  package var curve: LearningCurve
  /// How stale the gradients were.
  package var staleness: StalenessSummary
  /// The same in full, where it was kept.
  package var stalenessBins: [StalenessBin]
  /// Examples a second of training.
  package var examplesPerSecond: Double
  /// A hash of the final parameters' bits.
  package var parametersHash: String

  /// Creates a run.
  package init(
    cell: ComparisonCell, seed: UInt64, settings: [String: String], outcome: Outcome, curve: LearningCurve,
    staleness: StalenessSummary, stalenessBins: [StalenessBin] = [], examplesPerSecond: Double, parametersHash: String
  ) {
    self.cell = cell
    self.seed = seed
    self.settings = settings
    self.outcome = outcome
    self.curve = curve
    self.staleness = staleness
    self.stalenessBins = stalenessBins
    self.examplesPerSecond = examplesPerSecond
    self.parametersHash = parametersHash
  }
}
