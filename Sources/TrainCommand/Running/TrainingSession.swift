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
  private let console: ConsoleReporter
  private let metrics: JSONLinesReporter?

  /// Prepares a session: reads the checkpoint to resume and opens the files to write.
  ///
  /// - Throws: What keeps the session from starting; see ``ExitCode/init(for:)``.
  init(_ options: TrainOptions) throws {
    self.options = options
    resumed = try options.resume.map { try Checkpoint(reading: $0) }
    settings = try resumed.map { try RunSettings(options, resuming: $0) } ?? RunSettings(options)
    if let checkpoint = options.checkpoint { try checkWritable(checkpoint) }
    console = .standardError(isQuiet: options.isQuiet, moreArguments: options.moreArguments)
    metrics = try options.metrics.map { try JSONLinesReporter(path: $0, moreArguments: options.moreArguments) }
  }

  /// Trains, prints the results, and returns how the process should end.
  func run() throws -> ExitCode {
    let data = try DatasetCatalog.load(settings.dataset, directory: options.dataDirectory)
    let shape = data.training.shape
    let model = try settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
    let backend = try KernelBackends.make(named: options.kernels)
    let observers: [any TrainingObserver] = [console] + (metrics.map { [$0] } ?? [])
    let trainer = try Trainer(
      settings.configuration, model: model, data: data, backend: backend, programVersion: Program.version,
      resuming: resumed?.state, observer: ObserverGroup(observers))

    let console = console
    let interrupts = InterruptHandler {
      console.note("interrupted: finishing the minibatches in flight; press Ctrl-C again to stop at once")
      trainer.requestStop()
    }
    let report = try withExtendedLifetime(interrupts) {
      try trainer.run {
        guard let path = options.checkpoint else { return }
        try Checkpoint(settings: settings, state: trainer.state).write(to: path, model: model)
      }
    }
    try OutputDescriptor.standardOutput.write("\(SummaryTable(report))")
    return exitCode(of: report)
  }

  private func exitCode(of report: FinalReport) -> ExitCode {
    if case .diverged = report.outcome { return .trainingFailed }
    if report.outcome == .interrupted { return .interrupted }
    if let failure = metrics?.failure {
      console.alert("error: \(failure)")
      return .cannotWrite
    }
    if let target = options.targetAccuracy, !(report.last.testAccuracy >= target) {
      console.alert(
        "error: the test accuracy \(report.last.testAccuracy) is below '--target-accuracy \(target)'")
      return .trainingFailed
    }
    return .done
  }

  /// Finds out before the training whether its result can be saved.
  private func checkWritable(_ path: String) throws {
    let directory = (path as NSString).deletingLastPathComponent
    let place = directory.isEmpty ? "." : directory
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw OutputError(name: path, reason: "it is a directory")
    }
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw OutputError(name: path, reason: "there is no directory '\(place)'")
    }
    guard FileManager.default.isWritableFile(atPath: place) else {
      throw OutputError(name: path, reason: "the directory '\(place)' is not writable")
    }
  }
}
