internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Reporting
internal import Synchronization

/// Carries out `simulate --timing-only`: finds out how long things take, without gradients.
struct TimingSession {
  private let options: SimulateOptions
  private let configuration: TrainingConfiguration
  private let cluster: ClusterDescription
  private let console: ConsoleReporter

  /// Whether the user wants the end.
  private final class StopRequest: Sendable {
    let isMade = Atomic(false)
  }

  /// Creates a session on a cluster.
  init(
    _ options: SimulateOptions, _ configuration: TrainingConfiguration, cluster: ClusterDescription,
    console: ConsoleReporter
  ) {
    self.options = options
    self.configuration = configuration
    self.cluster = cluster
    self.console = console
  }

  /// Runs and prints the results.
  ///
  /// - Parameters:
  ///   - model: What would be trained.
  ///   - data: The examples, of which only the number matters.
  ///   - backend: The kernels that a run with gradients would have.
  ///   - interrupts: Is told how to end the run early; must outlive the call.
  /// - Returns: How the process should end.
  /// - Throws: What keeps the run from its end; see ``ExitCode/init(for:)``.
  func run(
    _ model: ShapedModel, _ data: DatasetPair, backend: any KernelBackend<Float>, _ interrupts: InterruptHandler
  ) throws -> ExitCode {
    let examples = data.training.count
    var configuration = configuration
    let minibatches = configuration.minibatchesPerEpoch(examples: examples)
    if options.train.epochs == nil { configuration.epochs = configuration.epochsOfTiming(examples: examples) }
    let payload = PayloadSize(configuration, layout: model.layout, minibatches: minibatches)
    guard payload != nil || !cluster.hasBandwidths else { throw Self.unknownPayload(configuration.compression) }
    let metrics = try options.train.metrics.map {
      try JSONLinesReporter(path: $0, moreArguments: options.moreArguments)
    }
    let run = RunDescription(
      ofTimingOnly: configuration, model: model, data: data, backend: backend, programVersion: Program.version)
    let notes = VirtualTimeNotes(configuration, examples: examples)
    if options.train.epochs == nil { console.open(with: notes.length) }
    if let overlap = notes.overlap { console.open(with: overlap) }
    if let start = notes.start { console.open(with: start, isWarning: true) }
    metrics?.observe(.run(run))
    console.observe(.run(run))
    var timing = TimingRun(
      configuration, cluster: cluster, minibatches: minibatches, parameters: model.layout.count,
      payload: payload, pausesBetweenEpochs: false)
    let (stop, console) = (StopRequest(), console)
    interrupts.endOrderly {
      console.note("interrupted; Ctrl-C again stops at once")
      stop.isMade.store(true, ordering: .relaxed)
    }
    let begin = ProcessInfo.processInfo.systemUptime
    let report = timing.run(while: { glance in
      let seconds = ProcessInfo.processInfo.systemUptime - begin
      console.observe(.progress(TrainingProgress(glance, of: run, minibatches: minibatches, seconds: seconds)))
      return !stop.isMade.load(ordering: .relaxed)
    })
    console.endRow()
    if report.isInterrupted { console.note("interrupted after \(report.updates) updates") }
    guard !report.isOverdue else { throw TrainingError.clockExceeded }
    metrics?.report(report, of: run)
    try OutputDescriptor.standardOutput.write("\(VirtualTimeTable(report))")
    return exitCode(of: report, failure: metrics?.failure)
  }

  /// What a push weighs depends on gradients that there are not, and the time that it takes on what it weighs.
  private static func unknownPayload(_ compression: CompressionKind) -> UsageError {
    UsageError(
      "'--compression \(compression.rawValue)' does not go with '--timing-only' on links with a bandwidth: how much of "
        + "this model it pushes depends on the gradients; drop '--timing-only', or choose --compression top-k, random-k, "
        + "1-bit, sign-sgd or qsgd")
  }

  private func exitCode(of report: TimingReport, failure: OutputError?) -> ExitCode {
    if let failure {
      console.alert("error: \(failure)")
      return .cannotWrite
    }
    if report.isInterrupted { return .interrupted }
    guard !report.isDeserted else {
      console.alert("error: no worker is left: all were lost to faults")
      return .trainingFailed
    }
    guard report.updates > 0 else {
      console.alert("error: nothing came of it: no gradient became an update")
      return .trainingFailed
    }
    return .done
  }
}

extension TrainingProgress {
  /// How far a run without gradients has come, as that of one with them: an example is as long as its minibatch makes it.
  fileprivate init(_ glance: TimingGlance, of run: RunDescription, minibatches: Int, seconds: Double) {
    let epoch = Double(glance.minibatches) / Double(max(1, minibatches))
    let share = epoch / Double(max(1, run.epochs))
    let examples = Int(epoch * Double(run.trainingExamples))
    self.init(
      seconds: seconds, epoch: epoch, epochs: run.epochs, examples: examples,
      examplesPerSecond: seconds > 0 ? Double(examples) / seconds : 0, updates: glance.updates,
      plannedUpdates: run.plannedUpdates, trainLoss: nil, learningRate: run.learningRate,
      stalenessMean: glance.stalenessMean, stalenessMax: glance.stalenessMax,
      secondsRemaining: share > 0 ? seconds * (1 - share) / share : nil)
    virtualSeconds = glance.seconds
  }
}
