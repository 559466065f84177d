/// What `fit` was asked to do.
public struct FitOptions: Hashable, Sendable {
  /// The recording.
  public var path: String
  /// `--output`: the script to write, or `nil` to print it only.
  public var output: String?

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
        "--output", "Write the fitted cluster as a script, for 'asgd-train simulate --script FILE'.", default: "off",
        otherNames: ["script"]
      ) { $0.output = $1 }
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
    return options
  }
}
