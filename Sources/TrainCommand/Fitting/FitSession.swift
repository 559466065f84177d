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

  /// Fits, prints what was found, and writes the script with the files that it names.
  ///
  /// - Throws: ``FitError``; ``UsageError`` if the script cannot name a file of durations; ``OutputError`` if something cannot
  ///   be written.
  func run() throws {
    let fit = try ClusterFit(recording.events, of: recordedRun.settings.configuration)
    let fitted = FittedScript(fit.best, path: options.output)
    let table = FitTable(fit, script: fitted, leftOut: leftOut)
    if let path = options.output, let fitted, let script = table.script {
      try check(fitted.files)
      for file in fitted.files { try write(file.text, to: file.path) }
      try write(script + "\n", to: path)
    }
    try OutputDescriptor.standardOutput.write("\(table)")
    if options.comparesCurves { try compareCurves(fit) }
  }

  /// Makes sure that the files of durations can be named and written, and take the place of nothing else.
  private func check(_ durations: [FittedScript.DurationFile]) throws {
    var files = options.files
    for file in durations {
      guard FittedScript.canName(file.path) else {
        throw UsageError(
          "the script '\(options.output ?? "")' has to name files of durations beside it, and their names may have no "
            + "spaces, ':' and '#': choose another '--output'")
      }
      files.writes(file.path, as: "the file of durations")
    }
    try files.check()
    for file in durations { try WritableFile.check(file.path) }
  }

  private func write(_ text: String, to path: String) throws(OutputError) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw OutputError(name: path, reason: "\(error.localizedDescription)")
    }
  }

  /// What the recorded run had and a fitted cluster has not.
  private var leftOut: [String] {
    // A recording of another version may say what this one does not understand.
    let cluster = recordedRun.cluster.flatMap { try? ClusterDescription(script: $0) }
    var parts: [String] = []
    if let network = cluster?.network, !network.isIdeal { parts.append("a network (\(network.partsText))") }
    if cluster?.classes.contains(where: { $0.latency != nil || $0.bandwidth != nil }) ?? false {
      parts.append("workers with links of their own")
    }
    return parts + RecordedFaultCounts(recording.events).texts
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
