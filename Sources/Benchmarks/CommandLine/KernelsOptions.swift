internal import TrainCommand

/// The options of `kernels`.
struct KernelsOptions: BenchmarkOptions, Hashable, Sendable {
  /// The options that all benchmarks have.
  var common = CommonOptions()

  private static let defaultRounds = 7
  private static let defaultSeconds = 0.02

  /// Samples of each figure.
  var rounds: Int { common.rounds ?? (common.isQuick ? 1 : Self.defaultRounds) }
  /// The length of a sample, in seconds.
  var seconds: Double { common.seconds ?? (common.isQuick ? 0.0005 : Self.defaultSeconds) }

  /// The options in groups, as the help shows them.
  static func specifications(_ vocabulary: BenchmarkVocabulary) -> [OptionGroup<KernelsOptions>] {
    [
      backends(vocabulary),
      measurement(
        rounds: defaultRounds, seconds: defaultSeconds, of: "The length of a sample, or one call if that is longer."),
      output,
    ]
  }
}
