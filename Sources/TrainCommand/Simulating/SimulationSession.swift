internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Reporting

/// Carries out `simulate`: trains in virtual time, or only finds out how long things take.
struct SimulationSession {
  private let options: SimulateOptions
  private let settings: RunSettings
  private let cluster: ClusterDescription
  private let backend: any KernelBackend<Float>
  private let console: ConsoleReporter

  /// Reads the script and makes the kernels.
  ///
  /// - Throws: What keeps the session from starting; see ``ExitCode/init(for:)``.
  init(_ options: SimulateOptions) throws {
    self.options = options
    try options.files.check()
    settings = RunSettings(options.train)
    let script = try options.clusterScript()
    cluster = options.clusterDescription(script)
    var files = options.train.files
    files.reads(cluster)
    files.reads(dataset: settings.dataset, in: options.train.dataDirectory)
    try files.check()
    if let script, let path = options.script {
      try ScriptFile.check(script, at: path, workers: options.train.workers)
    }
    backend = try KernelBackends.make(named: settings.kernels, instructionSet: options.train.instructionSet)
    for path in [options.train.record, options.train.plots].compactMap(\.self) { try WritableFile.check(path) }
    if let path = options.train.metrics { try WritableFile.checkInPlace(path) }
    console = .standardError(isQuiet: options.train.isQuiet, moreArguments: options.moreArguments)
  }

  /// Runs and prints the results.
  ///
  /// - Parameter interrupts: Is told how to end the run early; must outlive the call.
  /// - Returns: How the process should end.
  /// - Throws: What keeps the run from its end; see ``ExitCode/init(for:)``.
  func run(_ interrupts: InterruptHandler) throws -> ExitCode {
    let data = try DatasetCatalog.load(options: options.train, dataset: settings.dataset)
    let shape = data.training.shape
    let model = try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
    if options.isTimingOnly {
      return try TimingSession(options, settings.configuration, cluster: cluster, console: console)
        .run(model, data, backend: backend, interrupts)
    }
    let metrics = try options.train.metrics.map {
      try JSONLinesReporter(path: $0, moreArguments: options.moreArguments)
    }
    let recorder = try options.train.record.map { path in
      let run = RecordedRun(settings, backend: backend, data: data, driver: .virtual, cluster: "\(cluster)")
      return try RecordingWriter(path: path, header: RecordingHeader(settings: run.fields), watchesClock: false)
    }
    let notes = VirtualTimeNotes(settings.configuration, examples: data.training.count)
    if let overlap = notes.overlap { console.open(with: overlap) }
    if let start = notes.start { console.open(with: start, isWarning: true) }
    let observers: [any TrainingObserver] = [console] + (metrics.map { [$0] } ?? [])
    let simulator = try Simulator(
      settings.configuration, cluster: cluster, model: model, data: data, backend: backend,
      programVersion: Program.version, threads: options.threads, recorder: recorder,
      observer: ObserverGroup(observers))
    let console = console
    interrupts.endOrderly {
      console.note("interrupted; Ctrl-C again stops at once")
      simulator.requestStop()
    }
    let report: SimulationReport
    do {
      report = try simulator.run()
    } catch {
      console.endRow()
      throw error
    }
    try OutputDescriptor.standardOutput.write("\(SummaryTable(report.final))\(VirtualTimeTable(report))")
    return RunEnding(
      options: options.train, metrics: metrics, recorder: recorder, console: console,
      moreArguments: options.moreArguments
    )
    .exitCode(of: report.final)
  }
}

extension SimulateOptions {
  /// Returns what the script says; `nil` if there is none.
  ///
  /// - Throws: ``ScriptError``.
  func clusterScript() throws(ScriptError) -> ClusterScript? {
    guard let path = script else { return nil }
    let script = try ScriptFile.script(at: path)
    if delays != nil, let line = script.line(of: "compute") { throw .delaysSaidTwice(path: path, line: line) }
    return script
  }

  /// Returns the cluster that script and options describe.
  ///
  /// - Parameter script: The script, if there is one.
  /// - Returns: The cluster, which may speak of any workers.
  func clusterDescription(_ script: ClusterScript?) -> ClusterDescription {
    var cluster = script?.cluster ?? ClusterDescription()
    if let delays { cluster.compute = delays }
    return cluster
  }

  /// Returns the cluster that script and options describe.
  ///
  /// - Returns: The cluster, which may speak of any workers.
  /// - Throws: ``ScriptError``.
  func clusterDescription() throws(ScriptError) -> ClusterDescription {
    clusterDescription(try clusterScript())
  }
}
