import Foundation
import Testing

@Suite("asgd-train replay")
struct ReplayCommandTests {
  private static let run = "--model softmax --epochs 2 --batch-size 32 --workers 4"

  private func hash(_ outcome: CommandRun.Outcome) -> String? {
    outcome.output.split(separator: "\n").first { $0.hasPrefix("parametersHash") || $0.hasPrefix("parameters hash") }
      .map { String($0.suffix(16)) }
  }

  @Test("repeats a run of real threads bit for bit, on any number of threads")
  func repeats() throws {
    let directory = try TemporaryDirectory()
    let live = try CommandRun.run("\(Self.run) --record \(directory.file("r"))")
    #expect(live.exitCode == 0, "\(live.errors)")
    for threads in [1, 3] {
      let replay = try CommandRun.run("replay \(directory.file("r")) --threads \(threads)")
      #expect(replay.exitCode == 0, "\(replay.errors)")
      #expect(hash(replay) == hash(live) && hash(live) != nil)
      #expect(replay.output.contains("\nreplay           the same bits as recorded: "))
      #expect(replay.errors.contains("asgd-train replay \(directory.file("r"))"))
    }
  }

  @Test("shows what another rule makes of the same arrivals, side by side")
  func counterfactual() throws {
    let directory = try TemporaryDirectory()
    let live = try CommandRun.run("\(Self.run) --record \(directory.file("r"))")
    let replay = try CommandRun.run(
      "replay \(directory.file("r")) --rule staleness-aware --learning-rate 0.05 --metrics \(directory.file("m"))")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    let lines = replay.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.first == ["recorded", "counterfactual"])
    #expect(lines.contains(["rule", "plain", "staleness-aware"]))
    #expect(replay.errors.contains("the same schedule with --learning-rate 0.05, --rule staleness-aware\n"))
    let hashes = try #require(lines.last)
    #expect(hashes.prefix(2) == ["parameters", "hash"] && hashes[2] == hash(live) && hashes[2] != hashes[3])
    #expect(try directory.text("m").contains("\"rule\":\"staleness-aware\""))
    let shards = try CommandRun.run("replay \(directory.file("r")) --server-shards 2")
    #expect(shards.exitCode == 64 && shards.errors.contains("belongs to '--mode async', which the recording fixes"))
  }

  @Test("a run that was killed is repeated up to where its recording breaks off")
  func brokenOff() throws {
    let directory = try TemporaryDirectory()
    _ = try CommandRun.run("\(Self.run) --record \(directory.file("r"))")
    let whole = try Data(contentsOf: URL(fileURLWithPath: directory.file("r")))
    // The last block is not whole any more.
    try whole.dropLast(3).write(to: URL(fileURLWithPath: directory.file("cut")))
    let replay = try CommandRun.run("replay \(directory.file("cut"))")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(replay.errors.contains("the recording breaks off after "))
    #expect(replay.output.contains("up to where the recording breaks off"))

    var flipped = whole
    flipped[flipped.count / 2] ^= 4
    try flipped.write(to: URL(fileURLWithPath: directory.file("flipped")))
    let damaged = try CommandRun.run("replay \(directory.file("flipped"))")
    #expect(damaged.exitCode == 65)
    #expect(damaged.errors.contains("is damaged: block "))
  }

  @Test("an interrupted run, and one that goes on from its checkpoint, are repeated")
  func resumed() throws {
    let directory = try TemporaryDirectory()
    _ = try CommandRun.run("\(Self.run) --checkpoint \(directory.file("c"))")
    let resumed = try CommandRun.run(
      "--resume \(directory.file("c")) --epochs 3 --record \(directory.file("r"))")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    let replay = try CommandRun.run("replay \(directory.file("r"))")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(hash(replay) == hash(resumed))
  }

  @Test("faults that are injected are recorded and repeated")
  func faults() throws {
    let directory = try TemporaryDirectory()
    let script = """
      straggler worker 0 factor 2
      crash worker 1 at update 20 restart after 1ms
      crash worker 2 at update 40
      pause worker 3 at update 10 for 2ms
      lose push of all probability 0.05
      duplicate push of all probability 0.05
      """
    try script.write(toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let live = try CommandRun.run("\(Self.run) --inject \(directory.file("s")) --record \(directory.file("r"))")
    #expect(live.exitCode == 0, "\(live.errors)")
    #expect(live.errors.contains("injecting worker 0 speed 0.5; crash worker 1 at update 20 restart after 1ms; "))
    #expect(live.errors.contains("fault: worker 1 crashed at update "))
    #expect(live.errors.contains(", and is back in 1.00 ms\n"))
    #expect(live.errors.contains(", for 2.00 ms\n"))
    #expect(try #require(SummaryText(live.output)["faults"]).hasPrefix("2 crashes, 1 restart, 1 pause, "))
    let fit = try CommandRun.run("fit \(directory.file("r"))")
    #expect(fit.output.contains("warning: the recorded run had 2 crashes, ") && fit.output.contains(", 1 pause, which"))
    let replay = try CommandRun.run("replay \(directory.file("r"))")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(hash(replay) == hash(live))
    let trace = try CommandRun.run("trace \(directory.file("r")) --summary")
    #expect(trace.exitCode == 0 && trace.output.contains("crash"), "\(trace.output)")
  }

  @Test("mistakes: what cannot be recorded, no recording, something else, other data")
  func mistakes() throws {
    let directory = try TemporaryDirectory()
    let hogwild = try CommandRun.run("--mode hogwild --record \(directory.file("r"))")
    #expect(hogwild.exitCode == 64)
    #expect(hogwild.errors.contains("'--record' does not go with '--mode hogwild'"))
    #expect(try CommandRun.run("replay").exitCode == 64)
    #expect(try CommandRun.run("replay \(directory.file("none"))").exitCode == 66)
    try "no recording".write(toFile: directory.file("text"), atomically: true, encoding: .utf8)
    let text = try CommandRun.run("replay \(directory.file("text"))")
    #expect(text.exitCode == 65 && text.errors.contains("is no recording of asgd-train"))
    let nowhere = try CommandRun.run("\(Self.run) --record \(directory.file("no/where"))")
    #expect(nowhere.exitCode == 73)
    try "network latency 1ms".write(toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let inject = try CommandRun.run("\(Self.run) --inject \(directory.file("s"))")
    #expect(inject.exitCode == 65 && inject.errors.contains("cannot have network"))
  }
}

@Suite("asgd-train fit, and pictures")
struct FitCommandTests {
  @Test("finds a cluster for a recording, writes it as a script that simulate takes, and compares the accuracies")
  func fit() throws {
    let directory = try TemporaryDirectory()
    let run = "--model softmax --epochs 2 --batch-size 16 --workers 4"
    _ = try CommandRun.run("\(run) --record \(directory.file("r"))")
    let fit = try CommandRun.run("fit \(directory.file("r")) --output \(directory.file("s")) --curves")
    #expect(fit.exitCode == 0, "\(fit.errors)")
    #expect(fit.output.contains("(Kolmogorov-Smirnov, of staleness)"))
    #expect(fit.output.contains(" between the first and the second half of the recording\n"))
    let lines = fit.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("epoch  recorded  simulated") })
    #expect(lines.last?.hasPrefix("largest difference of test accuracy: ") == true)
    let simulated = try CommandRun.run("simulate \(run) --script \(directory.file("s"))")
    #expect(simulated.exitCode == 0, "\(simulated.errors)")
    #expect(try CommandRun.run("fit \(directory.file("r")) --threads 2").exitCode == 64)
  }

  @Test("what is written is the cluster that is reported, with files of measured times beside it")
  func measuredTimes() throws {
    let directory = try TemporaryDirectory()
    let times = (0..<60).map { (index: Int) -> String in
      let time = 0.002 + 1e-5 * Double(index % 7)
      return "\(index % 5 == 0 ? time + 0.04 : time)\n"
    }.joined()
    try times.write(toFile: directory.file("d.csv"), atomically: true, encoding: .utf8)
    let run = "simulate --model softmax --epochs 2 --batch-size 16 --workers 8"
    _ = try CommandRun.run("\(run) --delays \(directory.file("d.csv")) --record \(directory.file("r"))")
    let fit = try CommandRun.run("fit r --output s", in: directory.path)
    #expect(fit.exitCode == 0 && fit.output.contains("\n* measured "), "\(fit.errors)")
    #expect(try directory.names == ["d.csv", "r", "s", "s.compute.csv"])
    let script = try directory.text("s")
    #expect(script.hasPrefix("compute s.compute.csv:mean=") && fit.output.hasSuffix("\n\n" + script))
    let simulated = try CommandRun.run("\(run) --timing-only --script s", in: directory.path)
    #expect(simulated.exitCode == 0, "\(simulated.errors)")
    let printed = try CommandRun.run("fit r", in: directory.path)
    #expect(printed.output.contains("'--output FILE' writes it") && !printed.output.contains("\ncompute s"))
    #expect(!printed.output.contains(":mean=") && printed.exitCode == 0)
    let unnamed = try CommandRun.run(["fit", "r", "--output", "a script"], in: directory.path)
    #expect(unnamed.exitCode == 64 && unnamed.errors.contains("may have no spaces"), "\(unnamed.errors)")
    #expect(try directory.names.count == 4)
  }

  @Test("pictures of the staleness are a page that needs nothing else")
  func plots() throws {
    let directory = try TemporaryDirectory()
    let outcome = try CommandRun.run(
      "simulate --model softmax --epochs 1 --workers 8 --fresh-gradients 0.5 --plots \(directory.file("p.html"))")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let page = try directory.text("p.html")
    for title in [
      "Staleness of the gradients", "Staleness by worker", "Distance since the pull", "Stale against fresh",
    ] {
      #expect(page.contains(title), "\(title)")
    }
    #expect(page.hasSuffix("</html>\n") && !page.contains("<script") && !page.contains("http://www.w3.org/1999/xlink"))
    let nowhere = try CommandRun.run("--model softmax --epochs 1 --plots \(directory.file("no/p.html"))")
    #expect(nowhere.exitCode == 73)
  }
}

@Suite("asgd-train simulate")
struct SimulateCommandTests {
  private static let run = "simulate --model softmax --epochs 2 --batch-size 32"

  @Test("a thousand workers: the same results for any number of threads, with virtual times in the metrics")
  func thousand() throws {
    let directory = try TemporaryDirectory()
    let outputs = try [1, 3].map { threads in
      let outcome = try CommandRun.run(
        "\(Self.run) --workers 1000 --threads \(threads) --metrics \(directory.file("m\(threads)"))")
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      return outcome.output.split(separator: "\n").filter { line in
        // What depends on the wall clock and the machine.
        !["time ", "throughput", "peak memory"].contains { line.hasPrefix($0) }
      }
    }
    #expect(outputs[0] == outputs[1])
    let last = try #require(try directory.text("m1").split(separator: "\n").last)
    let final = try JSONDecoder().decode(VirtualFinal.self, from: Data(last.utf8))
    #expect(outputs[0].contains("virtual time       " + String(format: "%.3f", final.virtualSeconds) + " s"))
    #expect(final.cluster.utilization > 0.1 && final.cluster.utilizationByWorker?.count == 1000)
    #expect(final.faults.crashes == 0)
  }

  /// What the last line of metrics has in virtual time only.
  private struct VirtualFinal: Decodable {
    struct Cluster: Decodable {
      let utilization: Double
      /// Not there with more than 1024 workers.
      let utilizationByWorker: [Double]?
      let workerSeconds: [String: Double]
    }
    struct Faults: Decodable {
      let crashes: Int
      let restarts: Int
    }
    let virtualSeconds: Double
    let cluster: Cluster
    let faults: Faults
  }

  @Test("two equal runs say the same, warnings and metrics included, but for what is measured of the machine")
  func deterministic() throws {
    let directory = try TemporaryDirectory()
    try "service exponential:mean=100us\ncrash all rate 1/s restart after 20ms\n".write(
      toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let measured = /"(seconds|examplesPerSecond|secondsRemaining|peakMemoryBytes)":[^,}]*/
    let texts = try [1, 2].map { threads in
      let outcome = try CommandRun.run(
        "\(Self.run) --workers 50 --learning-rate 30 --script \(directory.file("s")) --threads \(threads) "
          + "--metrics \(directory.file("m\(threads)"))")
      #expect(outcome.errors.contains("\nwarning: "), "\(outcome.errors)")
      let warnings = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") || $0.hasPrefix("  ") }
        .filter { !$0.contains("%  ") && $0.first(where: { $0 != " " })?.isNumber != true }
      return [
        warnings.joined(separator: "\n"), "\(SummaryText(outcome.output).lasting.sorted { $0.key < $1.key })",
        try directory.text("m\(threads)").replacing(measured, with: ""),
      ]
    }
    #expect(texts[0] == texts[1])
  }

  @Test("a run without gradients has metrics, a length that suits its workers, and a warning where it is too short")
  func timingLength() throws {
    let directory = try TemporaryDirectory()
    let outcome = try CommandRun.run(
      "simulate --timing-only --workers 3000 --model softmax --metrics \(directory.file("m"))")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // 12,000 examples are 750 minibatches.
    #expect(outcome.errors.contains("80 epochs of 750 minibatches, 20.0 pushes for each of 3,000 workers"))
    #expect(outcome.errors.contains(" --epochs 80 ") && outcome.errors.contains(" --timing-only  # "))
    #expect(!outcome.errors.contains("warning"))
    let lines = try directory.text("m").split(separator: "\n")
    #expect(lines.count == 2 && lines[0].contains("\"plannedUpdates\":60000,"))
    let final = try JSONDecoder().decode(VirtualFinal.self, from: Data(lines[1].utf8))
    #expect(outcome.output.contains("virtual time       " + String(format: "%.3f", final.virtualSeconds) + " s\n"))
    let short = try CommandRun.run("\(Self.run) --workers 200 --timing-only --quiet")
    #expect(short.errors.contains("makes about 3.8 pushes: this measures the start"), "\(short.errors)")
    #expect(short.errors.contains("'--epochs 6' or more"))
    let hogwild = try CommandRun.run("\(Self.run) --workers 2 --mode hogwild --timing-only")
    #expect(hogwild.errors.contains("hogwild is async here"))
  }

  @Test("a simulated run is recorded and repeated, with the faults of its script")
  func recorded() throws {
    let directory = try TemporaryDirectory()
    let script = """
      compute exponential:mean=5ms
      network latency 1ms bandwidth 1Gbit/s
      crash all rate 1/s restart after 20ms
      """
    try script.write(toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let outcome = try CommandRun.run(
      "\(Self.run) --workers 20 --script \(directory.file("s")) --record \(directory.file("r"))")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("crashes"))
    let replay = try CommandRun.run("replay \(directory.file("r"))")
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(replay.output.contains("the same bits as recorded"))
  }

  @Test("timing only: no gradients, the same schedule")
  func timingOnly() throws {
    let timing = try CommandRun.run("\(Self.run) --workers 50 --timing-only")
    let whole = try CommandRun.run("\(Self.run) --workers 50")
    #expect(timing.exitCode == 0, "\(timing.errors)")
    for name in ["staleness ", "virtual time", "updates "] {
      let lines = [timing, whole].map { outcome in
        outcome.output.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: " ").map(String.init)
      }
      #expect(lines[0] != nil && lines[0] == lines[1], "\(name)")
    }
    #expect(timing.output.contains("staleness law      holds"))
  }

  @Test("mistakes in scripts are named with their line; those in models with the word")
  func mistakes() throws {
    let directory = try TemporaryDirectory()
    try "# fine\ncompute gamma\nspeed 3\n".write(toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let script = try CommandRun.run("\(Self.run) --script \(directory.file("s"))")
    #expect(script.exitCode == 65)
    #expect(script.errors.contains("line 3: 'speed' is no directive"), "\(script.errors)")
    try "# fine\ncompute gamma\nworker 9 speed 0.5\n".write(
      toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let missing = try CommandRun.run("\(Self.run) --script \(directory.file("s")) --workers 8")
    #expect(missing.exitCode == 65)
    #expect(missing.errors.contains("line 3 speaks of worker 9, and there are 8 workers, from 0 to 7"))
    let twice = try CommandRun.run("\(Self.run) --script \(directory.file("s")) --workers 10 --delays constant")
    #expect(twice.exitCode == 64 && twice.errors.contains("'--delays' and 'compute' in line 2 of the script"))
    #expect(try CommandRun.run("\(Self.run) --script \(directory.file("none"))").exitCode == 66)
    let model = try CommandRun.run("\(Self.run) --delays gama")
    #expect(model.exitCode == 64 && model.errors.contains("'gama'"))
    let limit = "a duration is from 1ns to 8760h"
    let long = try CommandRun.run("\(Self.run) --delays constant:mean=300000000h")
    #expect(long.exitCode == 64 && long.errors.contains(limit))
    try "1e300\n".write(toFile: directory.file("d.csv"), atomically: true, encoding: .utf8)
    let file = try CommandRun.run("\(Self.run) --delays \(directory.file("d.csv"))")
    #expect(file.exitCode == 65 && file.errors.contains(limit))
    try "service constant:mean=8760h\n".write(toFile: directory.file("s"), atomically: true, encoding: .utf8)
    for gradients in ["", " --timing-only"] {
      let overdue = try CommandRun.run("\(Self.run) --workers 300 --script \(directory.file("s"))\(gradients)")
      #expect(
        overdue.exitCode == 1 && overdue.errors.contains("error: the run lasts longer than the virtual clock counts"))
    }
    try "network bandwidth 1MB/s\n".write(toFile: directory.file("s"), atomically: true, encoding: .utf8)
    let payload = try CommandRun.run(
      "\(Self.run) --compression threshold --timing-only --script \(directory.file("s"))")
    #expect(
      payload.exitCode == 64 && payload.errors.contains("'--compression threshold' does not go with '--timing-only'"))
    #expect(try CommandRun.run("\(Self.run) --compression threshold --timing-only").exitCode == 0)
    let workers = try CommandRun.run("\(Self.run) --workers 100001")
    #expect(workers.exitCode == 64)
  }
}
