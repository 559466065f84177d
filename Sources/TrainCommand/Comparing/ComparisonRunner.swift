internal import AsyncSGD
internal import Reporting

/// Who carries out the runs of a comparison, one at a time: on threads, or in virtual time.
protocol ComparisonRunner: AnyObject, Sendable {
  /// What the times are, in front of "time": `wall-clock`, or `virtual`.
  var clock: String { get }
  /// Where the times hold, at the end of a sentence: `on this machine`.
  var place: String { get }
  /// Everything that a result depends on besides the options of the run, by name.
  var surroundings: [String: String] { get }

  /// Carries out a run, blocking until it is over.
  ///
  /// - Parameters:
  ///   - settings: What to do, the seed included.
  ///   - progress: Is told how far the run is.
  /// - Returns: What came of it; `nil` if it was stopped before its end.
  /// - Throws: What keeps it from its end.
  func run(_ settings: RunSettings, progress: @escaping @Sendable (TrainingProgress) -> Void) throws -> RunResult?

  /// Ends the run under way as soon as it can be, and those that begin afterwards; any thread may call it.
  func stop()
}

/// What came of a run.
struct RunResult {
  let outcome: ComparisonRun.Outcome
  let curve: LearningCurve
  let staleness: StalenessSummary
  let stalenessBins: [StalenessBin]
  let examplesPerSecond: Double
  let parametersHash: String
}
