/// What `fit` was asked to do.
public struct FitOptions: Hashable, Sendable {
  /// The recording.
  public var path: String
  /// `--output`: the script to write, or `nil` to print it only.
  public var output: String?
  /// `--curves`: whether to compare accuracies, too.
  public var comparesCurves = false
  /// `--data-dir`, for the curves.
  public var train = TrainOptions(cores: 1)
  /// `--threads`, for the curves; `nil` for the number of cores.
  public var threads: Int?

  /// Creates options.
  public init(path: String, output: String? = nil) {
    self.path = path
    self.output = output
  }
}

extension FitOptions {
  /// The options of `fit`.
  static var specifications: [OptionSpecification<FitOptions>] {
    [
      .path(
        "--output",
        "Write the fitted cluster as a script, for 'asgd-train simulate --script FILE'; if it draws from measured times, "
          + "these lie beside it in files that it names.", default: "off",
        otherNames: ["script"]
      ) { $0.output = $1 },
      .flag(
        "--curves",
        "Replay the run, simulate it on the fitted cluster, and compare the test accuracies after each epoch."
      ) { $0.comparesCurves = true },
      .path(
        "--data-dir", "Where the files of the data set are, for --curves.", placeholder: "DIR",
        default: "Datasets/<dataset>, below the current directory"
      ) { $0.train.dataDirectory = $1 },
      .integer(
        "--threads", "Threads that compute gradients, for --curves.", in: 1...TrainOptions.mostThreads,
        default: "the number of cores"
      ) { $0.threads = $1 },
    ]
  }

  /// Reads the arguments of `fit`.
  static func parse(_ arguments: [String]) throws(UsageError) -> FitOptions {
    var options = FitOptions(path: "")
    let outcome = try ArgumentParser(specifications: specifications).parse(arguments, into: &options)
    guard let path = outcome.positionals.first else { throw UsageError("fit needs a recording: fit FILE") }
    for argument in outcome.positionals.dropFirst() { throw UsageError("unexpected argument '\(argument)'") }
    guard !path.isEmpty, !path.utf8.contains(0) else { throw UsageError("'\(path)' is no path of a recording") }
    options.path = path
    if !options.comparesCurves {
      for name in ["--data-dir", "--threads"] where outcome.given.contains(name) {
        throw UsageError("'\(name)' is for '--curves': add that, or drop it")
      }
    }
    return options
  }
}
