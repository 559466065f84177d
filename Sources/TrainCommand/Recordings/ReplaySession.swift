internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Reporting

/// Carries out `replay`: repeats a recorded run, and then its schedule under another rule if that was asked for.
struct ReplaySession {
  private let options: ReplayOptions
  private let problem: RecordedProblem
  private let console: ConsoleReporter

  /// Reads the recording and makes the kernels that it was made with.
  ///
  /// - Throws: What keeps the session from starting; see ``ExitCode/init(for:)``.
  init(_ options: ReplayOptions) throws {
    self.options = options
    try options.files.check()
    if let path = options.changes.metrics { try WritableFile.checkInPlace(path) }
    problem = try RecordedProblem(reading: options.path, options: options.changes)
    var files = options.files
    files.reads(dataset: problem.run.settings.dataset, in: options.changes.dataDirectory)
    try files.check()
    console = .standardError(isQuiet: options.changes.isQuiet, moreArguments: options.moreArguments)
  }

  /// Replays and prints the results.
  ///
  /// - Parameter interrupts: Is told how to end the replay early; must outlive the call.
  /// - Returns: How the process should end.
  /// - Throws: What keeps the replay from its end; see ``ExitCode/init(for:)``.
  func run(_ interrupts: InterruptHandler) throws -> ExitCode {
    if !problem.recording.isComplete {
      console.note(
        "the recording breaks off after \(problem.recording.events.count) events: it is replayed up to there")
    }
    let isCounterfactual = !options.counterfactualOptions.isEmpty
    let settings = problem.run.settings
    let changed = try settings.changed(by: options.changes)
    let metrics = try options.changes.metrics.map {
      try JSONLinesReporter(path: $0, moreArguments: options.moreArguments)
    }
    let recorded = try replay(
      settings.configuration, isExact: true, interrupts, metrics: isCounterfactual ? nil : metrics)
    guard isCounterfactual, recorded.divergence == nil, !recorded.isStopped else {
      return try finish(recorded, metrics: metrics)
    }
    console.note("and now the same schedule with \(options.counterfactualText)")
    let other = try replay(changed.configuration, isExact: false, interrupts, metrics: metrics)
    try OutputDescriptor.standardOutput.write("\(CounterfactualTable(recorded: recorded.final, other: other.final))")
    if other.isStopped { return .interrupted }
    if let divergence = other.divergence {
      console.alert(
        "error: the schedule cannot be carried out beyond event \(divergence.event): the figures are of what came before"
      )
      return .trainingFailed
    }
    if let failure = metrics?.failure {
      console.alert("error: \(failure)")
      return .cannotWrite
    }
    if case .diverged = other.final.outcome { return .trainingFailed }
    return .done
  }

  private func replay(
    _ configuration: TrainingConfiguration, isExact: Bool, _ interrupts: InterruptHandler, metrics: JSONLinesReporter?
  ) throws -> ReplayReport {
    let observers: [any TrainingObserver] = [console] + (metrics.map { [$0] } ?? [])
    let replayer = try problem.replayer(
      configuration, isExact: isExact, threads: options.threads, observer: ObserverGroup(observers))
    let console = console
    interrupts.endOrderly {
      console.note("interrupted; Ctrl-C again stops at once")
      replayer.requestStop()
    }
    do {
      return try replayer.run()
    } catch {
      console.endRow()
      throw error
    }
  }

  private func finish(_ report: ReplayReport, metrics: JSONLinesReporter?) throws -> ExitCode {
    try OutputDescriptor.standardOutput.write("\(SummaryTable(report.final))\(ReplayVerdict(report))")
    if report.divergence != nil { return .trainingFailed }
    if report.isStopped { return .interrupted }
    if let failure = metrics?.failure {
      console.alert("error: \(failure)")
      return .cannotWrite
    }
    return .done
  }
}

/// Why a recording cannot be replayed here.
enum ReplayError: Error, Hashable, CustomStringConvertible {
  /// The data set is not the one that the run learned.
  case otherData(path: String, dataset: String)
  /// This machine computes with other instructions, and so gets other bits.
  case otherInstructionSet(path: String, recorded: String, here: String)
  /// The replay has other bits than the recording.
  case differs(path: String)

  var description: String {
    switch self {
    case .otherData(let path, let dataset):
      "'\(path)' was recorded with other data than the '\(dataset)' that is here"
    case .differs(let path):
      "the replay of '\(path)' differs from it: 'asgd-train replay \(path)' says where"
    case .otherInstructionSet(let path, let recorded, let here):
      "'\(path)' was recorded with kernels \(recorded); those for \(here) give other bits"
    }
  }
}
