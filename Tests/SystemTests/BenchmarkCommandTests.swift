import Foundation
import Testing

@Suite("The benchmark program")
struct BenchmarkCommandTests {
  private func run(_ arguments: String, in directory: String = "/") throws -> CommandRun.Outcome {
    try CommandRun(CommandRun.program(named: "asgd-bench"), arguments, in: directory).wait()
  }

  private func records(_ path: String) throws -> [[String: Any]] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
  }

  @Test("kernels measures every kind of kernel")
  func kernels() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/kernels.json"
    let outcome = try run("kernels --quick --json \(path)")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let records = try records(path)
    let kinds = Set(records.compactMap { $0["benchmark"] as? String })
    #expect(kinds == ["limit", "gemm", "conv2d", "pooling", "activation", "softmax", "update"])
    for record in records {
      let rate = record["gflops"] as? Double ?? record["gigabytesPerSecond"] as? Double ?? 0
      #expect(rate > 0, "\(record)")
      guard record["benchmark"] as? String != "limit" else { continue }
      #expect(record["backend"] as? String == "simd")
      #expect(record["microseconds"] as? Double ?? 0 > 0)
      let share = record["percentOfPeak"] as? Double ?? record["percentOfStream"] as? Double ?? 0
      #expect(share > 0, "\(record)")
    }
    let rows = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("problem") }
    #expect(rows.count == records.count)
  }

  @Test("kernels compares backends in one run, and --filter chooses")
  func comparison() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/kernels.json"
    let outcome = try run("kernels --quick --rounds 2 --kernels auto,simd,reference --filter 64x64x64 --json \(path)")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let records = try records(path)
    #expect(records.compactMap { $0["backend"] as? String } == ["simd", "reference"])
    for record in records {
      #expect(record["name"] as? String == "64x64x64")
      let (least, median, most) = (record["gflopsMin"], record["gflops"], record["gflopsMax"])
      let ordered = [least, median, most].compactMap { $0 as? Double }
      #expect(ordered.count == 3 && ordered == ordered.sorted())
    }
  }

  @Test("server measures pushes, pulls, updates and what the server costs")
  func server() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/server.json"
    let outcome = try run("server --quick --model softmax --json \(path)")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let records = try records(path)
    let names = records.compactMap { $0["name"] as? String }
    #expect(names.prefix(6) == ["push", "push", "update", "update", "pull", "pull"])
    #expect(names.suffix(2) == ["bare loop", "one worker"])
    for name in ["push, 4 shards", "push, 1 lock stripe", "push, no locks"] {
      #expect(names.count { $0 == name } == 2, "\(names)")
    }
    #expect(records.allSatisfy { $0["microseconds"] as? Double ?? 0 > 0 })
    #expect(records.prefix(2).compactMap { $0["workers"] as? Int } == [1, 2])
    #expect(
      records.filter { $0["percentOfStream"] as? Double ?? 0 > 0 }.compactMap { $0["name"] as? String } == [
        "update", "update",
      ])
    #expect(records.last?["percentOverhead"] is Double)
  }

  @Test("training measures each configuration in a process of its own")
  func training() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/training.json"
    let outcome = try run("training --quick --rounds 2 --model softmax,mlp --workers 1,3 --json \(path)")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let records = try records(path)
    #expect(records.compactMap { $0["model"] as? String } == ["softmax", "softmax", "mlp", "mlp"])
    #expect(records.compactMap { $0["workers"] as? Int } == [1, 3, 1, 3])
    #expect(records.compactMap { $0["parameters"] as? Int } == [7850, 7850, 397_510, 397_510])
    for record in records {
      for name in ["examplesPerSecond", "gflops", "percentOfPeak", "microseconds", "peakMemoryBytes"] {
        #expect(record[name] as? Double ?? 0 > 0, "\(name) of \(record)")
        #expect(record[name + "Max"] as? Double ?? 0 >= record[name + "Min"] as? Double ?? .infinity)
      }
      #expect(record["percentInMatrixProducts"] as? Double ?? 0 > 0)
      #expect((record["percentOfLinear"] == nil) == (record["workers"] as? Int == 1))
    }
    #expect(outcome.output.contains("waiting"))
  }

  @Test(
    "says what is wrong and ends with the status for it",
    arguments: [
      ("", 64, "there are benchmarks of kernels, server and training"),
      ("kernels --isa sse9", 64, "'sse9' is no value for '--isa'"),
      ("training --model lenet", 64, "did you mean 'lenet5'?"),
      ("kernels --quick --json /nowhere/x.json", 73, "there is no directory '/nowhere'"),
      ("training --json /", 73, "it is a directory"),
    ])
  func mistakes(arguments: String, exitCode: Int32, message: String) throws {
    let outcome = try run(arguments)
    #expect(outcome.exitCode == exitCode)
    #expect(outcome.output.isEmpty, "nothing was measured")
    #expect(outcome.errors.hasPrefix("error: "))
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test("help and version go to standard output")
  func information() throws {
    let help = try run("--help")
    #expect(help.exitCode == 0 && help.errors.isEmpty && help.output.hasPrefix("OVERVIEW: "))
    let version = try run("--version")
    #expect(version.exitCode == 0 && version.output.wholeMatch(of: /asgd-bench [0-9.]+\n/) != nil)
  }

  @Test("Ctrl-C ends it with 130, and writes no file")
  func interrupt() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/kernels.json"
    let run = try CommandRun(
      CommandRun.program(named: "asgd-bench"), "kernels --rounds 1 --seconds 0.1 --json \(path)", in: "/")
    // There are a hundred and more figures to come when the first is printed.
    try run.waitForOutput()
    run.interrupt()
    let outcome = try run.wait()
    #expect(outcome.exitCode == 130)
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
