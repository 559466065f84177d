internal import AsyncSGD
internal import Foundation

/// Carries out runs on an emulated cluster, in virtual time: each of them is repeatable bit for bit.
final class VirtualComparisonRunner: ComparisonRunner, @unchecked Sendable {  // see the fields
  let clock = "virtual"
  let place: String

  /// Used by the thread of ``run(_:progress:)`` only.
  private let problem: ComparisonProblem
  private let cluster: ClusterDescription
  private let threads: Int
  private let lock = NSLock()
  /// The run under way; protected by `lock`.
  private var simulator: Simulator?
  /// Protected by `lock`.
  private var isStopped = false

  /// Prepares runs on the cluster that options describe.
  ///
  /// - Throws: ``ScriptError``; ``UsageError`` if the script speaks of workers that a cell does not have.
  init(_ problem: ComparisonProblem, _ options: SimulateOptions, leastWorkers: Int) throws {
    self.problem = problem
    cluster = try options.clusterDescription()
    threads = options.threads
    place = options.script.map { "on the cluster of '\($0)'" } ?? "with delays of \(cluster.compute)"
    if let worker = cluster.missingWorker(of: leastWorkers) {
      throw UsageError(
        "the script speaks of worker \(worker), and there are cells of \(leastWorkers), from 0 on: give '--workers' "
          + "larger numbers")
    }
  }

  var surroundings: [String: String] {
    var surroundings = problem.surroundings
    surroundings["time"] = clock
    surroundings["cluster"] = "\(cluster)"
    // The text of measured durations only names their file.
    for (name, model) in [("delays", cluster.compute), ("service", cluster.network.service)] {
      guard case .measured(let durations) = model?.family else { continue }
      surroundings[name] = durations.contentHash
    }
    return surroundings
  }

  func run(_ settings: RunSettings, progress: @escaping @Sendable (TrainingProgress) -> Void) throws -> RunResult? {
    let observer = CurveObserver(progress)
    let simulator = try Simulator(
      settings.configuration, cluster: cluster, model: try problem.model(settings), data: problem.data,
      backend: problem.backend, programVersion: Program.version, threads: threads, observer: observer)
    lock.withLock {
      self.simulator = simulator
      if isStopped { simulator.requestStop() }
    }
    defer { lock.withLock { self.simulator = nil } }
    let report = try simulator.run()
    return RunResult(report.final, points: observer.points, beginning: try problem.beginning(of: settings))
  }

  func stop() {
    lock.withLock {
      isStopped = true
      simulator?.requestStop()
    }
  }
}
