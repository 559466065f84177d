internal import AsyncSGD

/// What `replay` was asked to do.
public struct ReplayOptions: Hashable, Sendable {
  /// The recording.
  public var path: String
  /// What of the run is to be different; only what was given counts.
  public var changes: TrainOptions
  /// `--threads`: threads that compute gradients.
  public var threads: Int

  /// The options that were given, but for the files that the replay writes; to repeat it.
  public var arguments: [String] = []

  /// The texts of the options that were given and take a value, by name.
  var values: [String: String] = [:]

  /// The arguments that repeat the replay.
  var moreArguments: [String] { [path] + arguments }

  /// What makes it a counterfactual, as options with their values.
  var counterfactualText: String {
    counterfactualOptions.map { name in values[name].map { "\(name) \($0)" } ?? name }.joined(separator: ", ")
  }

  /// Creates the defaults on a machine with `cores` cores.
  public init(path: String, cores: Int) {
    self.path = path
    changes = TrainOptions(cores: cores)
    threads = max(1, cores)
  }

  /// The options that make the replay a counterfactual, of those that were given.
  var counterfactualOptions: [String] {
    changes.given.subtracting(Self.plainNames).sorted()
  }

  /// The options that a replay has whether it repeats the run or not, but for `--threads`.
  private static let plainNames: Set<String> = ["--data-dir", "--metrics", "--quiet", "--threads"]

  /// The options of `train` that a recording fixes, or that mean nothing here.
  private static let fixedNames: Set<String> = [
    "--dataset", "--model", "--hidden", "--activation", "--seed", "--mode", "--workers", "--kernels", "--isa",
    "--epochs",
    "--batch-size", "--checkpoint", "--resume", "--record", "--inject", "--target-accuracy", "--fresh-gradients",
    "--plots", "--evaluations-per-epoch",
  ]

  /// The options in groups, as the help shows them.
  static func specifications(
    vocabulary: Vocabulary, cores: Int
  ) -> [(title: String, options: [OptionSpecification<ReplayOptions>])] {
    let groups = TrainOptions.specifications(vocabulary: vocabulary, cores: cores).map { group in
      (title: group.title, options: group.options.filter { !fixedNames.contains($0.name) })
    }
    let plain = groups.flatMap(\.options).filter { plainNames.contains($0.name) }
    let changes = groups.flatMap(\.options).filter { !plainNames.contains($0.name) }
    return [
      ("REPLAY", [.threads(cores: cores) { $0.threads = $1 }] + plain.map { $0.lifted(to: \.changes) }),
      ("WHAT TO CHANGE", changes.map { $0.lifted(to: \.changes) }),
    ]
  }

  /// The options of rules, optimizers and compressors.
  static var hyperparameterSpecifications: [OptionSpecification<ReplayOptions>] {
    TrainOptions.hyperparameterSpecifications.map { $0.lifted(to: \.changes) }
  }
}
