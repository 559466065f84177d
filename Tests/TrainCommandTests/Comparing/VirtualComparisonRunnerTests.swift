import AsyncSGD
import DataPipeline
import Foundation
import Kernels
import Testing

@testable import TrainCommand

@Suite("A comparison in virtual time")
struct VirtualComparisonRunnerTests {
  private let directory: URL
  private let problem: ComparisonProblem

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let digits = try DatasetCatalog.load("digits")
    problem = ComparisonProblem(
      data: DatasetPair(training: digits.training.prefix(10), test: digits.test.prefix(10)),
      backend: ReferenceBackend<Float>())
  }

  /// What the results depend on if the same two files have these contents.
  private func surroundings(delays: String, service: String) throws -> [String: String] {
    func file(_ name: String, _ text: String) throws -> String {
      let path = directory.appendingPathComponent(name).path
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return path
    }
    var options = SimulateOptions(cores: 1)
    options.delays = try ComputeTimeModel(parsing: file("d.csv", delays))
    options.script = try file("s", "service \(file("p.csv", service)):mean=1ms")
    return try VirtualComparisonRunner(problem, options, leastWorkers: 2).surroundings
  }

  @Test("reuses no runs of other durations, though their files have the same names, means and deviations")
  func durations() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let delays = "worker,s\n0,1\n1,3\n"
    let contents = [
      (delays, "1\n3\n"), ("worker,s\n0,3\n1,1\n", "1\n3\n"), ("s\n1\n3\n", "1\n3\n"), (delays, "2\n6\n"),
      (delays, "3\n1\n"),
    ]
    let all = try contents.map { try surroundings(delays: $0.0, service: $0.1) }
    #expect(Set(all).count == contents.count)
    #expect(try surroundings(delays: delays, service: "1\n3\n") == all[0])
  }
}
