internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Interchange
internal import Kernels
internal import NeuralNet
internal import Reporting

/// Carries out `train`: loads, trains, saves, reports.
struct TrainingSession {
  private let options: TrainOptions
  private let settings: RunSettings
  private let resumed: Checkpoint?
  private let backend: any KernelBackend<Float>
  private let console: ConsoleReporter
  /// What goes wrong on purpose; `nil` for nothing.
  private let faults: ClusterDescription?

  /// Prepares a session: reads the checkpoint to resume, makes the kernels and looks at the files to write.
  ///
  /// - Throws: What keeps the session from starting; see ``ExitCode/init(for:)``.
  init(_ options: TrainOptions) throws {
    self.options = options
    try options.files.check()
    resumed = try options.resume.map { try Checkpoint(reading: $0) }
    settings = try resumed.map { try RunSettings(options, resuming: $0) } ?? RunSettings(options)
    try options.checkDataDirectory(dataset: settings.dataset, vocabulary: .ofThisProgram)
    try options.checkInstructionSet(kernels: settings.kernels, vocabulary: .ofThisProgram)
    var files = options.files
    files.reads(dataset: settings.dataset, in: options.dataDirectory)
    try files.check()
    let workers = settings.configuration.workers
    faults = try options.inject.map { try ScriptFile.faults(at: $0, workers: workers) }
    backend = try KernelBackends.make(named: settings.kernels, instructionSet: options.instructionSet)
    for path in [options.checkpoint, options.record, options.plots].compactMap(\.self) { try WritableFile.check(path) }
    if let path = options.metrics { try WritableFile.checkInPlace(path) }
    try options.checkRecordable(settings.configuration.mode)
    console = .standardError(isQuiet: options.isQuiet, moreArguments: options.moreArguments)
  }

  /// Trains and prints the results.
  ///
  /// - Parameter interrupts: Is told how to end the training early; must outlive the call.
  /// - Returns: How the process should end.
  /// - Throws: What keeps the training from its end; see ``ExitCode/init(for:)``.
  func run(_ interrupts: InterruptHandler) throws -> ExitCode {
    let data = try DatasetCatalog.load(options: options, dataset: settings.dataset)
    let shape = data.training.shape
    let model = try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
    if let resumed, let path = options.resume {
      try resumed.check(fits: model, trainingExamples: data.training.count, path: path)
    }
    // Only now is it known that there is a run, and what an earlier one wrote may go.
    let metrics = try options.metrics.map {
      try JSONLinesReporter(path: $0, appends: options.resume != nil, moreArguments: options.moreArguments)
    }
    let recorder = try options.record.map { path in
      let run = RecordedRun(settings, backend: backend, data: data, driver: .live, cluster: faults.map { "\($0)" })
      return try RecordingWriter(path: path, header: RecordingHeader(settings: run.fields, state: resumed?.state))
    }
    if let path = options.inject, let faults { console.open(with: InjectionNote(faults, path: path).text) }
    let observers: [any TrainingObserver] = [console] + (metrics.map { [$0] } ?? [])
    let trainer = try Trainer(
      settings.configuration, model: model, data: data, backend: backend, programVersion: Program.version,
      resuming: resumed?.state, recorder: recorder, faults: faults, observer: ObserverGroup(observers))

    let console = console
    interrupts.endOrderly {
      console.note("interrupted: finishing the minibatches in flight; Ctrl-C again stops at once")
      trainer.requestStop()
    }
    let report: FinalReport
    do {
      report = try trainer.run {
        guard let path = options.checkpoint else { return }
        try Checkpoint(settings: settings, model: model, state: trainer.state).write(to: path)
      }
    } catch {
      console.endRow()
      throw error
    }
    if report.outcome == .interrupted, let arguments = options.resumingArguments {
      console.note("to go on: \(shellCommand(arguments))")
    }
    try OutputDescriptor.standardOutput.write("\(SummaryTable(report))")
    return RunEnding(
      options: options, metrics: metrics, recorder: recorder, console: console, moreArguments: options.moreArguments
    ).exitCode(of: report)
  }
}
