import AsyncSGD
import Foundation
import Kernels
import Reporting
import Testing
import TrainCommand

@Suite("Arguments that make sense")
struct CommandTests {
  @Test("no arguments, and the word train alone, train with the defaults")
  func defaults() throws {
    #expect(try parse("") == trainCommand())
    #expect(try parse("train") == trainCommand())
    #expect(try parse("--") == trainCommand())
  }

  @Test("the defaults are those that the documents promise")
  func defaultValues() {
    let options = TrainOptions(cores: 4)
    #expect(options.workers == 4)
    #expect(options.mode == .async)
    #expect(options.rule == .plain)
    #expect(options.optimizer == nil)
    #expect(options.dataset == "digits")
    #expect(options.model == "lenet5")
    #expect(options.seed == 1)
    #expect(options.kernels == "auto" && options.instructionSet == nil)
    #expect(options.onDivergence == .stop)
    #expect(!options.isQuiet)
    #expect(options.epochs == nil && options.batchSize == nil && options.learningRate == nil)
    #expect(options.momentum == nil && options.weightDecay == nil && options.schedule == nil && options.warmup == nil)
    #expect(options.metrics == nil && options.checkpoint == nil && options.resume == nil)
    #expect(options.targetAccuracy == nil && options.dataDirectory == nil)
    #expect(options.hidden == nil && options.activation == nil)
  }

  @Test(
    "there is a worker a core, but at least one and at most 128", arguments: [(0, 1), (1, 1), (64, 64), (256, 128)])
  func defaultWorkers(cores: Int, workers: Int) throws {
    #expect(TrainOptions(cores: cores).workers == workers)
    let command = try Command.parse([], vocabulary: sampleVocabulary, cores: cores)
    #expect(command == .train(TrainOptions(cores: cores)))
  }

  @Test("every option of train is read, after a space and after an equals sign")
  func everyOption() throws {
    let expected = trainCommand {
      $0.workers = 8
      $0.mode = .sync
      $0.rule = .plain
      $0.optimizer = .momentum
      $0.dataset = "mnist"
      $0.dataDirectory = "some dir"
      $0.model = "mlp"
      $0.hidden = HiddenLayers([500])
      $0.activation = .tanh
      $0.epochs = 3
      $0.batchSize = 64
      $0.learningRate = 0.01
      $0.momentum = 0.5
      $0.weightDecay = 1e-4
      $0.schedule = .linear
      $0.warmup = 0.1
      $0.seed = .max
      $0.kernels = "reference"
      $0.metrics = "m.jsonl"
      $0.checkpoint = "c.safetensors"
      $0.resume = "c.safetensors"
      $0.targetAccuracy = 0.98
      $0.onDivergence = .skip
      $0.isQuiet = true
    }
    let pairs = [
      ("--workers", "8"), ("--mode", "sync"), ("--rule", "plain"), ("--optimizer", "momentum"), ("--dataset", "mnist"),
      ("--data-dir", "some dir"), ("--model", "mlp"), ("--hidden", "500"), ("--activation", "tanh"), ("--epochs", "3"),
      ("--batch-size", "64"), ("--learning-rate", "0.01"), ("--momentum", "0.5"), ("--weight-decay", "1e-4"),
      ("--schedule", "linear"), ("--warmup", ".1"), ("--seed", "18446744073709551615"), ("--kernels", "reference"),
      ("--metrics", "m.jsonl"), ("--checkpoint", "c.safetensors"), ("--resume", "c.safetensors"),
      ("--target-accuracy", "0.98"), ("--on-divergence", "skip"),
    ]
    #expect(try parse(["train"] + pairs.flatMap { [$0.0, $0.1] } + ["--quiet"]) == expected)
    #expect(try parse(["--quiet"] + pairs.reversed().map { "\($0.0)=\($0.1)" }) == expected)
  }

  @Test(
    "hidden layers are read, one or several",
    arguments: [
      ("500", [500]), ("1000,2000,1000", [1000, 2000, 1000]), ("1,65536", [1, 65_536]), ("007", [7]),
      ("1,2,3,4,5,6,7,8", [1, 2, 3, 4, 5, 6, 7, 8]),
    ])
  func hiddenLayers(text: String, units: [Int]) throws {
    let expected = trainCommand { ($0.model, $0.hidden) = ("mlp", HiddenLayers(units)) }
    #expect(try parse("--model mlp --hidden \(text)") == expected)
  }

  @Test("every instruction set is read, and auto is none of them")
  func instructionSets() throws {
    for instructionSet in InstructionSet.allCases {
      let expected = trainCommand { $0.instructionSet = instructionSet }
      #expect(try parse("--isa \(instructionSet.rawValue)") == expected)
      #expect(try parse("--isa=\(instructionSet.rawValue) --kernels auto") == expected)
    }
    #expect(try parse("--isa auto") == trainCommand())
    #expect(try parse("--isa auto --kernels reference") == trainCommand { $0.kernels = "reference" })
    // Which kernels the checkpoint has is not known yet.
    let resumed = trainCommand { ($0.instructionSet, $0.resume) = (.avx2, "c") }
    #expect(try parse("--isa avx2 --resume c") == resumed)
  }

  @Test("a value may hold an equals sign, begin with a dash, and after an equals sign with two")
  func oddValues() throws {
    #expect(try parse("--metrics a=b") == trainCommand { $0.metrics = "a=b" })
    #expect(try parse("--metrics=a=b") == trainCommand { $0.metrics = "a=b" })
    #expect(try parse("--metrics -x") == trainCommand { $0.metrics = "-x" })
    #expect(try parse("--metrics=--x") == trainCommand { $0.metrics = "--x" })
    #expect(try parse("--metrics -") == trainCommand { $0.metrics = "-" })
  }

  @Test("momentum goes with its optimizer, and 0 with any")
  func momentumAndOptimizer() throws {
    #expect(
      try parse("--momentum 0.9 --optimizer momentum")
        == trainCommand {
          $0.momentum = 0.9
          $0.optimizer = .momentum
        })
    #expect(try parse("--momentum 0") == trainCommand { $0.momentum = 0 })
    #expect(
      try parse("--momentum 0 --optimizer sgd")
        == trainCommand {
          $0.momentum = 0
          $0.optimizer = .sgd
        })
    #expect(try parse("--optimizer momentum") == trainCommand { $0.optimizer = .momentum })
  }

  @Test("the limits of every number are allowed")
  func limits() throws {
    #expect(try parse("--workers 1") == trainCommand { $0.workers = 1 })
    #expect(try parse("--workers 128") == trainCommand { $0.workers = 128 })
    #expect(try parse("--seed 0") == trainCommand { $0.seed = 0 })
    #expect(try parse("--learning-rate 1000") == trainCommand { $0.learningRate = 1000 })
    #expect(try parse("--learning-rate 1e-9") == trainCommand { $0.learningRate = 1e-9 })
    #expect(try parse("--weight-decay 0") == trainCommand { $0.weightDecay = 0 })
    #expect(try parse("--weight-decay 1") == trainCommand { $0.weightDecay = 1 })
    #expect(try parse("--warmup 0 --target-accuracy 1") == trainCommand { ($0.warmup, $0.targetAccuracy) = (0, 1) })
    #expect(try parse("--warmup 1 --target-accuracy 0") == trainCommand { ($0.warmup, $0.targetAccuracy) = (1, 0) })
    #expect(
      try parse("--epochs 100000 --batch-size 65536") == trainCommand { ($0.epochs, $0.batchSize) = (100_000, 65_536) })
  }

  @Test("every subject can be listed", arguments: ListSubject.allCases)
  func list(subject: ListSubject) throws {
    #expect(try parse("list \(subject.rawValue)") == .list(subject))
    #expect(try parse("list -- \(subject.rawValue)") == .list(subject))
    let lines = sampleVocabulary.listing(of: subject).split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(lines.count == sampleVocabulary[subject].count)
    #expect(!lines.isEmpty)
  }

  @Test("a listing has a name and its meaning a line")
  func listing() {
    #expect(
      sampleVocabulary.listing(of: .optimizers) == """
        sgd       a step along the gradient
        momentum  a heavy ball

        """)
    // Details have a line of their own.
    #expect(
      sampleVocabulary.listing(of: .compressions) == """
        none   whole
               free of charge
        top-k  the largest

        """)
  }

  @Test("the lists of this program tell source and defaults of every choice")
  func algorithmListing() {
    let modes = Vocabulary.ofThisProgram.listing(of: .modes)
    #expect(
      modes.contains(
        """
        ssp         as async, but the fastest worker waits when it is s steps ahead of the slowest
                    Ho et al. 2013 (stale synchronous parallel); --staleness-bound (3)

        """))
    #expect(modes.contains("Tyurin & Richtárik 2023; --gradients-to-wait (the workers), --calculation-stops (off)\n"))
    let optimizers = Vocabulary.ofThisProgram.listing(of: .optimizers)
    #expect(optimizers.contains("Kingma & Ba 2015; --beta1 (0.9), --beta2 (0.999), --epsilon (1e-8)\n"))
    #expect(
      Vocabulary.ofThisProgram.listing(of: .compressions).hasPrefix("none       gradients are pushed whole\ntop-k"))
  }

  @Test("a summary is read")
  func summary() throws {
    #expect(
      try parse("summary --model lenet5 --input 1x28x28 --classes 10")
        == .summary(
          SummaryOptions(
            model: "lenet5", input: InputShape(channels: 1, height: 28, width: 28), classes: 10)))
    #expect(
      try parse("summary --json --classes=26 --input=3X32x64 --model=mlp --hidden 7 --activation relu")
        == .summary(
          SummaryOptions(
            model: "mlp", input: InputShape(channels: 3, height: 32, width: 64), classes: 26, hidden: HiddenLayers([7]),
            activation: .relu, isJSON: true)))
    #expect(InputShape(channels: 3, height: 32, width: 64).description == "3x32x64")
  }

  @Test(
    "the version is told wherever it is asked for",
    arguments: ["--version", "train --version", "list --workers 0 --version"])
  func version(arguments: String) throws {
    #expect(try parse(arguments) == .version("asgd-train 0.1.0\n"))
  }

  @Test("a path that looks like a request for help after -- is none")
  func helpAfterSeparator() {
    #expect(throws: UsageError("unexpected argument '--help'")) { try parse("-- --help") }
  }

  @Test("the command that a run prints is read back as the same run")
  func commandLine() throws {
    var run = RunDescription(
      programVersion: Program.version, model: "mlp", parameters: 1, dataset: "mnist", trainingExamples: 1,
      testExamples: 1, classes: 10, mode: "sync", rule: "plain", optimizer: "momentum", workers: 3, epochs: 2,
      batchSize: 5, examplesPerUpdate: 15, plannedUpdates: 9, learningRate: 1.0 / 3, schedule: "linear", warmup: 1e-5,
      momentum: 0.9, weightDecay: 5e-4, seed: .max, kernels: "simd", instructionSet: "avx2")
    let options = altered(TrainOptions(cores: 1)) {
      $0.dataDirectory = "data"
      $0.hidden = HiddenLayers([1000, 2000, 1000])
      $0.activation = .sigmoid
      $0.instructionSet = .avx2
      $0.onDivergence = .skip
      $0.targetAccuracy = 0.98
      $0.resume = "old.safetensors"
      $0.metrics = "m.jsonl"
      $0.checkpoint = "c.safetensors"
    }
    var arguments = run.commandLine(moreArguments: options.moreArguments).split(separator: " ").map(String.init)
    #expect(arguments.removeFirst() == Program.name)
    var expected = altered(options) {
      ($0.workers, $0.mode, $0.rule, $0.optimizer) = (3, .sync, .plain, .momentum)
      ($0.dataset, $0.model, $0.epochs, $0.batchSize, $0.seed) = ("mnist", "mlp", 2, 5, .max)
      ($0.learningRate, $0.momentum, $0.weightDecay) = (1.0 / 3, 0.9, 5e-4)
      ($0.schedule, $0.warmup, $0.kernels) = (.linear, 1e-5, "simd")
      ($0.metrics, $0.checkpoint) = (nil, nil)
    }
    #expect(try parse(arguments) == .train(expected))

    (run.optimizer, run.momentum) = ("sgd", 0)
    (expected.optimizer, expected.momentum) = (.sgd, 0)
    arguments = run.commandLine(moreArguments: options.moreArguments).split(separator: " ").map(String.init)
    #expect(try parse(Array(arguments.dropFirst())) == .train(expected))
  }

  @Test("a run that writes a checkpoint knows how to go on from it")
  func resumingArguments() {
    var options = TrainOptions(cores: 1)
    #expect(options.resumingArguments == nil)
    options.checkpoint = "c"
    #expect(options.resumingArguments == ["--resume", "c", "--checkpoint", "c"])
    options = altered(options) {
      ($0.dataDirectory, $0.instructionSet, $0.targetAccuracy, $0.isQuiet) = ("d", .avx2, 0.5, true)
      // What the checkpoint holds or comes from, and what would be overwritten, is left out.
      ($0.hidden, $0.activation) = (HiddenLayers([3, 2]), .tanh)
      ($0.onDivergence, $0.resume, $0.metrics) = (.skip, "old", "m")
    }
    #expect(
      options.resumingArguments == [
        "--data-dir", "d", "--isa", "avx2", "--target-accuracy", "0.5", "--resume", "c", "--checkpoint", "c", "--quiet",
      ])
  }

  @Test("exit codes are those of the documents")
  func exitCodes() {
    #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 64, 65, 66, 70, 73, 130])
    #expect(ExitCode.done.rawValue == 0)
    #expect(ExitCode.trainingFailed.rawValue == 1)
    #expect(ExitCode.usage.rawValue == 64)
    #expect(ExitCode.malformedData.rawValue == 65)
    #expect(ExitCode.dataNotFound.rawValue == 66)
    #expect(ExitCode.internalError.rawValue == 70)
    #expect(ExitCode.cannotWrite.rawValue == 73)
    #expect(ExitCode.interrupted.rawValue == 130)
  }
}

/// Returns `options` altered by `change`.
private func altered(_ options: TrainOptions, _ change: (inout TrainOptions) -> Void) -> TrainOptions {
  var options = options
  change(&options)
  return options
}
