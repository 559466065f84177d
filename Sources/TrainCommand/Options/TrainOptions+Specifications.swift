internal import AsyncSGD
internal import Kernels

extension TrainOptions {
  /// The options of `train` in groups, as the help shows them; see ``hyperparameterSpecifications`` for the rest.
  ///
  /// - Parameters:
  ///   - vocabulary: The names that options take.
  ///   - cores: The number of cores of this machine.
  ///   - mostWorkers: The most workers that a run may have.
  ///   - defaultWorkers: The workers where their number is not given; `nil` for the number of cores.
  /// - Returns: The groups with their titles.
  static func specifications(
    vocabulary: Vocabulary, cores: Int, mostWorkers: Int = mostWorkers, defaultWorkers: Int? = nil
  ) -> [(title: String, options: [OptionSpecification<TrainOptions>])] {
    [
      ("PROBLEM", problem(vocabulary)),
      (algorithmTitle, algorithm),
      ("PARALLELISM", parallelism(vocabulary, cores: cores, mostWorkers: mostWorkers, defaultWorkers: defaultWorkers)),
      ("OPTIMIZATION", optimization(vocabulary)),
      ("OUTPUT", output),
    ]
  }

  /// The title of the group that chooses the algorithm.
  static let algorithmTitle = "ALGORITHM"

  private static func problem(_ vocabulary: Vocabulary) -> [OptionSpecification<TrainOptions>] {
    let defaults = TrainOptions(cores: 1)
    return [
      .name(
        "--dataset", "The images to learn.", values: vocabulary.datasets.map(\.name), default: defaults.dataset
      ) { $0.dataset = $1 },
      .path(
        "--data-dir", "Where the files of the data set are.", placeholder: "DIR",
        default: "Datasets/<dataset>, below the current directory",
        otherNames: ["data", "data-directory"]
      ) { $0.dataDirectory = $1 },
      .name(
        "--model", "The network.", values: vocabulary.models.map(\.name), default: defaults.model,
        otherNames: ["arch", "network"]
      ) { $0.model = $1 },
    ] + hiddenLayerSpecifications(vocabulary, hidden: { $0.hidden = $1 }, activation: { $0.activation = $1 }) + [
      OptionSpecification(
        name: "--seed", placeholder: "N",
        help: "Fixes the initial parameters, the order of the examples and dropout.", values: [],
        defaultText: "\(defaults.seed)", otherNames: []
      ) { (options, value) throws(UsageError) in options.seed = try value.seed() }
    ]
  }

  private static var algorithm: [OptionSpecification<TrainOptions>] {
    let defaults = TrainOptions(cores: 1)
    return [
      .choice(
        "--mode", "Who waits for whom.", among: CoordinationMode.allCases, default: defaults.mode.rawValue
      ) { $0.mode = $1 },
      .choice(
        "--rule", "How a stale gradient is applied.", among: UpdateRuleKind.allCases, default: defaults.rule.rawValue
      ) { $0.rule = $1 },
      .choice(
        "--optimizer", "The step itself; --momentum above 0 implies momentum.", among: OptimizerKind.allCases,
        default: perModel
      ) { $0.optimizer = $1 },
      .choice(
        "--compression", "How a gradient is made smaller on its way to the server.", among: CompressionKind.allCases,
        default: defaults.compression.rawValue, otherNames: ["compressor"]
      ) { $0.compression = $1 },
    ]
  }

  private static func parallelism(
    _ vocabulary: Vocabulary, cores: Int, mostWorkers: Int, defaultWorkers: Int?
  ) -> [OptionSpecification<TrainOptions>] {
    let defaults = TrainOptions(cores: cores)
    let workers =
      defaultWorkers == nil ? "Worker threads, each with its own replica of the model" : "Workers, which are emulated"
    return [
      .integer(
        "--workers", "\(workers); \(mostWorkers) at most.", in: 1...mostWorkers,
        default: defaultWorkers.map { "\($0)" } ?? "the number of cores, \(defaults.workers)",
        otherNames: ["threads", "num-workers", "num-processes"]
      ) { $0.workers = $1 },
      .name(
        "--kernels", "The implementation of the arithmetic.", values: vocabulary.kernels.map(\.name),
        default: defaults.kernels, otherNames: ["backend"]
      ) { $0.kernels = $1 },
      .name(
        "--isa", "The instruction set of our own kernels; auto is the widest that this machine has.",
        placeholder: "LEVEL", values: ["auto"] + InstructionSet.allCases.map(\.rawValue), default: "auto",
        otherNames: ["instruction-set", "simd-level"]
      ) { $0.instructionSet = InstructionSet(rawValue: $1) },
      .path(
        "--inject",
        "Make workers slow, pause, crash or come late, and lose or double their pushes, as a script says (see "
          + "'asgd-train help scripts').",
        default: "off", otherNames: ["faults"]
      ) { $0.inject = $1 },
    ]
  }

  private static func optimization(_ vocabulary: Vocabulary) -> [OptionSpecification<TrainOptions>] {
    let defaults = TrainOptions(cores: 1)
    return [
      .integer("--epochs", "Passes over the training set, all workers together.", in: 1...mostEpochs, default: perModel)
      {
        $0.epochs = $1
      },
      .integer(
        "--batch-size", "Examples in one worker's minibatch.", in: 1...largestBatchSize, default: perModel,
        otherNames: ["minibatch-size", "bs"]
      ) { $0.batchSize = $1 },
      .number(
        "--learning-rate", "The learning rate at its highest, after the warm-up; --schedule lowers it from there.",
        .positive(most: 1_000), default: perModel,
        otherNames: ["lr", "eta"]
      ) { $0.learningRate = $1 },
      .number(
        "--momentum", "The share of the last step that goes into the next.", .coefficient,
        default: perModel
      ) { $0.momentum = $1 },
      .number(
        "--weight-decay", "The pull of all parameters towards 0, per unit of learning rate.", .notNegative(most: 1),
        default: perModel, otherNames: ["wd", "l2"]
      ) { $0.weightDecay = $1 },
      .choice(
        "--schedule", "How the learning rate goes on after the warm-up.",
        among: LearningRateSchedule.Shape.allCases, default: perModel, otherNames: ["lr-schedule"]
      ) { $0.schedule = $1 },
      .number(
        "--warmup", "The share of the run over which the learning rate rises from 0.", .share(example: "0.1"),
        placeholder: "FRACTION", default: perModel
      ) { $0.warmup = $1 },
    ] + generalHyperparameterSpecifications + [
      .choice(
        "--on-divergence", "What a gradient that is not finite does: stop the run, or be left out.",
        among: DivergencePolicy.allCases, default: defaults.onDivergence.rawValue
      ) { $0.onDivergence = $1 }
    ]
  }

  private static var output: [OptionSpecification<TrainOptions>] {
    [
      .path(
        "--metrics", "Write the run as JSON Lines, one object an event; with --resume, after what is there.",
        default: "off", otherNames: ["log"]
      ) {
        $0.metrics = $1
      },
      .path(
        "--checkpoint",
        "Write the parameters and the state of the run (safetensors) at each epoch's end and when interrupted.",
        default: "off", otherNames: ["save"]
      ) { $0.checkpoint = $1 },
      .path("--resume", "Go on from a checkpoint.", default: "off", otherNames: ["load"]) { $0.resume = $1 },
      .integer(
        "--evaluations-per-epoch",
        "How often to evaluate the test set: at the end of each epoch, and at moments within it.",
        in: 1...mostEvaluations, default: "1", otherNames: ["eval-every", "eval-freq", "val-check-interval"]
      ) { $0.evaluationsPerEpoch = $1 },
      .number(
        "--fresh-gradients",
        "The share of the gradients that are computed once more at the present parameters, to see what staleness did.",
        .share(example: "0.01"), placeholder: "SHARE", default: "0", otherNames: ["probe"]
      ) { $0.freshGradients = $1 },
      .path(
        "--plots", "Write pictures of the staleness, overall and by worker, and of what else was measured (HTML).",
        default: "off"
      ) { $0.plots = $1 },
      .path(
        "--record", "Record all that is needed to repeat the run bit for bit (see 'help replay' and 'help trace').",
        default: "off", otherNames: ["trace", "flight-recorder"]
      ) { $0.record = $1 },
      .number(
        "--target-accuracy", "Exit with 1 if the final test accuracy is below X, from 0 to 1.", .share(example: "0.98"),
        default: "off"
      ) { $0.targetAccuracy = $1 },
      .flag("--quiet", "Show nothing but warnings, errors and the results.") { $0.isQuiet = true },
    ]
  }

  /// What the help says of a default that depends on the model.
  private static let perModel = "per model"
}
