internal import AsyncSGD

extension TrainOptions {
  /// The options of modes, rules, optimizers and compressors, as their declarations have them.
  static var hyperparameterSpecifications: [OptionSpecification<TrainOptions>] {
    let general = Set(Hyperparameter.general.map(\.name))
    return Hyperparameter.all.filter { !general.contains($0.name) }.map(specification)
  }

  /// The options of hyperparameters that every algorithm has.
  static var generalHyperparameterSpecifications: [OptionSpecification<TrainOptions>] {
    Hyperparameter.general.map(specification)
  }

  private static func specification(of hyperparameter: Hyperparameter) -> OptionSpecification<TrainOptions> {
    OptionSpecification(
      name: hyperparameter.option, placeholder: hyperparameter.domain.placeholder, help: hyperparameter.summary,
      values: hyperparameter.domain.choices.map(\.name), defaultText: hyperparameter.defaultText, otherNames: []
    ) { (options, value) throws(UsageError) in
      options.hyperparameters[hyperparameter] = try value.value(in: hyperparameter.domain)
    }
  }

  /// The hyperparameters that were given, in the order of their declaration.
  var givenHyperparameters: [Hyperparameter] {
    Hyperparameter.all.filter { hyperparameters[$0] != nil }
  }

  /// Refuses a hyperparameter that none of the choices has.
  ///
  /// - Parameter combination: The choices, which the options or a checkpoint name.
  /// - Throws: ``UsageError`` that names the choices which have it.
  func checkHyperparameters(of combination: Combination) throws(UsageError) {
    let names = Set(combination.hyperparameters.map(\.name))
    for hyperparameter in givenHyperparameters where !names.contains(hyperparameter.name) {
      let owners = AlgorithmFamily.allCases.map { (family: $0, names: hyperparameter.owners(in: $0)) }
        .filter { !$0.names.isEmpty }
      let chosen = owners.map { "'\($0.family.option) \(combination.name(in: $0.family))'" }
      let alternatives = owners.map { "\($0.family.option) \(oneOf($0.names))" }
      throw UsageError(
        "'\(hyperparameter.option)' does not go with \(chosen.joined(separator: " and ")): drop it, or choose "
          + alternatives.joined(separator: ", or "))
    }
  }
}

extension Hyperparameter.Domain {
  /// What a value is called in the help.
  var placeholder: String {
    switch self {
    case .integer: "N"
    case .number: "X"
    case .choice: "NAME"
    }
  }

  /// The words that it consists of, if it does.
  var choices: [Hyperparameter.Choice] {
    if case .choice(let choices) = self { choices } else { [] }
  }
}

extension OptionValue {
  /// Returns a value in `domain`.
  func value(in domain: Hyperparameter.Domain) throws(UsageError) -> Hyperparameter.Value {
    switch domain {
    case .integer(let range): return .integer(try integer(in: range))
    case .choice(let choices): return .choice(try name(from: choices.map(\.name)))
    case .number:
      guard let number = decimalNumber, domain.contains(.number(number)) else {
        throw error(allowed: domain.description)
      }
      return .number(number)
    }
  }
}
