import Foundation
import Testing

@Suite("Outputs of a run")
struct MetricsTests {
  @Test("the metrics have every documented field, in order, and agree with the summary")
  func metrics() throws {
    let data = try TinyMNIST()
    let file = data.directory.file("m.jsonl")
    let outcome = try CommandRun.run(
      "--dataset mnist --data-dir \(data.path) --model softmax --epochs 5 --workers 2 --batch-size 7 --metrics \(file)")
    #expect(outcome.exitCode == 0)
    let text = try data.directory.text("m.jsonl")
    #expect(text.hasSuffix("\n"))
    let metrics = try Metrics(text)
    #expect(metrics.kinds.first == "run")
    #expect(metrics.kinds.last == "final")
    #expect(metrics.epochs.map(\.epoch) == [1, 2, 3, 4, 5])
    #expect(!metrics.progress.isEmpty)

    let run = metrics.run
    #expect(run.workers == 2 && run.epochs == 5 && run.batchSize == 7 && run.examplesPerUpdate == 7)
    #expect(run.trainingExamples == 80 && run.testExamples == 20 && run.classes == 10)
    #expect(run.parameters == 7_850 && run.plannedUpdates == 60)
    #expect(run.resumedAtUpdate == nil)

    var examples = 0
    var seconds = 0.0
    for epoch in metrics.epochs {
      #expect(epoch.examples == examples + 80)
      #expect(epoch.updates == 12 * epoch.epoch)
      #expect(epoch.seconds > seconds)
      #expect(epoch.examplesPerSecond > 0)
      #expect((0...1).contains(epoch.testAccuracy) && (0...1).contains(epoch.trainAccuracy))
      #expect(epoch.trainLoss > 0 && epoch.testLoss > 0)
      let staleness = epoch.staleness
      #expect(staleness.mean >= 0 && staleness.mean <= Double(staleness.max))
      #expect(staleness.p50 <= staleness.p95 && staleness.p95 <= staleness.p99 && staleness.p99 <= staleness.max)
      (examples, seconds) = (epoch.examples, epoch.seconds)
    }
    #expect(metrics.progress.map(\.updates) == metrics.progress.map(\.updates).sorted())
    #expect(metrics.progress.allSatisfy { $0.epochs == 5 && $0.plannedUpdates == 60 && $0.epoch <= 5 })

    let final = metrics.final
    let last = try #require(metrics.epochs.last)
    #expect(final.outcome == "completed")
    #expect(metrics.last.updates == last.updates && metrics.last.testAccuracy == last.testAccuracy)
    #expect(final.mode == run.mode && final.rule == run.rule && final.optimizer == run.optimizer)
    #expect(final.model == "softmax" && final.dataset == "mnist" && final.kernels == run.kernels)
    #expect(final.updatesByWorker.count == 2 && final.updatesByWorker.reduce(0, +) == 60)
    #expect(final.peakMemoryBytes > 1 << 20)
    #expect(final.stalenessHistogram.reduce(0) { $0 + $1.count } == 60)
    #expect(final.stalenessByWorker?.max.count == 2)
    #expect(final.stalenessByWorker?.max.max() == metrics.last.staleness.max)

    let summary = SummaryText(outcome.output)
    #expect(summary["outcome"] == "completed")
    #expect(summary["test accuracy"] == String(format: "%.2f%%", last.testAccuracy * 100))
    #expect(summary["test loss"] == String(format: "%.4f", last.testLoss))
    #expect(summary["train loss"] == String(format: "%.4f", last.trainLoss))
    #expect(summary["time"] == String(format: "%.2f s", last.seconds))
    #expect(summary["examples"] == "400")
    #expect(summary["updates"] == "60")
    #expect(summary["parameters"] == "7,850")
    #expect(summary.hash == final.parametersHash)
    let staleness = last.staleness
    #expect(
      summary["staleness"]
        == String(format: "mean %.2f", staleness.mean)
        + "  p50 \(staleness.p50)  p95 \(staleness.p95)  p99 \(staleness.p99)  max \(staleness.max)")
  }

  @Test("results go to standard output and progress to standard error, in plain lines")
  func streams() throws {
    let data = try TinyMNIST()
    let command = "--dataset mnist --data-dir \(data.path) --model softmax --epochs 3 --workers 2"
    let outcome = try CommandRun.run(command)
    #expect(outcome.exitCode == 0)
    for text in [outcome.output, outcome.errors] {
      #expect(!text.contains("\u{1B}") && !text.contains("\r"))
      #expect(text.hasSuffix("\n"))
    }
    #expect(
      // A gap is measured only of some stale gradients, and here there are few.
      SummaryText(outcome.output).names.filter { !$0.isEmpty && $0 != "parameter gap" } == [
        "outcome", "test accuracy", "test loss", "train loss", "time", "throughput", "examples", "updates", "staleness",
        "staleness shares", "staleness law", "worker staleness", "queue wait", "server busy", "updates by worker",
        "parameters", "parameters hash", "peak memory",
      ])
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines[0].hasPrefix("asgd-train --workers 2 --mode async "))
    #expect(lines[1].split(separator: " ").first == "epoch")
    // A run that takes long has rows of progress in between, with a fraction of an epoch.
    let epochs = lines.dropFirst(2).compactMap { $0.split(separator: " ").first }.filter { !$0.contains(".") }
    #expect(epochs == ["1", "2", "3"])

    let quiet = try CommandRun.run("\(command) --quiet")
    #expect(quiet.exitCode == 0)
    #expect(quiet.errors.isEmpty)
    // How many rows the distribution of the staleness takes is up to the run.
    let names = [quiet, outcome].map { SummaryText($0.output).names.filter { !["", "parameter gap"].contains($0) } }
    #expect(names[0] == names[1])
  }

  @Test("the first line of a run, given to a shell, is the same run, even with odd names of files")
  func repeatable() throws {
    let data = try TinyMNIST(suffix: " it's $HOME & \"co\"")
    let arguments = [
      "--dataset", "mnist", "--data-dir", data.path, "--model", "mlp", "--hidden", "8", "--activation", "tanh",
      "--epochs",
      "4", "--workers", "1", "--learning-rate", "0.123456789", "--momentum", "0.3", "--weight-decay", "1e-5", "--seed",
      "18446744073709551615", "--metrics", data.directory.file("m"),
    ]
    let original = try CommandRun.run(arguments)
    #expect(original.exitCode == 0)
    let metrics = try Metrics(try data.directory.text("m"))
    let line = try #require(original.errors.split(separator: "\n").first)
    #expect(line.hasPrefix(metrics.run.command + "  # "))

    for command in [metrics.run.command, String(line)] {
      let again = try CommandRun(shell: command.replacing(/^asgd-train/, with: "\"$PROGRAM\""), in: "/").wait()
      #expect(again.exitCode == 0, "\(again.errors)")
      #expect(again.errors.split(separator: "\n").first == line)
      #expect(SummaryText(again.output).lasting == SummaryText(original.output).lasting)
    }
    #expect(SummaryText(original.output).hash == metrics.final.parametersHash)
  }

  @Test("with one worker, a seed gives the same results again, and another seed gives others")
  func seeds() throws {
    func run(seed: Int) throws -> SummaryText {
      let outcome = try CommandRun.run("--model mlp --hidden 8 --epochs 1 --workers 1 --seed \(seed) --quiet")
      #expect(outcome.exitCode == 0)
      return SummaryText(outcome.output)
    }
    let first = try run(seed: 5)
    #expect(first.hash?.count == 16)
    #expect(first["staleness"] == "mean 0.00  p50 0  p95 0  p99 0  max 0")
    #expect(try run(seed: 5).lasting == first.lasting)
    #expect(try run(seed: 6).hash != first.hash)
  }

  @Test("one worker has the same results in both modes, where a recipe does not tell them apart")
  func modes() throws {
    func run(mode: String) throws -> String? {
      SummaryText(try CommandRun.run("--model softmax --epochs 1 --workers 1 --mode \(mode) --quiet").output).hash
    }
    let async = try run(mode: "async")
    #expect(async != nil)
    #expect(try run(mode: "sync") == async)
  }

  @Test("more places in a minibatch than examples are one minibatch of all examples")
  func largeBatch() throws {
    let data = try TinyMNIST()
    func run(batchSize: Int) throws -> CommandRun.Outcome {
      try CommandRun.run(
        "--dataset mnist --data-dir \(data.path) --model softmax --epochs 3 --workers 1 --batch-size \(batchSize)")
    }
    let outcome = try run(batchSize: 65_536)
    #expect(outcome.exitCode == 0)
    let summary = SummaryText(outcome.output)
    #expect(summary["updates"] == "3")
    #expect(summary.hash == SummaryText(try run(batchSize: 80).output).hash)
  }
}
