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
    cluster = try options.clusterDescription()
    var files = options.train.files
    files.reads(cluster)
    files.reads(dataset: settings.dataset, in: options.train.dataDirectory)
    try files.check()
    if let path = options.script, let worker = cluster.missingWorker(of: options.train.workers) {
      throw ScriptError.missingWorker(path: path, worker: worker, workers: options.train.workers)
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
    if options.isTimingOnly { return try runTiming(model, examples: data.training.count) }
    let metrics = try options.train.metrics.map {
      try JSONLinesReporter(path: $0, moreArguments: options.moreArguments)
    }
    let recorder = try options.train.record.map { path in
      let run = RecordedRun(settings, backend: backend, data: data, driver: .virtual, cluster: "\(cluster)")
      return try RecordingWriter(path: path, header: RecordingHeader(settings: run.fields), watchesClock: false)
    }
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

  /// Finds out how long things take.
  private func runTiming(_ model: ShapedModel, examples: Int) throws -> ExitCode {
    let batchSize = settings.configuration.batchSize
    var run = TimingRun(
      settings.configuration, cluster: cluster, minibatches: (examples + batchSize - 1) / batchSize,
      parameters: model.layout.count, pausesBetweenEpochs: false)
    try OutputDescriptor.standardOutput.write("\(VirtualTimeTable(run.run()))")
    return .done
  }
}

extension SimulateOptions {
  /// Returns the cluster that script and options describe.
  ///
  /// - Returns: The cluster, which may speak of any workers.
  /// - Throws: ``ScriptError``.
  func clusterDescription() throws(ScriptError) -> ClusterDescription {
    var cluster =
      try script.map { path throws(ScriptError) in try ScriptFile.cluster(at: path) } ?? ClusterDescription()
    if let delays { cluster.compute = delays }
    return cluster
  }
}
