import AsyncSGD
import Foundation
import Interchange
import Reporting
import Testing

@testable import TrainCommand

/// Carries out runs by a formula, and writes down which.
private final class ScriptedRunner: ComparisonRunner, @unchecked Sendable {  // used by one thread
  let clock = "virtual"
  let place = "in this test"
  var surroundings = ["version": "1"]
  /// Cells and seeds in the order in which they were asked for.
  private(set) var log: [String] = []
  /// The run that is interrupted, counted from 0.
  var interruptedRun = Int.max
  private var isStopped = false

  func run(_ settings: RunSettings, progress: @escaping @Sendable (TrainingProgress) -> Void) throws -> RunResult? {
    let configuration = settings.configuration
    if log.count == interruptedRun || isStopped { return nil }
    log.append("\(configuration.mode.rawValue) \(configuration.seed)")
    let isAsync = configuration.mode == .async
    let final = (isAsync ? 0.9 : 0.8) + 0.001 * Double(configuration.seed)
    // So many evaluations that no two are more than five points apart.
    let points = (0...20).map { index in
      let share = Double(index) / 20
      return LearningCurve.Point(
        examples: 5 * index, updates: 5 * index, seconds: (isAsync ? 1 : 2) * share, trainLoss: nil, testLoss: 1,
        testAccuracy: 0.1 + share * (final - 0.1))
    }
    return RunResult(
      outcome: .completed, curve: LearningCurve(points),
      staleness: StalenessSummary(mean: 0, p50: 0, p95: 0, p99: 0, max: 0), stalenessBins: [], examplesPerSecond: 100,
      parametersHash: "00")
  }

  func stop() { isStopped = true }
}

@Suite("A comparison")
struct ComparisonSessionTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  /// Runs a comparison, and returns how it ended.
  private func run(_ arguments: String, _ runner: ScriptedRunner) throws -> ExitCode {
    guard case .compare(let options) = try parse("compare " + arguments) else { throw UsageError("no comparison") }
    let display = ComparisonDisplay(isQuiet: true, width: { nil }, now: { 0 }, write: { _ in })
    let interrupts = InterruptHandler()
    return try withExtendedLifetime(interrupts) {
      try ComparisonSession(options, runner: runner, display: display, print: { _ in }).run(interrupts)
    }
  }

  @Test("goes through all cells seed by seed, and never begins with the same one twice in a row")
  func order() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let runner = ScriptedRunner()
    #expect(try run("--seeds 3 --csv \(path("c")) --html \(path("h"))", runner) == .done)
    #expect(runner.log == ["sync 1", "async 1", "async 2", "sync 2", "sync 3", "async 3"])
    #expect(try text("c").split(separator: "\n").count == 127)
    #expect(try text("h").hasPrefix("<!DOCTYPE html>"))
  }

  @Test("goes on where it was interrupted, and does nothing twice")
  func resumes() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let arguments = "--seeds 2 --json \(path("j"))"
    let first = ScriptedRunner()
    first.interruptedRun = 3
    #expect(try run(arguments, first) == .interrupted)
    #expect(try text("j").split(separator: "\n").count == 3)

    let second = ScriptedRunner()
    #expect(try run(arguments, second) == .done)
    #expect(second.log == ["sync 2"])
    let whole = try text("j")
    let events = whole.split(separator: "\n").map { $0.split(separator: "\"")[3] }
    #expect(events == ["run", "run", "run", "run", "cell", "cell", "verdict"])
    #expect(whole.contains("\"decision\":\"asynchronous\""))

    let third = ScriptedRunner()
    #expect(try run(arguments, third) == .done)
    #expect(third.log.isEmpty)
    #expect(try text("j") == whole)

    let fresh = path("fresh")
    #expect(try run("--seeds 2 --json \(fresh)", ScriptedRunner()) == .done)
    #expect(try text("fresh") == whole)
  }

  @Test("reuses runs for another set of cells and seeds, and not for other settings, which it keeps")
  func settings() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    #expect(try run("--seeds 2 --json \(path("j"))", ScriptedRunner()) == .done)
    let wider = ScriptedRunner()
    #expect(try run("--modes async,sync,ssp:3 --seeds 2,9 --json \(path("j"))", wider) == .done)
    #expect(wider.log.sorted() == ["async 9", "ssp 2", "ssp 9", "sync 9"])
    let unused = try text("j").split(separator: "\n").filter { $0.contains("\"event\":\"unused\"") }
    #expect(unused.count == 2 && unused.allSatisfy { $0.contains("\"seed\":1,") })

    let other = ScriptedRunner()
    #expect(try run("--seeds 1 --epochs 2 --json \(path("j"))", other) == .done)
    #expect(other.log == ["sync 1", "async 1"])
    let elsewhere = ScriptedRunner()
    elsewhere.surroundings["version"] = "2"
    #expect(try run("--seeds 2 --json \(path("j"))", elsewhere) == .done)
    #expect(elsewhere.log.count == 4)
    // Nothing was lost: all of the first settings are there still.
    let again = ScriptedRunner()
    #expect(try run("--seeds 2 --json \(path("j"))", again) == .done)
    #expect(again.log.isEmpty)
  }

  @Test("takes a last line that is damaged for one that was never written")
  func damagedEnd() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let arguments = "--seeds 2 --json \(path("j"))"
    let first = ScriptedRunner()
    first.interruptedRun = 2
    #expect(try run(arguments, first) == .interrupted)
    let lines = try text("j").split(separator: "\n")
    for count in [1, 20, 200, lines[1].utf8.count - 1] {
      try "\(lines[0])\n\(lines[1].prefix(count))".write(toFile: path("j"), atomically: false, encoding: .utf8)
      let second = ScriptedRunner()
      #expect(try run(arguments, second) == .done)
      #expect(second.log == ["async 1", "async 2", "sync 2"], "\(count)")
    }
    // Nothing but the beginning of a first line.
    try String(lines[0].prefix(30)).write(toFile: path("j"), atomically: false, encoding: .utf8)
    let third = ScriptedRunner()
    #expect(try run(arguments, third) == .done)
    #expect(third.log.count == 4)
  }

  @Test("refuses a file that is damaged elsewhere or of something else, and leaves it as it is")
  func malformed() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let arguments = "--seeds 2 --json \(path("j"))"
    let first = ScriptedRunner()
    first.interruptedRun = 2
    #expect(try run(arguments, first) == .interrupted)
    let lines = try text("j").split(separator: "\n")
    let texts = [
      (1, "\(lines[0].dropLast(5))\n\(lines[1])\n"), (1, "{\"event\":\"epoch\"}\n"), (1, "my notes"),
      (2, "\(lines[0])\n\u{0}\n\(lines[1])\n"),
    ]
    for (line, text) in texts {
      try text.write(toFile: path("j"), atomically: false, encoding: .utf8)
      let error = #expect(throws: ComparisonFileError.self) { try run(arguments, ScriptedRunner()) }
      #expect(error?.line == line)
      #expect(error.map(ExitCode.init(for:)) == .malformedData)
      #expect(try self.text("j") == text)
    }
  }

  @Test("estimates the time that is left by the runs of the same cell")
  func remainingTime() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    guard case .compare(let options) = try parse("compare --seeds 2") else { throw UsageError("no comparison") }
    var schedule = ComparisonSchedule(try ComparisonGrid(options), seeds: options.seeds, surroundings: [:])
    #expect(schedule.secondsRemaining == nil)
    let runner = ScriptedRunner()
    for seconds in [3.0, 5] {
      let job = try #require(schedule.next)
      let result = try #require(try runner.run(job.settings) { _ in })
      schedule.finish(
        ComparisonRun(
          cell: job.cell, seed: job.seed, settings: job.description, outcome: result.outcome, curve: result.curve,
          staleness: result.staleness, examplesPerSecond: 1, parametersHash: ""), seconds: seconds)
      #expect(schedule.secondsRemaining == (seconds == 3 ? 9 : 8))
    }
    #expect(schedule.done == 2 && schedule.count == 4)
  }
}
