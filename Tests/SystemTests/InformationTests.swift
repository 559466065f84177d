import AsyncSGD
import Foundation
import Testing

@Suite("The program tells about itself")
struct InformationTests {
  @Test("--help is the snapshot, but for the number of cores")
  func help() throws {
    let outcome = try CommandRun.run("--help")
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.isEmpty)
    let text = outcome.output.replacing(/the number of cores, [0-9]+/, with: "the number of cores, N")
    #expect(text != outcome.output)
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Snapshots/help.txt")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(file.lastPathComponent); run again without RECORD_SNAPSHOTS")
    } else {
      #expect(text == (try String(contentsOf: file, encoding: .utf8)))
    }
  }

  @Test("--version is name and version")
  func version() throws {
    let outcome = try CommandRun.run("--version")
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.wholeMatch(of: /asgd-train [0-9]+\.[0-9]+\.[0-9]+\n/) != nil, "\(outcome.output)")
    #expect(outcome.errors.isEmpty)
  }

  @Test(
    "list names what each option takes",
    arguments: [
      ("models", ["lenet5", "cnn", "hogwild", "mlp", "softmax"]), ("modes", CoordinationMode.allCases.map(\.rawValue)),
      ("rules", UpdateRuleKind.allCases.map(\.rawValue)), ("optimizers", OptimizerKind.allCases.map(\.rawValue)),
      ("compressions", CompressionKind.allCases.map(\.rawValue)), ("schedules", ["constant", "linear", "trapezoid"]),
      ("kernels", ["auto", "simd", "openblas", "onednn", "reference"]),
      ("datasets", ["digits", "mnist", "fashion-mnist", "emnist-letters", "cifar10"]),
    ])
  func list(subject: String, names: [String]) throws {
    let outcome = try CommandRun.run("list \(subject)")
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.isEmpty)
    // A line that is indented goes on about the name before it.
    let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(lines.map { String($0.prefix { $0 != " " }) } == names)
    for line in lines { #expect(line.contains(/^[^ ]+ {2,}[^ ]/), "no description: \(line)") }
  }

  private struct Summary: Decodable {
    struct Layer: Decodable {
      let name: String
      let kind: String
      let output: [Int]
      let parameters: Int
    }
    let model: String
    let input: [Int]
    let classes: Int
    let parameters: Int
    let layers: [Layer]
  }

  @Test(
    "summary --json has the parameters that the literature has",
    arguments: [("lenet5", 61_706), ("hogwild", 21_840), ("cnn", 3_274_634), ("mlp", 397_510), ("softmax", 7_850)])
  func summary(model: String, parameters: Int) throws {
    let outcome = try CommandRun.run("summary --model \(model) --input 1x28x28 --classes 10 --json")
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.isEmpty)
    let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.output.utf8))
    #expect(summary.model == model)
    #expect(summary.input == [1, 28, 28])
    #expect(summary.classes == 10)
    #expect(summary.parameters == parameters)
    #expect(summary.layers.map(\.parameters).reduce(0, +) == parameters)
    #expect(summary.layers.last?.output == [10])
    #expect(summary.layers.allSatisfy { !$0.name.isEmpty && !$0.kind.isEmpty })
  }

  @Test("the table of summary has the same layers")
  func summaryTable() throws {
    let outcome = try CommandRun.run("summary --model lenet5 --input 1x28x28 --classes 10")
    #expect(outcome.exitCode == 0)
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(
      rows.map { $0.first } == [
        "layer", "input", "conv1", "pool1", "conv2", "pool2", "flatten", "fc1", "fc2", "fc3", "total",
      ])
    #expect(rows.last?.last == "61706")
  }
}
