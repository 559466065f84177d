internal import AsyncSGD
internal import Foundation
internal import Reporting

/// Carries out `fit`: finds a cluster in virtual time whose staleness is that of a recorded run.
struct FitSession {
  private let options: FitOptions
  private let recording: Recording
  private let recordedRun: RecordedRun

  /// Reads the recording.
  ///
  /// - Throws: ``RecordingError``, ``CheckpointError``; ``OutputError`` if the script cannot be written.
  init(_ options: FitOptions) throws {
    self.options = options
    try options.files.check()
    if let path = options.output { try WritableFile.check(path) }
    recording = try Recording(reading: options.path)
    recordedRun = try RecordedRun(recording.header, path: options.path)
  }

  /// Fits, prints what was found, and writes the script.
  ///
  /// - Throws: ``FitError``; ``OutputError`` if the script cannot be written.
  func run() throws {
    let fit = try ClusterFit(recording.events, of: recordedRun.settings.configuration)
    if let path = options.output {
      do {
        try Data((FitTable.script(of: fit) + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw OutputError(name: path, reason: "\(error.localizedDescription)")
      }
    }
    try OutputDescriptor.standardOutput.write("\(FitTable(fit))")
    if options.comparesCurves { try compareCurves(fit) }
  }

  /// Replays the run, simulates it on the fitted cluster, and prints how far their accuracies are apart.
  private func compareCurves(_ fit: ClusterFit) throws {
    let problem = try RecordedProblem(reading: options.path, options: options.train)
    guard problem.recording.header.state == nil else {
      throw UsageError(
        "'--curves' compares whole runs, and '\(options.path)' is of one that was resumed: drop '--curves'")
    }
    let configuration = problem.run.settings.configuration
    let threads = options.threads ?? ProcessInfo.processInfo.activeProcessorCount
    let recorded = CurveObserver { _ in }
    let replay = try problem.replayer(configuration, isExact: true, threads: threads, observer: recorded).run()
    guard replay.divergence == nil else { throw ReplayError.differs(path: options.path) }
    let simulated = CurveObserver { _ in }
    _ = try Simulator(
      configuration, cluster: fit.best.cluster, model: problem.model, data: problem.data, backend: problem.backend,
      programVersion: Program.version, threads: threads, observer: simulated
    ).run()
    try OutputDescriptor.standardOutput.write(
      "\n\(CurveDistanceTable(recorded: recorded.epochs, simulated: simulated.epochs))")
  }
}
