import Foundation
import Testing

@Suite("asgd-train compare")
struct CompareCommandTests {
  private static let problem = "compare --model softmax --epochs 1 --batch-size 64 --workers 2"

  /// The runs of a file, as their lines.
  private func runs(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { $0.hasPrefix("{\"event\":\"run\"") }
  }

  @Test(
    "trains all cells with all seeds, prints tables and a verdict, and writes its files; a repetition trains nothing")
  func whole() throws {
    let directory = try TemporaryDirectory()
    let files = "--json \(directory.file("j")) --csv \(directory.file("c")) --html \(directory.file("h"))"
    let arguments = "\(Self.problem) --modes sync,async,ssp:1 --rules plain,dc-asgd-a --seeds 2 \(files)"
    let outcome = try CommandRun.run(arguments)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("AT EQUAL GRADIENTS: 12,000 examples, 2 workers\n"))
    #expect(outcome.output.contains("\n2 workers:\n- at equal gradients (12,000 examples): "))
    #expect(outcome.errors.hasPrefix("asgd-train \(arguments)\nleft out: sync + dc-asgd-a with 2 workers: "))
    #expect(outcome.errors.contains("\nrun 10 of 10  "))
    let results = try directory.text("j")
    #expect(runs(results).count == 10)
    #expect(results.split(separator: "\n").count == 16)
    #expect(try directory.text("c").hasPrefix("mode,rule,workers,seed,"))
    let page = try directory.text("h")
    #expect(page.contains("<svg") && page.hasSuffix("</html>\n"))

    // The synchronous cell is repeatable, and seeds differ.
    let hashes = runs(results).filter { $0.contains("\"mode\":\"sync\"") }.map { line in
      line.components(separatedBy: "\"parametersHash\":\"").last?.prefix(16)
    }
    #expect(Set(hashes).count == 2)
    // Same seed, same initial parameters in all cells: the same evaluation before the first update.
    let beginnings = runs(results).filter { $0.contains("\"seed\":1,") }.compactMap { line in
      line.components(separatedBy: "\"curve\":[").last?.prefix { $0 != "}" }
    }
    #expect(beginnings.count == 5 && Set(beginnings).count == 1)

    let again = try CommandRun.run(arguments)
    #expect(again.exitCode == 0)
    #expect(again.output == outcome.output)
    #expect(!again.errors.contains("run 1 of"))
    #expect(again.errors.contains("10 of 10 runs are there already"))
    #expect(try directory.text("j") == results)
  }

  @Test("in virtual time is the same whenever it is repeated, on any number of threads")
  func virtualTime() throws {
    let directory = try TemporaryDirectory()
    let arguments =
      "compare --model softmax --epochs 8 --batch-size 64 --workers 16 --seeds 2 --delays pareto:shape=2.1,mean=20ms"
    let first = try CommandRun.run("\(arguments) --threads 1 --json \(directory.file("a"))")
    let second = try CommandRun.run("\(arguments) --threads 2 --json \(directory.file("b"))")
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.output == second.output)
    #expect(try directory.text("a") == directory.text("b"))
    #expect(first.output.contains(/with\s+delays\s+of\s+pareto/))
    // A barrier waits for the slowest of sixteen, whose time has a heavy tail.
    #expect(first.output.contains(/to [0-9.]+%: async is [0-9.]+ times/))
  }

  @Test("interrupted, ends with 130, keeps what is done, and goes on from there")
  func interrupted() throws {
    let directory = try TemporaryDirectory()
    // Enough seeds that the first line comes long before the end.
    let arguments = "\(Self.problem) --modes sync,async --json \(directory.file("j")) --seeds "
    let run = try CommandRun(arguments + "200")
    try run.waitForErrorLine { $0.hasPrefix("run 3 of 400") }
    run.interrupt()
    let outcome = try run.wait()
    #expect(outcome.exitCode == 130)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("interrupted: the run under way is given up; Ctrl-C again stops at once\n"))
    #expect(outcome.errors.contains("; to go on: asgd-train \(arguments)200\n"))
    let kept = runs(try directory.text("j")).count
    #expect(kept >= 3)

    let resumed = try CommandRun.run(arguments + "2")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains(" of 4 runs are there already"))
    #expect(runs(try directory.text("j")).count == 4)
  }

  @Test("ends with 65 at a damaged file, with 66 without data, with 73 where it cannot write, with 64 at nonsense")
  func failures() throws {
    let directory = try TemporaryDirectory()
    try "{}\n{}\n".write(toFile: directory.file("j"), atomically: true, encoding: .utf8)
    let damaged = try CommandRun.run("\(Self.problem) --seeds 1 --json \(directory.file("j"))")
    #expect(damaged.exitCode == 65)
    #expect(damaged.errors.contains("line 1 is no run and no result"))
    #expect(try directory.text("j") == "{}\n{}\n")
    #expect(try CommandRun.run("compare --dataset mnist --data-dir \(directory.file("none"))").exitCode == 66)
    #expect(try CommandRun.run("\(Self.problem) --html \(directory.file("none/h"))").exitCode == 73)
    #expect(try CommandRun.run("compare --modes nothing").exitCode == 64)
  }

  @Test("ends with 1 if every run diverges, and says so")
  func divergence() throws {
    let outcome = try CommandRun.run(
      "compare --model lenet5 --epochs 1 --workers 2 --seeds 1 --learning-rate 1e3 --modes sync,async")
    #expect(outcome.exitCode == 1, "\(outcome.errors)")
    #expect(outcome.output.contains("sync diverged in 1 of 1 runs"))
    #expect(outcome.output.contains("One seed: there are no intervals"))
  }
}
