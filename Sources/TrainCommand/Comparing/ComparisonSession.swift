internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Interchange
internal import Kernels
internal import Reporting

/// Carries out `compare`: trains every cell with every seed, and says what it comes to.
///
/// The runs go one after the other, so that they do not disturb each other, and seed by seed, so that a machine that becomes
/// slower or faster does so for all cells alike.
final class ComparisonSession {
  private let options: CompareOptions
  private let grid: ComparisonGrid
  private let runner: any ComparisonRunner
  private let display: ComparisonDisplay
  private let print: (String) throws -> Void

  /// Prepares a session: lays out the grid, checks the files and loads the data.
  ///
  /// - Throws: What keeps the session from starting; see ``ExitCode/init(for:)``.
  convenience init(_ options: CompareOptions) throws {
    var files = options.files
    try files.check()
    files.reads(dataset: options.common.dataset, in: options.common.dataDirectory)
    if options.isVirtual { files.reads(try options.simulation.clusterDescription()) }
    try files.check()
    for path in [options.json, options.csv, options.html].compactMap({ $0 }) { try WritableFile.check(path) }
    let backend = try KernelBackends.make(named: options.common.kernels, instructionSet: options.common.instructionSet)
    let data = try DatasetCatalog.load(options: options.common, dataset: options.common.dataset)
    let problem = ComparisonProblem(data: data, backend: backend)
    let runner: any ComparisonRunner =
      options.isVirtual
      ? try VirtualComparisonRunner(problem, options.simulation, leastWorkers: options.workers.min() ?? 1)
      : LiveComparisonRunner(problem)
    try self.init(
      options, runner: runner,
      display: .standardError(isQuiet: options.common.isQuiet), print: OutputDescriptor.standardOutput.write)
  }

  /// Prepares a session whose runs `runner` carries out, and whose results `print` takes.
  init(
    _ options: CompareOptions, runner: any ComparisonRunner, display: ComparisonDisplay,
    print: @escaping (String) throws -> Void
  ) throws {
    self.options = options
    grid = try ComparisonGrid(options)
    self.runner = runner
    self.display = display
    self.print = print
  }

  /// Trains, and prints the results.
  ///
  /// - Parameter interrupts: Is told how to end early; must outlive the call.
  /// - Returns: How the process should end.
  /// - Throws: What keeps the comparison from its end; see ``ExitCode/init(for:)``.
  func run(_ interrupts: InterruptHandler) throws -> ExitCode {
    var schedule = ComparisonSchedule(grid, seeds: options.seeds, surroundings: runner.surroundings)
    let others = schedule.reuse(try options.json.map(ComparisonFile.runs) ?? [])
    let file = try options.json.map { try ComparisonFile(path: $0, used: schedule.runs, others: others) }
    sayWhatIsThere(schedule, others: others.count)

    let (runner, display) = (runner, display)
    interrupts.endOrderly {
      display.note("interrupted: the run under way is given up; Ctrl-C again stops at once")
      runner.stop()
    }
    while let job = schedule.next {
      let title = "run \(schedule.done + 1) of \(schedule.count)  \(job.cell.name), seed \(job.seed)"
      let remaining = schedule.secondsRemaining
      let begin = ProcessInfo.processInfo.systemUptime
      let result = try runner.run(job.settings) { display.progress(title, $0, remaining: remaining) }
      guard let result else { return interrupted(schedule) }
      let run = ComparisonRun(job, result)
      try file?.append(run)
      schedule.finish(run, seconds: ProcessInfo.processInfo.systemUptime - begin)
      display.finished(title, run, remaining: schedule.secondsRemaining)
    }
    try report(schedule.runs, others: others, file)
    return schedule.runs.contains { $0.outcome == .completed } ? .done : .trainingFailed
  }

  private func sayWhatIsThere(_ schedule: ComparisonSchedule, others: Int) {
    display.note(command)
    for omission in omissions { display.note(omission) }
    if schedule.done > 0 {
      display.note("\(schedule.done) of \(schedule.count) runs are there already, from '\(options.json ?? "")'")
    }
    if others > 0 {
      display.note("\(others) runs with other settings are kept in '\(options.json ?? "")', and not used")
    }
  }

  private func interrupted(_ schedule: ComparisonSchedule) -> ExitCode {
    if let path = options.json {
      display.note("\(schedule.done) of \(schedule.count) runs are kept in '\(path)'; to go on: \(command)")
    } else {
      display.note("\(schedule.done) of \(schedule.count) runs are lost; with '--json FILE' they would be kept")
    }
    return .interrupted
  }

  private func report(_ runs: [ComparisonRun], others: [ComparisonRun], _ file: ComparisonFile?) throws {
    let analysis = ComparisonAnalysis(
      runs, cells: grid.entries.map(\.cell), baseline: options.baseline, target: options.targetAccuracy)
    let verdict = ComparisonVerdict(analysis, place: runner.place)
    try file?.complete(runs, others: others, results: ComparisonRecord.lines(analysis, verdict))
    if let path = options.csv { try AtomicFile.write(Array(ComparisonCSV.text(runs).utf8), to: path) }
    if let path = options.html {
      let page = ComparisonPage(
        analysis, verdict: verdict, command: command, clock: runner.clock, notes: omissions)
      try AtomicFile.write(Array(page.html.utf8), to: path)
    }
    try print("\(ComparisonTables(analysis))\n\(verdict.text)")
  }

  /// What was left out of the grid, a line each; the same reason for several numbers of workers only once.
  private var omissions: [String] {
    var lines: [String] = []
    for omission in grid.omissions {
      let others = grid.omissions.filter {
        $0.reason == omission.reason && $0.cell.algorithm == omission.cell.algorithm
      }
      let name = others.count > 1 ? omission.cell.algorithm : omission.cell.name
      let line = "left out: \(name): \(omission.reason)"
      if !lines.contains(line) { lines.append(line) }
    }
    return lines
  }

  private var command: String { shellCommand(["compare"] + options.arguments) }
}

extension ComparisonRun {
  fileprivate init(_ job: ComparisonSchedule.Job, _ result: RunResult) {
    self.init(
      cell: job.cell, seed: job.seed, settings: job.description, outcome: result.outcome, curve: result.curve,
      staleness: result.staleness, stalenessBins: result.stalenessBins, examplesPerSecond: result.examplesPerSecond,
      parametersHash: result.parametersHash)
  }
}
