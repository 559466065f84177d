internal import TrainCommand

/// What the arguments ask for, checked.
enum BenchmarkCommand: Hashable, Sendable {
  /// Measure the kernels.
  case kernels(KernelsOptions)
  /// Measure the parameter server.
  case server(ServerOptions)
  /// Measure training.
  case training(TrainingOptions)
  /// Print this help.
  case help(String)
  /// Print this version.
  case version(String)

  /// The commands by name.
  enum Name: String, CaseIterable {
    case kernels
    case server
    case training
    case help
  }

  /// Reads the arguments of the program.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's own name.
  ///   - vocabulary: The names that options take.
  /// - Returns: The command.
  /// - Throws: ``UsageError`` if the arguments make no sense.
  static func parse(_ arguments: [String], vocabulary: BenchmarkVocabulary) throws(UsageError) -> BenchmarkCommand {
    let options = arguments.prefix { $0 != "--" }
    if options.contains("--version") { return .version("\(BenchmarkProgram.name) \(Program.version)\n") }
    let help = BenchmarkHelp(vocabulary: vocabulary)
    let asksForHelp = options.contains("--help") || options.contains("-h")
    guard let first = arguments.first, !first.hasPrefix("-") else {
      if asksForHelp { return .help(help.text(for: .help)) }
      throw UsageError(
        arguments.isEmpty
          ? "there are benchmarks of \(Self.benchmarks)" : "the benchmark comes first: \(oneOf(Self.benchmarkNames))")
    }
    let name = try name(first)
    if asksForHelp { return .help(help.text(for: name)) }
    let rest = Array(arguments.dropFirst())
    switch name {
    case .kernels: return .kernels(try read(rest, KernelsOptions.specifications(vocabulary), KernelsOptions()))
    case .server: return .server(try read(rest, ServerOptions.specifications(vocabulary), ServerOptions()))
    case .training:
      return .training(
        try read(rest, TrainingOptions.specifications(vocabulary), TrainingOptions(models: vocabulary.models)))
    case .help:
      guard rest.count < 2 else { throw UsageError("unexpected argument '\(rest[1])'") }
      return .help(help.text(for: try rest.first.map(Self.name) ?? .help))
    }
  }

  private static let benchmarkNames = Name.allCases.map(\.rawValue).filter { $0 != Name.help.rawValue }

  private static var benchmarks: String {
    benchmarkNames.dropLast().joined(separator: ", ") + " and " + (benchmarkNames.last ?? "")
  }

  private static func name(_ text: String) throws(UsageError) -> Name {
    if let name = Name(rawValue: text) { return name }
    let suggestion = NearestMatch.match(for: text, among: Name.allCases.map(\.rawValue))
    throw UsageError(
      "unknown command '\(text)'"
        + (suggestion.map { "; did you mean '\($0)'?" } ?? ": there are benchmarks of \(benchmarks)"))
  }

  private static func read<Options>(
    _ arguments: [String], _ groups: [OptionGroup<Options>], _ defaults: Options
  ) throws(UsageError) -> Options {
    var options = defaults
    let outcome = try ArgumentParser(specifications: groups.flatMap(\.options)).parse(arguments, into: &options)
    if let first = outcome.positionals.first { throw UsageError("unexpected argument '\(first)'") }
    return options
  }
}
