import Foundation
import Kernels
import Testing

@Suite("Choosing the kernels")
struct KernelCommandTests {
  /// A run of some milliseconds.
  private static func problem(_ data: TinyMNIST) -> String {
    "--dataset mnist --data-dir \(data.path) --model mlp --hidden 8 --epochs 1 --workers 1 --seed 3"
  }

  /// Trains for some milliseconds with these options.
  private static func train(_ options: String) throws -> CommandRun.Outcome {
    let data = try TinyMNIST()
    return try withExtendedLifetime(data) { try CommandRun.run("\(problem(data)) \(options)") }
  }

  @Test("--isa is what the run computes with, and part of what repeats it", arguments: InstructionSet.supported)
  func instructionSet(_ instructionSet: InstructionSet) throws {
    let data = try TinyMNIST()
    let name = instructionSet.rawValue
    let outcome = try CommandRun.run(
      "\(Self.problem(data)) --isa \(name) --metrics \(data.directory.file("m.jsonl"))")
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.contains(" --kernels simd "))
    #expect(outcome.errors.contains(" --isa \(name) "))
    #expect(outcome.errors.contains("kernels simd for \(name)\n"))
    let run = try Metrics(try data.directory.text("m.jsonl")).run
    #expect(run.kernels == "simd" && run.instructionSet == name)
    #expect(run.command.hasSuffix(" --isa \(name)"))
  }

  @Test("without --isa, and with auto, it is the widest", arguments: ["", "--isa auto"])
  func widest(option: String) throws {
    let outcome = try Self.train(option)
    #expect(outcome.exitCode == 0)
    #expect(!outcome.errors.contains("--isa"))
    #expect(outcome.errors.contains("kernels simd for \(InstructionSet.supported[0].rawValue)\n"))
  }

  @Test(
    "an instruction set that is not here is refused before any work",
    arguments: InstructionSet.allCases.filter { !InstructionSet.supported.contains($0) }, ["auto", "simd"])
  func absent(_ instructionSet: InstructionSet, kernels: String) throws {
    let directory = try TemporaryDirectory()
    let outcome = try CommandRun.run(
      "--isa \(instructionSet.rawValue) --kernels \(kernels) --metrics m.jsonl", in: directory.path)
    #expect(outcome.exitCode == 64)
    let start = "error: the kernels '\(kernels)' cannot be used here, because this "
    let end = InstructionSet.supported.map(\.rawValue).joined(separator: ", ") + "\n"
    #expect(outcome.errors.hasPrefix(start) && outcome.errors.hasSuffix(end), "\(outcome.errors)")
    #expect(try directory.names.isEmpty)
  }

  @Test("a run goes on with another instruction set; kernels that have none refuse it, whoever names them")
  func resuming() throws {
    let data = try TinyMNIST()
    let path = data.directory.file("c")
    let narrowest = try #require(InstructionSet.supported.last).rawValue
    #expect(try CommandRun.run("\(Self.problem(data)) --checkpoint \(path)").exitCode == 0)
    let more = "--resume \(path) --data-dir \(data.path) --epochs 2"
    let outcome = try CommandRun.run("\(more) --isa \(narrowest)")
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.contains("kernels simd for \(narrowest), resumed at update"))

    #expect(try CommandRun.run("\(Self.problem(data)) --kernels reference --checkpoint \(path)").exitCode == 0)
    #expect(try CommandRun.run(more).exitCode == 0)
    let refused = try CommandRun.run("\(more) --isa \(narrowest)")
    #expect(refused.exitCode == 64)
    #expect(
      refused.errors == "error: '--isa \(narrowest)' does not go with '--kernels reference': drop '--isa', or choose "
        + "--kernels auto, simd, openblas or onednn\n       see 'asgd-train --help'\n")
  }

  @Test("list kernels says of each whether it can be used, and which one auto means")
  func list() throws {
    let lines = try CommandRun.run("list kernels").output.split(separator: "\n")
    let entries = KernelBackends.all
    #expect(lines.count == entries.count + 1)
    #expect(lines.first?.hasSuffix("  means simd") == true)
    for (line, entry) in zip(lines.dropFirst(), entries) {
      let state =
        switch entry.availability {
        case .usable(let detail): "usable" + (detail.map { ": \($0)" } ?? "")
        case .unusable(let reason): "not usable: \(reason)"
        }
      #expect(line.hasPrefix(entry.name + " ") && line.contains(entry.summary))
      #expect(line.hasSuffix("  " + state))
    }
  }

  @Test("a library trains, or says why it cannot", arguments: ["openblas", "onednn"])
  func libraries(name: String) throws {
    let outcome = try Self.train("--kernels \(name)")
    let entry = try #require(KernelBackends.all.first { $0.name == name })
    switch entry.availability {
    case .usable:
      #expect(outcome.exitCode == 0)
      #expect(outcome.errors.contains(" --kernels \(name) "))
      #expect(outcome.errors.contains("kernels \(name) for \(InstructionSet.supported[0].rawValue)\n"))
    case .unusable(let reason):
      #expect(outcome.exitCode == 64)
      #expect(outcome.errors == "error: the kernels '\(name)' cannot be used here, because \(reason)\n")
    }
  }
}
