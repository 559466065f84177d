import AsyncSGD
import Foundation
import Testing
import TrainCommand

@testable import Benchmarks

/// A vocabulary like that of a machine with two instruction sets.
private let vocabulary = BenchmarkVocabulary(
  models: ["lenet5", "cnn", "mlp"], kernels: ["auto", "simd", "reference"], instructionSets: ["avx2", "sse2"],
  rules: ["plain", "dana"], optimizers: ["sgd", "adam"])

private func parse(_ arguments: String) throws(UsageError) -> BenchmarkCommand {
  try BenchmarkCommand.parse(arguments.split(separator: " ").map(String.init), vocabulary: vocabulary)
}

@Suite("The arguments of asgd-bench")
struct CommandTests {
  @Test("without options mean the defaults")
  func defaults() throws {
    #expect(try parse("kernels") == .kernels(KernelsOptions()))
    #expect(try parse("server") == .server(ServerOptions()))
    #expect(try parse("training") == .training(TrainingOptions(models: ["lenet5", "cnn", "mlp"])))
    let training = TrainingOptions(models: [])
    #expect(training.workers == [1, 2, 8] && training.batchSizes == [64])
    #expect(training.common.kernels == ["auto"] && training.common.instructionSets == nil)
    let server = ServerOptions()
    #expect(server.workers == [1, 2, 4, 8, 16])
    #expect(server.parameters == [10_000, 100_000, 1_000_000, 10_000_000])
  }

  @Test("set what they name")
  func options() throws {
    var kernels = KernelsOptions()
    kernels.common.kernels = ["simd", "reference"]
    kernels.common.instructionSets = ["sse2", "avx2"]
    kernels.common.rounds = 3
    kernels.common.seconds = 0.5
    kernels.common.filter = "conv2d 64x1"
    kernels.common.json = "out.json"
    #expect(
      try BenchmarkCommand.parse(
        [
          "kernels", "--kernels", "simd,reference", "--isa=sse2,avx2", "--rounds", "3", "--seconds", "0.5", "--filter",
          "conv2d 64x1", "--json", "out.json",
        ], vocabulary: vocabulary) == .kernels(kernels))
    #expect(kernels.rounds == 3 && kernels.seconds == 0.5)

    var server = ServerOptions()
    server.givenWorkers = [1, 16]
    server.givenParameters = [100]
    server.models = ["mlp"]
    server.batchSizes = [8]
    server.rules = [.dana]
    server.optimizers = [.adam, .sgd]
    #expect(
      try parse(
        "server --workers 1,16 --parameters 100 --model mlp --batch-size 8 --rules dana --optimizers adam,sgd")
        == .server(server))

    var training = TrainingOptions(models: ["cnn"])
    training.workers = [8, 1]
    training.batchSizes = [16, 64]
    training.common.isQuick = true
    #expect(
      try parse("training --model cnn --workers 8,1,8 --batch-size 16,64 --quick") == .training(training),
      "what is named twice is measured once")
  }

  @Test("--quick lowers the defaults and nothing that is given")
  func quick() throws {
    guard case .kernels(let quick) = try parse("kernels --quick") else { throw UsageError("another command") }
    #expect(quick.rounds == 1 && quick.seconds < KernelsOptions().seconds)
    guard case .kernels(let given) = try parse("kernels --quick --rounds 5 --seconds 2") else {
      throw UsageError("another command")
    }
    #expect(given.rounds == 5 && given.seconds == 2)
  }

  @Test(
    "that make no sense are named",
    arguments: [
      ("", "there are benchmarks of kernels, server and training"),
      ("--rounds 3", "the benchmark comes first: kernels, server or training"),
      ("kernel", "unknown command 'kernel'; did you mean 'kernels'?"),
      ("zebra", "unknown command 'zebra': there are benchmarks of kernels, server and training"),
      ("help zebra", "unknown command 'zebra': there are benchmarks of kernels, server and training"),
      ("help kernels server", "unexpected argument 'server'"),
      ("kernels gemm", "unexpected argument 'gemm'"),
      ("kernels --jsno x", "unknown option '--jsno'; did you mean '--json'?"),
      ("kernels --workers 2", "unknown option '--workers'"),
      ("kernels --instruction-set avx2", "unknown option '--instruction-set'; did you mean '--isa'?"),
      ("kernels --rounds", "'--rounds' needs a value: N"),
      ("kernels --rounds 0", "'0' is no value for '--rounds', which takes a whole number from 1 to 10000"),
      ("kernels --seconds 0", "'0' is no value for '--seconds', which takes a number above 0, up to 3600"),
      ("kernels --quick=1", "'--quick' takes no value, but has '1'"),
      ("kernels --filter=", "'' is no value for '--filter', which takes a text that is not empty"),
      (
        "kernels --kernels simd,simf",
        "'simf' is no value for '--kernels', which takes auto, simd or reference; did you mean 'simd'?"
      ),
      ("kernels --kernels simd,", "'' is no value for '--kernels', which takes auto, simd or reference"),
      ("kernels --isa avx512", "'avx512' is no value for '--isa', which takes avx2 or sse2"),
      (
        "training --model lenet",
        "'lenet' is no value for '--model', which takes lenet5, cnn or mlp; did you mean 'lenet5'?"
      ),
      ("training --workers 1,x", "'x' is no value for '--workers', which takes a whole number from 1 to 128"),
      ("training --workers 129", "'129' is no value for '--workers', which takes a whole number from 1 to 128"),
      ("server --parameters 0", "'0' is no value for '--parameters', which takes a whole number from 1 to 1000000000"),
      ("training --batch 8", "unknown option '--batch'; did you mean '--batch-size'?"),
    ])
  func mistakes(arguments: String, message: String) {
    #expect(throws: UsageError(message)) { try parse(arguments) }
  }

  @Test("may ask for the version")
  func version() throws {
    for arguments in ["--version", "kernels --version", "training --workers 0 --version"] {
      #expect(try parse(arguments) == .version("asgd-bench \(Program.version)\n"))
    }
  }

  @Test(
    "filter by benchmark, name, pass, model and workers",
    arguments: [
      ("gemm", true), ("gemm 64x64x64", true), ("64x64x64 data", true), ("data mlp", true), ("mlp 8", true),
      ("weights", false), ("conv2d", false), ("64x64x64 forward", false), ("simd", false),
    ])
  func filter(text: String, isAdmitted: Bool) {
    var record = BenchmarkRecord(.gemm, "64x64x64", pass: .data)
    record.model = "mlp"
    record.workers = 8
    record.backend = "simd"
    var options = CommonOptions()
    options.filter = text
    #expect(options.admits(record) == isAdmitted)
    #expect(CommonOptions().admits(record))
  }
}

@Suite("The help of asgd-bench")
struct HelpTests {
  @Test(
    "is the snapshot, however it is asked for",
    arguments: [
      ("help", ["--help", "-h", "help", "help help"]),
      ("kernels", ["kernels --help", "kernels -h", "help kernels", "kernels --rounds 0 --help"]),
      ("server", ["server --help", "help server"]),
      ("training", ["training --help", "help training"]),
    ])
  func snapshot(name: String, requests: [String]) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Snapshots/\(name).txt")
    for request in requests {
      guard case .help(let text) = try parse(request) else {
        Issue.record("'\(request)' is no request for help")
        continue
      }
      if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
        try text.write(to: file, atomically: true, encoding: .utf8)
        Issue.record("recorded \(file.lastPathComponent); run again without RECORD_SNAPSHOTS")
      } else {
        #expect(text == (try String(contentsOf: file, encoding: .utf8)))
      }
    }
  }

  @Test(
    "is at most 80 columns wide, without trailing spaces, and ends with one newline",
    arguments: [
      "help", "kernels", "server", "training",
    ])
  func layout(name: String) throws {
    guard case .help(let text) = try parse("help \(name)") else {
      Issue.record("no help")
      return
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      #expect(line.count <= 80, "\(line)")
      #expect(line.last != " ", "\(line)")
    }
    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
  }
}
