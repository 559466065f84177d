internal import TrainCommand

/// The options of `training`.
struct TrainingOptions: BenchmarkOptions, Hashable, Sendable {
  /// The options that all benchmarks have.
  var common = CommonOptions()
  /// `--model`.
  var models: [String]
  /// `--workers`.
  var workers = [1, 2, 8]
  /// `--batch-size`.
  var batchSizes = [64]

  private static let defaultRounds = 3
  private static let defaultSeconds = 2.0

  /// Creates the defaults.
  init(models: [String]) {
    self.models = models
  }

  /// Samples of each figure.
  var rounds: Int { common.rounds ?? (common.isQuick ? 1 : Self.defaultRounds) }
  /// The length of a sample, in seconds.
  var seconds: Double { common.seconds ?? (common.isQuick ? 0.05 : Self.defaultSeconds) }

  /// The options in groups, as the help shows them.
  static func specifications(_ vocabulary: BenchmarkVocabulary) -> [OptionGroup<TrainingOptions>] {
    let defaults = TrainingOptions(models: vocabulary.models)
    return [
      OptionGroup(
        title: "RUNS",
        options: [
          .names(
            "--model", "Networks to train, separated by commas.", values: vocabulary.models, default: "all of them",
            otherNames: ["models", "arch", "network"]
          ) { $0.models = $1 },
          .integers(
            "--workers", "Worker threads, separated by commas.", in: 1...CommonOptions.mostWorkers,
            default: list(defaults.workers), otherNames: ["threads"]
          ) { $0.workers = $1 },
          .integers(
            "--batch-size", "Examples of a worker's minibatch, separated by commas.",
            in: 1...CommonOptions.mostExamples, default: list(defaults.batchSizes),
            otherNames: ["batch", "batchsize"]
          ) { $0.batchSizes = $1 },
        ]),
      backends(vocabulary),
      measurement(
        rounds: defaultRounds, seconds: defaultSeconds, of: "The length of a run; there is one in each round."),
      output,
    ]
  }
}
