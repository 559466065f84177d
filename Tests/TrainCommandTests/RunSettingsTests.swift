import AsyncSGD
import Kernels
import NeuralNet
import Testing

@testable import TrainCommand

@Suite("Settings of a run")
struct RunSettingsTests {
  /// What the arguments settle for a new run, on a machine with four cores.
  private func settings(_ arguments: String) throws -> RunSettings {
    RunSettings(try options(arguments))
  }

  private func options(_ arguments: String) throws -> TrainOptions {
    let command = try Command.parse(
      arguments.split(separator: " ").map(String.init), vocabulary: .ofThisProgram, cores: 4)
    guard case .train(let options) = command else { throw UsageError("no training: \(arguments)") }
    return options
  }

  /// What the arguments settle for a run that goes on from the fixture's checkpoint.
  private func resumed(_ arguments: String, altering: (inout Checkpoint) -> Void = { _ in }) throws -> RunSettings {
    var checkpoint = try CheckpointFixture.checkpoint()
    altering(&checkpoint)
    return try RunSettings(try options("--resume c \(arguments)"), resuming: checkpoint)
  }

  @Test("what is not given is the model's recipe", arguments: ModelZoo.all.map(\.name), CoordinationMode.allCases)
  func recipe(model: String, mode: CoordinationMode) throws {
    let recipe = TrainingRecipe.recommended(forModel: model)
    for workers in mode == .sequential ? [1] : [1, 8, 32] {
      let settings = try settings("--model \(model) --mode \(mode.rawValue) --workers \(workers)")
      let configuration = settings.configuration
      #expect(settings.model == model && settings.dataset == "digits" && settings.kernels == "auto")
      #expect(settings.hidden == nil && settings.activation == nil)
      #expect(configuration.workers == workers && configuration.mode == mode && configuration.seed == 1)
      #expect(configuration.epochs == recipe.epochs && configuration.batchSize == recipe.batchSize)
      // In elastic modes the server has no optimizer.
      let isElastic = [CoordinationMode.easgd, .eamsgd].contains(mode)
      #expect(
        configuration.learningRate
          == recipe.learningRate(mode: mode, optimizer: isElastic ? .sgd : nil, workers: workers))
      #expect(configuration.optimizer == (isElastic ? .sgd : recipe.optimizer))
      #expect(configuration.momentum == (isElastic ? 0 : recipe.momentum))
      #expect(configuration.compression == .none && configuration.hyperparameters == Hyperparameters())
      #expect(configuration.schedule == recipe.schedule && configuration.warmup == recipe.warmup)
      #expect(configuration.weightDecay == recipe.weightDecay && configuration.divergencePolicy == .stop)
    }
  }

  @Test("what is given holds for every model", arguments: ModelZoo.all.map(\.name))
  func overrides(model: String) throws {
    let settings = try settings(
      "--model \(model) --dataset mnist --workers 3 --mode sync --seed 9 --epochs 2 --batch-size 5 --learning-rate 0.7 "
        + "--optimizer momentum --momentum 0.25 --weight-decay 0.125 --schedule constant --warmup 0.5 --kernels simd "
        + "--on-divergence skip")
    #expect(settings.dataset == "mnist" && settings.kernels == "simd")
    #expect(
      settings.configuration
        == TrainingConfiguration(
          workers: 3, mode: .sync, optimizer: .momentum, momentum: 0.25, weightDecay: 0.125, epochs: 2, batchSize: 5,
          learningRate: 0.7, schedule: .constant, warmup: 0.5, seed: 9, divergencePolicy: .skip))
  }

  @Test("momentum and optimizer imply each other")
  func optimizer() throws {
    func choice(_ arguments: String) throws -> [String] {
      let configuration = try settings(arguments).configuration
      return [configuration.optimizer.rawValue, "\(configuration.momentum)"]
    }
    #expect(try choice("") == ["sgd", "0.0"])
    #expect(try choice("--momentum 0.9") == ["momentum", "0.9"])
    #expect(try choice("--momentum 0") == ["sgd", "0.0"])
    #expect(try choice("--optimizer momentum") == ["momentum", "0.5"])
    #expect(try choice("--optimizer momentum --momentum 0.9") == ["momentum", "0.9"])
    // A model whose recipe has momentum.
    #expect(try choice("--model hogwild") == ["momentum", "0.5"])
    #expect(try choice("--model hogwild --momentum 0") == ["sgd", "0.0"])
    #expect(try choice("--model hogwild --optimizer sgd") == ["sgd", "0.0"])
    #expect(try choice("--model hogwild --optimizer momentum") == ["momentum", "0.5"])
  }

  @Test("a rule has the optimizer that it needs, and a momentum if it has one itself")
  func optimizerOfRule() throws {
    func choice(_ arguments: String) throws -> [String] {
      let configuration = try settings(arguments).configuration
      return [configuration.optimizer.rawValue, "\(configuration.momentum)"]
    }
    #expect(try choice("--rule dana") == ["sgd", "0.9"])
    #expect(try choice("--rule dana --momentum 0.9") == ["sgd", "0.9"])
    #expect(try choice("--rule dana --momentum 0") == ["sgd", "0.0"])
    #expect(try choice("--rule dana --model hogwild") == ["sgd", "0.9"])
    #expect(try choice("--rule closed-loop-momentum") == ["momentum", "0.5"])
    #expect(try choice("--rule closed-loop-momentum --momentum 0.25") == ["momentum", "0.25"])
    #expect(try choice("--rule closed-loop-momentum --model hogwild") == ["momentum", "0.5"])
    #expect(try choice("--optimizer adam") == ["adam", "0.0"])
    #expect(try choice("--optimizer adam --momentum 0") == ["adam", "0.0"])
    #expect(try choice("--mode easgd --model hogwild") == ["sgd", "0.0"])
  }

  @Test("a run that goes on keeps the hyperparameters that still apply, and takes what is given")
  func resumedHyperparameters() throws {
    func given(_ arguments: String) throws -> [String: Hyperparameter.Value] {
      try resumed(arguments) {
        $0.settings.configuration.hyperparameters[.backupWorkers] = .integer(2)
        $0.settings.configuration.hyperparameters[.clipNorm] = .number(5)
      }.configuration.hyperparameters.given
    }
    #expect(try given("") == ["backup-workers": .integer(2), "clip-norm": .number(5)])
    #expect(try given("--backup-workers 1") == ["backup-workers": .integer(1), "clip-norm": .number(5)])
    // Another mode has other hyperparameters.
    #expect(
      try given("--mode ssp --staleness-bound 7") == ["staleness-bound": .integer(7), "clip-norm": .number(5)])
    #expect(
      throws: UsageError(
        "'--staleness-bound' does not go with '--mode sync': drop it, or choose --mode ssp or dssp")
    ) {
      try given("--staleness-bound 7")
    }
    // What the checkpoint has is not to be dropped.
    #expect(
      throws: UsageError(
        "'--backup-workers 2' does not go with '--workers 2', of which a round needs at least one: choose "
          + "--backup-workers 1 or fewer, or more --workers")
    ) {
      try given("--workers 2")
    }
  }

  @Test("a run that goes on may change its algorithm, as long as the choices go together")
  func resumedAlgorithm() throws {
    let configuration = try resumed("--mode async --rule gap-aware --compression top-k").configuration
    #expect(configuration.mode == .async && configuration.rule == .gapAware && configuration.compression == .topK)
    #expect(configuration.optimizer == .momentum && configuration.workers == 5)
    #expect(try resumed("--mode sequential").configuration.workers == 1)
    #expect(
      throws: UsageError(
        "'--optimizer momentum' does not go with '--rule dana', which takes the step itself, with a momentum of its "
          + "own: choose --optimizer sgd")
    ) {
      try resumed("--mode async --rule dana")
    }
    #expect(try resumed("--mode async --rule dana --optimizer sgd --momentum 0.9").configuration.momentum == 0.9)
    #expect(
      throws: UsageError(
        "'--resume c' has no mean to go on with, because it was made with '--optimizer momentum': drop '--momentum' and "
          + "'--optimizer'")
    ) {
      try resumed("--optimizer adam")
    }
  }

  @Test("a model has the hidden layer that was asked for")
  func hiddenLayer() throws {
    let settings = try settings("--model mlp --hidden 3 --activation relu")
    let model = try settings.shapedModel(input: [1, 2, 3], classes: 4)
    #expect(model.layout.count == CheckpointFixture.parameters)
    #expect(model.layers.contains { $0.summary.contains("relu") })
  }

  @Test("the recipe takes account of depth", arguments: [("9", 0.1), ("9,8", 0.05), ("9,8,7,6", 0.025)])
  func depth(hidden: String, learningRate: Double) throws {
    let settings = try settings("--model mlp --hidden \(hidden) --workers 8")
    #expect(settings.configuration.learningRate == learningRate)
    #expect(settings.configuration.batchSize == TrainingRecipe.recommended(forModel: "mlp").batchSize)
  }

  @Test("a run that goes on is what it was, but for what is given")
  func resuming() throws {
    let saved = CheckpointFixture.settings
    #expect(try resumed("") == saved)
    var other = saved
    other.kernels = "simd"
    other.configuration = TrainingConfiguration(
      workers: 2, mode: .async, optimizer: .momentum, momentum: 0.9, weightDecay: 0, epochs: 5, batchSize: 9,
      learningRate: 0.5, schedule: .linear, warmup: 0, seed: .max, divergencePolicy: .stop)
    #expect(
      try resumed(
        "--kernels simd --workers 2 --mode async --momentum 0.9 --weight-decay 0 --epochs 5 --learning-rate 0.5 "
          + "--schedule linear --warmup 0 --on-divergence stop") == other)
    #expect(try resumed("--momentum 0").configuration.optimizer == .sgd)
  }

  @Test("what the checkpoint fixes may be given as it is, with no other option")
  func agreement() throws {
    #expect(
      try resumed("--dataset mnist --model mlp --hidden 3 --activation tanh --seed 18446744073709551615 --batch-size 9")
        == CheckpointFixture.settings)
    #expect(try resumed("--hidden 3") == CheckpointFixture.settings)
    #expect(try resumed("--data-dir d") == CheckpointFixture.settings)
  }

  @Test(
    "what the checkpoint fixes cannot be given otherwise",
    arguments: [
      ("--dataset cifar10", "mnist"), ("--model cnn", "mlp"), ("--seed 1", "18446744073709551615"), ("--hidden 4", "3"),
      ("--hidden 3,3", "3"),
      ("--activation relu", "tanh"), ("--batch-size 10", "9"),
    ])
  func contradiction(argument: String, saved: String) {
    let option = argument.prefix { $0 != " " }
    #expect(
      throws: UsageError(
        "'\(argument)' does not go with '--resume c', which was made with \(saved): drop '\(option)'")
    ) {
      try resumed(argument)
    }
  }

  @Test("between two epochs the size of a minibatch may change")
  func batchSizeBetweenEpochs() throws {
    let settings = try resumed("--batch-size 10") { $0.state.nextMinibatch = 0 }
    #expect(settings.configuration.batchSize == 10)
  }

  @Test("a run whose epochs are done asks for more of them")
  func done() throws {
    #expect(
      throws: UsageError(
        "'--resume c' stands at the end of epoch 7, and the run has 7 in all: give '--epochs' a larger number to go on")
    ) {
      try resumed("") { ($0.state.epoch, $0.state.nextMinibatch) = (7, 0) }
    }
    #expect(throws: UsageError.self) { try resumed("--epochs 4") }
    #expect(try resumed("--epochs 5").configuration.epochs == 5)
  }

  @Test("an optimizer needs the state that the checkpoint has")
  func missingState() throws {
    #expect(
      throws: UsageError(
        "'--resume c' has no velocity to go on with, because it was made with '--optimizer sgd': drop '--momentum' and "
          + "'--optimizer'")
    ) {
      try resumed("--momentum 0.5") {
        ($0.settings.configuration.optimizer, $0.settings.configuration.momentum) = (.sgd, 0)
        $0.state.carried = CarriedState()
      }
    }
  }

  @Test("settings survive the metadata", arguments: ModelZoo.all.map(\.name))
  func metadata(model: String) throws {
    for arguments in [
      "", " --mode ssp --staleness-bound 0 --compression top-k", " --rule dana --momentum 0.9 --clip-norm 1e-3",
      " --seed 18446744073709551615 --learning-rate 1e-9 --warmup 1 --momentum 0.999999",
    ] {
      let settings = try settings("--model \(model)\(arguments)")
      #expect(try RunSettings(MetadataFields(settings.metadata, prefix: "", path: "")) == settings)
    }
    #expect(
      try RunSettings(MetadataFields(CheckpointFixture.settings.metadata, prefix: "", path: ""))
        == CheckpointFixture.settings)
  }
}
