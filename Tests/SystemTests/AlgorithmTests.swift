import AsyncSGD
import Foundation
import Interchange
import Testing

/// An algorithm by the options that choose it.
struct AlgorithmCase: Sendable, CustomTestStringConvertible {
  let options: String
  var testDescription: String { options }

  init(_ options: String) {
    self.options = options
  }

  /// Every choice of every family, each with its name alone.
  static let all: [AlgorithmCase] = AlgorithmFamily.allCases.flatMap { family in
    family.members.map { AlgorithmCase("\(family.option) \($0.rawValue)") }
  }

  /// Choices whose state is of more than one kind.
  static let combinations = [
    AlgorithmCase("--mode ssp --staleness-bound 1 --rule gap-aware --optimizer adam --clip-norm 1"),
    AlgorithmCase("--rule dc-asgd-a --optimizer nesterov --compression top-k --compression-ratio 0.1"),
    AlgorithmCase("--optimizer momentum --momentum-at worker --compression random-k"),
    AlgorithmCase("--server-shards 3 --optimizer adagrad --rule fasgd"),
    AlgorithmCase("--fetch-every 2 --push-every 3 --compression qsgd"),
  ]
}

@Suite("Algorithms by their options")
struct AlgorithmTests {
  private struct Hyperparameters: Decodable {
    let hyperparameters: [String: AnyValue]
  }

  /// A number or a text.
  private enum AnyValue: Decodable, Equatable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      self =
        if let number = try? container.decode(Double.self) { .number(number) } else {
          .text(try container.decode(String.self))
        }
    }
  }

  @Test("each trains with its name alone, and says all of itself", arguments: AlgorithmCase.all)
  func trains(_ algorithm: AlgorithmCase) throws {
    let data = try TinyMNIST()
    let workers = algorithm.options.hasSuffix("sequential") ? 1 : 3
    let outcome = try CommandRun.run(
      "--dataset mnist --data-dir \(data.path) --model softmax --epochs 2 --workers \(workers) "
        + "\(algorithm.options) --metrics \(data.directory.file("m"))")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(SummaryText(outcome.output)["outcome"] == "completed")
    let text = try data.directory.text("m")
    let run = try Metrics(text).run
    #expect(outcome.errors.hasPrefix("\(run.command)  # "))

    // The first line spells out every value that holds.
    let chosen = try #require(
      Combination(named: [run.mode, run.rule, run.optimizer, run.compression]), "\(run.command)")
    #expect(chosen.conflict == nil)
    let line = try #require(text.split(separator: "\n").first)
    let values = try JSONDecoder().decode(Hyperparameters.self, from: Data(line.utf8)).hyperparameters
    #expect(values.count == chosen.hyperparameters.count)
    for hyperparameter in chosen.hyperparameters { #expect(run.command.contains(" \(hyperparameter.option) ")) }

    // And is a command that is accepted.
    let repeated = try CommandRun.run(run.command.split(separator: " ").dropFirst().map(String.init) + ["--quiet"])
    #expect(repeated.exitCode == 0, "\(repeated.errors)")
  }

  @Test(
    "with one worker a run that goes on has the bits of one that never stopped",
    arguments: AlgorithmCase.all + AlgorithmCase.combinations)
  func goesOn(_ algorithm: AlgorithmCase) throws {
    let data = try TinyMNIST()
    let problem = "--dataset mnist --data-dir \(data.path) --quiet"
    let checkpoint = data.directory.file("c")
    let settings =
      "\(problem) --model mlp --hidden 8 --activation tanh --schedule constant --warmup 0 --workers 1 "
      + algorithm.options
    let straight = try CommandRun.run("\(settings) --epochs 4")
    #expect(straight.exitCode == 0, "\(straight.errors)")
    #expect(try CommandRun.run("\(settings) --epochs 2 --checkpoint \(checkpoint)").exitCode == 0)
    let resumed = try CommandRun.run("\(problem) --resume \(checkpoint) --epochs 4")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(SummaryText(straight.output).hash != nil)
    #expect(SummaryText(resumed.output).hash == SummaryText(straight.output).hash)
  }

  @Test("what a run that goes on was not given, it has from its checkpoint")
  func checkpoint() throws {
    let data = try TinyMNIST()
    let problem = "--dataset mnist --data-dir \(data.path) --quiet"
    let path = data.directory.file("c")
    let first = try CommandRun.run(
      "\(problem) --model softmax --epochs 1 --workers 3 --mode ssp --staleness-bound 7 --rule staleness-aware "
        + "--staleness-function hinge --compression top-k --compression-ratio 0.25 --checkpoint \(path)")
    #expect(first.exitCode == 0, "\(first.errors)")
    let fields = try SafetensorsFile(reading: path).metadata
    #expect(fields["asgd.compression"] == "top-k" && fields["asgd.hyperparameter.compression-ratio"] == "0.25")

    let metrics = data.directory.file("m")
    let resumed = try CommandRun.run(
      "\(problem) --resume \(path) --epochs 2 --staleness-bound 1 --compression none --metrics \(metrics)")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    let command = try Metrics(try data.directory.text("m")).run.command
    #expect(command.contains("--mode ssp --rule staleness-aware --optimizer sgd --compression none "))
    #expect(command.contains(" --staleness-bound 1 --staleness-function hinge "))
    #expect(!command.contains("--compression-ratio"))
  }

  @Test("numbers that only the model contradicts are refused when it is known")
  func parts() throws {
    let data = try TinyMNIST()
    let outcome = try CommandRun.run(
      "--dataset mnist --data-dir \(data.path) --model mlp --hidden 1 --mode hogwild --lock-stripes 65536")
    #expect(outcome.exitCode == 64)
    // 784 + 1 weights and biases of the hidden unit, 10 + 10 of the output.
    #expect(
      outcome.errors.hasPrefix(
        "error: '--lock-stripes 65536' does not go with 'a model of 805 parameters': drop '--lock-stripes', or choose "
          + "--lock-stripes 805 or fewer\n"))
    #expect(outcome.output.isEmpty)
  }

  @Test("what only some algorithms have is in the summary and in the metrics of those")
  func figures() throws {
    let data = try TinyMNIST()
    let problem = "--dataset mnist --data-dir \(data.path) --model softmax --epochs 2 --workers 3 --quiet"
    func figures(_ options: String) throws -> (summary: SummaryText, last: [String: Any]) {
      let outcome = try CommandRun.run("\(problem) \(options) --metrics \(data.directory.file("m"))")
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let line = try #require(try data.directory.text("m").split(separator: "\n").last)
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return (SummaryText(outcome.output), try #require(object as? [String: Any]))
    }
    let plain = try figures("")
    for name in ["mixed pulls", "lost updates", "pushed", "momentum", "dropped pushes", "abandoned"] {
      #expect(plain.summary[name] == nil, "\(name)")
    }
    #expect(plain.last["consistency"] == nil && plain.last["compressionRatio"] as? Double == 1)
    // 2 epochs of 5 minibatches, 7,850 parameters of four bytes.
    #expect(plain.last["pushedBytes"] as? Int == 10 * 7_850 * 4)

    let hogwild = try figures("--mode hogwild")
    #expect(hogwild.summary["mixed pulls"] != nil)
    #expect((hogwild.last["consistency"] as? [String: Any])?["pulls"] as? Int != nil)

    let compressed = try figures("--compression sign-sgd")
    // A bit an element and a scale for each of the two tensors: 980 + 2 and 8 bytes of 31,400.
    #expect(compressed.last["pushedBytes"] as? Int == 10 * (980 + 2 + 8))
    #expect(compressed.summary["pushed"] == "9.9 kB, 31.7 times less than uncompressed")

    let steered = try figures("--rule closed-loop-momentum")
    #expect(steered.summary["momentum"]?.hasSuffix(", for a total of 0.5") == true)
    #expect(steered.last["momentum"] as? Double != nil)
  }
}

extension Combination {
  /// The combination of a mode, a rule, an optimizer and a compressor by name.
  fileprivate init?(named names: [String]) {
    guard names.count == 4, let mode = CoordinationMode(rawValue: names[0]),
      let rule = UpdateRuleKind(rawValue: names[1]), let optimizer = OptimizerKind(rawValue: names[2]),
      let compression = CompressionKind(rawValue: names[3])
    else { return nil }
    self.init(mode: mode, rule: rule, optimizer: optimizer, compression: compression)
  }
}
