/// Splits arguments into options and the rest, and hands each option its value.
package struct ArgumentParser<Options> {
  /// What the arguments said beside the options' values.
  package struct Outcome {
    /// The names of the options that were given, with their dashes.
    package var given = Set<String>()
    /// The texts of the options that were given and take a value, by name.
    package var values: [String: String] = [:]
    /// Arguments that are no options.
    package var positionals: [String] = []
  }

  private let specifications: [OptionSpecification<Options>]

  /// Creates a parser of these options.
  package init(specifications: [OptionSpecification<Options>]) {
    self.specifications = specifications
  }

  /// Reads `arguments` into `options`.
  ///
  /// A value follows its option as the next argument or after `=`. A value that begins with two dashes needs the
  /// `=`, so that a forgotten value does not swallow the next option. `--` ends the options.
  ///
  /// - Throws: ``UsageError`` at the first argument that makes no sense.
  package func parse(_ arguments: [String], into options: inout Options) throws(UsageError) -> Outcome {
    var outcome = Outcome()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        outcome.positionals += rest
        break
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        outcome.positionals.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let specification = try specification(named: parts[0])
      guard outcome.given.insert(specification.name).inserted else {
        throw UsageError("'\(specification.name)' is given twice")
      }
      var text = parts.count == 2 ? parts[1] : nil
      if let placeholder = specification.placeholder {
        if text == nil, let next = rest.first, !next.hasPrefix("--") { text = rest.removeFirst() }
        guard text != nil else { throw UsageError("'\(specification.name)' needs a value: \(placeholder)") }
      } else if let text {
        throw UsageError("'\(specification.name)' takes no value, but has '\(text)'")
      }
      outcome.values[specification.name] = text
      try specification.set(&options, OptionValue(option: specification.name, text: text ?? ""))
    }
    return outcome
  }

  private func specification(named name: String) throws(UsageError) -> OptionSpecification<Options> {
    if let specification = specifications.first(where: { $0.name == name }) { return specification }
    let bare = String(name.drop { $0 == "-" })
    let suggestion =
      specifications.first { $0.otherNames.contains(bare) }?.name
      ?? NearestMatch.match(for: bare, among: specifications.map { String($0.name.dropFirst(2)) }).map { "--\($0)" }
    throw UsageError("unknown option '\(name)'" + (suggestion.map { "; did you mean '\($0)'?" } ?? ""))
  }
}
