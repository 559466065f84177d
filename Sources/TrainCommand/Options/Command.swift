internal import AsyncSGD

/// What the arguments ask for, checked.
public enum Command: Hashable, Sendable {
  /// Train a model.
  case train(TrainOptions)
  /// Repeat a recorded run.
  case replay(ReplayOptions)
  /// Train in virtual time.
  case simulate(SimulateOptions)
  /// Train the same problem in several ways, and compare.
  case compare(CompareOptions)
  /// List the values that an option takes.
  case list(ListSubject)
  /// Describe a model.
  case summary(SummaryOptions)
  /// Show a recording.
  case trace(TraceOptions)
  /// Find a cluster that behaves as a recorded run.
  case fit(FitOptions)
  /// Print this help.
  case help(String)
  /// Print this version.
  case version(String)

  /// The commands by name; what is not among them does not exist.
  enum Name: String, CaseIterable {
    case train
    case compare
    case simulate
    case replay
    case list
    case summary
    case trace
    case fit
    case help
  }

  /// Reads the arguments of the program.
  ///
  /// Everything that can be known without looking at files is checked here, before any work starts.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's own name.
  ///   - vocabulary: The names that options take; must have the defaults of ``TrainOptions``.
  ///   - cores: The number of cores of this machine.
  /// - Returns: The command.
  /// - Throws: ``UsageError`` if the arguments make no sense.
  public static func parse(
    _ arguments: [String], vocabulary: Vocabulary, cores: Int
  ) throws(UsageError) -> Command {
    let options = arguments.prefix { $0 != "--" }
    if options.contains("--version") { return .version("\(Program.name) \(Program.version)\n") }
    let help = HelpText(vocabulary: vocabulary, cores: cores)
    var name = Name.train
    var rest = arguments[...]
    if let first = arguments.first, !first.hasPrefix("-") {
      name = try commandName(first)
      rest = rest.dropFirst()
    }
    if options.contains("--help") || options.contains("-h") { return .help(help.text(for: name)) }
    switch name {
    case .train: return .train(try trainOptions(Array(rest), vocabulary: vocabulary, cores: cores))
    case .simulate: return .simulate(try simulateOptions(Array(rest), vocabulary: vocabulary, cores: cores))
    case .replay: return .replay(try replayOptions(Array(rest), vocabulary: vocabulary, cores: cores))
    case .compare: return .compare(try compareOptions(Array(rest), vocabulary: vocabulary, cores: cores))
    case .summary: return .summary(try summaryOptions(Array(rest), vocabulary: vocabulary))
    case .trace: return .trace(try TraceOptions.parse(Array(rest)))
    case .fit: return .fit(try FitOptions.parse(Array(rest)))
    case .list: return .list(try listSubject(Array(rest)))
    case .help:
      guard let subject = try positionals(Array(rest), most: 1).first else { return .help(help.text(for: .train)) }
      if subject == HelpText.scriptsTopic { return .help(help.scriptsHelp) }
      if let topic = HelpTopic(rawValue: subject) { return .help(help.text(on: topic)) }
      if let name = Name(rawValue: subject) { return .help(help.text(for: name)) }
      let subjects = Name.allCases.map(\.rawValue) + HelpTopic.allCases.map(\.rawValue) + [HelpText.scriptsTopic]
      throw UsageError(
        "there is no help on '\(subject)', only on \(allOf(subjects))"
          + (NearestMatch.match(for: subject, among: subjects).map { "; did you mean '\($0)'?" } ?? ""))
    }
  }

  private static func commandName(_ text: String) throws(UsageError) -> Name {
    if let name = Name(rawValue: text) { return name }
    let names = Name.allCases.map(\.rawValue)
    let suggestion = NearestMatch.match(for: text, among: names)
    throw UsageError(
      "unknown command '\(text)'" + (suggestion.map { "; did you mean '\($0)'?" } ?? ": there are \(allOf(names))"))
  }

  private static func trainOptions(
    _ arguments: [String], vocabulary: Vocabulary, cores: Int
  ) throws(UsageError) -> TrainOptions {
    var options = TrainOptions(cores: cores)
    let outcome = try read(
      arguments,
      TrainOptions.specifications(vocabulary: vocabulary, cores: cores).flatMap(\.options)
        + TrainOptions.hyperparameterSpecifications, into: &options)
    options.given = outcome.given
    if options.mode == .sequential, !options.given.contains("--workers") { options.workers = 1 }
    try options.checkConsistency(vocabulary: vocabulary)
    return options
  }

  private static func simulateOptions(
    _ arguments: [String], vocabulary: Vocabulary, cores: Int
  ) throws(UsageError) -> SimulateOptions {
    var options = SimulateOptions(cores: cores)
    let outcome = try read(
      arguments,
      SimulateOptions.specifications(vocabulary: vocabulary, cores: cores).flatMap(\.options)
        + SimulateOptions.hyperparameterSpecifications, into: &options)
    options.train.given = outcome.given
    if options.train.mode == .sequential, !outcome.given.contains("--workers") { options.train.workers = 1 }
    try options.checkConsistency(vocabulary: vocabulary)
    return options
  }

  private static func compareOptions(
    _ arguments: [String], vocabulary: Vocabulary, cores: Int
  ) throws(UsageError) -> CompareOptions {
    var options = CompareOptions(cores: cores)
    options.common.given = try read(
      arguments,
      CompareOptions.specifications(vocabulary: vocabulary, cores: cores).flatMap(\.options)
        + CompareOptions.hyperparameterSpecifications, into: &options
    ).given
    options.arguments = arguments
    try options.checkConsistency(vocabulary: vocabulary)
    return options
  }

  private static func replayOptions(
    _ arguments: [String], vocabulary: Vocabulary, cores: Int
  ) throws(UsageError) -> ReplayOptions {
    var options = ReplayOptions(path: "", cores: cores)
    let outcome = try read(
      arguments,
      ReplayOptions.specifications(vocabulary: vocabulary, cores: cores).flatMap(\.options)
        + ReplayOptions.hyperparameterSpecifications, most: 1, into: &options)
    guard let path = outcome.positionals.first, !path.isEmpty else {
      throw UsageError("replay needs a recording: asgd-train replay FILE, where 'asgd-train --record FILE' wrote it")
    }
    options.path = path
    options.changes.given = outcome.given
    options.values = outcome.values
    options.arguments = arguments.filter { $0 != path }
    try options.files.checkPaths()
    return options
  }

  private static func summaryOptions(
    _ arguments: [String], vocabulary: Vocabulary
  ) throws(UsageError) -> SummaryOptions {
    var draft = SummaryOptions.Draft()
    _ = try read(arguments, SummaryOptions.specifications(vocabulary: vocabulary), into: &draft)
    return try SummaryOptions(draft, vocabulary: vocabulary)
  }

  /// Reads the arguments of a command into its options.
  ///
  /// - Parameters:
  ///   - arguments: What follows the command's name.
  ///   - specifications: Its options.
  ///   - most: How many arguments the command takes that belong to no option.
  ///   - options: Where to set what was given.
  /// - Returns: What was found.
  /// - Throws: ``UsageError`` if an argument makes no sense.
  private static func read<Options>(
    _ arguments: [String], _ specifications: [OptionSpecification<Options>], most: Int = 0, into options: inout Options
  ) throws(UsageError) -> ArgumentParser<Options>.Outcome {
    let outcome = try ArgumentParser(specifications: specifications).parse(arguments, into: &options)
    try refusePositionals(outcome.positionals.dropFirst(most))
    return outcome
  }

  private static func listSubject(_ arguments: [String]) throws(UsageError) -> ListSubject {
    let subjects = ListSubject.allCases.map(\.rawValue)
    guard let text = try positionals(arguments, most: 1).first else {
      throw UsageError("list needs a subject: \(oneOf(subjects))")
    }
    guard let subject = ListSubject(rawValue: text) else {
      let suggestion = NearestMatch.match(for: text, among: subjects)
      throw UsageError(
        "there is no list of '\(text)', only of \(allOf(subjects))"
          + (suggestion.map { "; did you mean '\($0)'?" } ?? ""))
    }
    return subject
  }

  /// Returns the arguments of a command that has no options.
  private static func positionals(_ arguments: [String], most: Int) throws(UsageError) -> [String] {
    var nothing: Void = ()
    let positionals = try ArgumentParser<Void>(specifications: []).parse(arguments, into: &nothing).positionals
    try refusePositionals(positionals.dropFirst(most))
    return positionals
  }

  private static func refusePositionals(_ arguments: some Sequence<String>) throws(UsageError) {
    for argument in arguments { throw UsageError("unexpected argument '\(argument)'") }
  }
}

/// Returns `a`, `a and b`, `a, b and c`.
private func allOf(_ names: [String]) -> String {
  guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
  return names.dropLast().joined(separator: ", ") + " and " + last
}
