internal import AsyncSGD
internal import Foundation

/// Carries out runs on threads that race, in wall-clock time.
final class LiveComparisonRunner: ComparisonRunner, @unchecked Sendable {  // see the fields
  let clock = "wall-clock"
  let place = "on this machine"

  /// Used by the thread of ``run(_:progress:)`` only.
  private let problem: ComparisonProblem
  private let lock = NSLock()
  /// The run under way; protected by `lock`.
  private var trainer: Trainer?
  /// Protected by `lock`.
  private var isStopped = false

  init(_ problem: ComparisonProblem) {
    self.problem = problem
  }

  var surroundings: [String: String] {
    problem.surroundings.merging(["time": clock, "machine": Machine.name]) { first, _ in first }
  }

  func run(_ settings: RunSettings, progress: @escaping @Sendable (TrainingProgress) -> Void) throws -> RunResult? {
    let observer = CurveObserver(progress)
    let trainer = try Trainer(
      settings.configuration, model: try problem.model(settings), data: problem.data, backend: problem.backend,
      programVersion: Program.version, observer: observer)
    lock.withLock {
      self.trainer = trainer
      if isStopped { trainer.requestStop() }
    }
    defer { lock.withLock { self.trainer = nil } }
    let report = try trainer.run()
    return RunResult(report, points: observer.points, beginning: try problem.beginning(of: settings))
  }

  func stop() {
    lock.withLock {
      isStopped = true
      trainer?.requestStop()
    }
  }
}
