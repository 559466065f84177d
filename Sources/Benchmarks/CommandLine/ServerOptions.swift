internal import AsyncSGD
internal import TrainCommand

/// The options of `server`.
struct ServerOptions: BenchmarkOptions, Hashable, Sendable {
  /// The options that all benchmarks have.
  var common = CommonOptions()
  /// `--workers`, or `nil` for the default.
  var givenWorkers: [Int]?
  /// `--parameters`, or `nil` for the default.
  var givenParameters: [Int]?
  /// `--rules`: rules whose updates are compared with plain SGD's.
  var rules = UpdateRuleKind.allCases
  /// `--optimizers`: optimizers whose updates are compared with plain SGD's.
  var optimizers = OptimizerKind.allCases
  /// `--model`: models whose one-worker overhead is measured.
  var models = ["lenet5", "cnn"]
  /// `--batch-size`: examples of a minibatch where the overhead is measured.
  var batchSizes = [64]

  private static let defaultRounds = 5
  private static let defaultSeconds = 0.2
  private static let defaultWorkers = [1, 2, 4, 8, 16]
  private static let defaultParameters = [10_000, 100_000, 1_000_000, 10_000_000]

  /// Samples of each figure.
  var rounds: Int { common.rounds ?? (common.isQuick ? 1 : Self.defaultRounds) }
  /// The length of a sample, in seconds.
  var seconds: Double { common.seconds ?? (common.isQuick ? 0.01 : Self.defaultSeconds) }
  /// The numbers of workers.
  var workers: [Int] { givenWorkers ?? (common.isQuick ? [1, 2] : Self.defaultWorkers) }
  /// The numbers of parameters.
  var parameters: [Int] { givenParameters ?? (common.isQuick ? [10_000] : Self.defaultParameters) }

  /// The options in groups, as the help shows them.
  static func specifications(_ vocabulary: BenchmarkVocabulary) -> [OptionGroup<ServerOptions>] {
    let defaults = ServerOptions()
    return [
      OptionGroup(
        title: "LOAD",
        options: [
          .integers(
            "--workers", "Worker threads that push and pull at once, separated by commas.",
            in: 1...CommonOptions.mostWorkers, default: list(defaultWorkers), otherNames: ["threads"]
          ) { $0.givenWorkers = $1 },
          .integers(
            "--parameters", "Parameters on the server, separated by commas.", in: 1...CommonOptions.mostParameters,
            default: list(defaultParameters)
          ) { $0.givenParameters = $1 },
          .names(
            "--optimizers", "Optimizers whose update is compared with that of sgd.", values: vocabulary.optimizers,
            default: "all", otherNames: ["optimizer"]
          ) { $0.optimizers = $1.compactMap(OptimizerKind.init) },
          .names(
            "--rules", "Rules whose update is compared with that of plain.", values: vocabulary.rules,
            default: "all", otherNames: ["rule"]
          ) { $0.rules = $1.compactMap(UpdateRuleKind.init) },
          .names(
            "--model", "Models that one worker trains with and without the server.", values: vocabulary.models,
            default: defaults.models.joined(separator: ",")
          ) { $0.models = $1 },
          .integers(
            "--batch-size", "Examples of a minibatch of these models.", in: 1...CommonOptions.mostExamples,
            default: list(defaults.batchSizes), otherNames: ["batch", "batchsize"]
          ) { $0.batchSizes = $1 },
        ]),
      backends(vocabulary),
      measurement(rounds: defaultRounds, seconds: defaultSeconds, of: "The length of a sample."),
      output,
    ]
  }
}
