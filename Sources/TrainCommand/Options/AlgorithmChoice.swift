internal import AsyncSGD

/// A mode or a rule with some of its hyperparameters, in the short form that lists take.
///
/// `ssp` is one with its defaults, `ssp:2` sets its first hyperparameter, and
/// `dssp:staleness-bound=2+staleness-bound-range=6` sets several by name.
struct AlgorithmChoice<Member: Explained & Hashable>: Hashable, Sendable {
  /// The mode or rule.
  let member: Member
  /// What was given of its hyperparameters.
  let hyperparameters: Hyperparameters

  /// Creates a choice with the defaults.
  init(_ member: Member) {
    self.member = member
    hyperparameters = Hyperparameters()
  }

  /// Reads a choice.
  ///
  /// - Parameter value: The text, and the option that it belongs to.
  /// - Throws: ``UsageError`` that says what is allowed.
  init(_ value: OptionValue) throws(UsageError) {
    let parts = value.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = try OptionValue(option: value.option, text: parts[0]).name(from: Member.allCases.map(\.rawValue))
    guard let member = Member(rawValue: name) else { preconditionFailure("\(name) is none of the names") }
    var hyperparameters = Hyperparameters()
    if parts.count == 2 {
      guard let first = member.hyperparameters.first else {
        throw UsageError("'\(name)' of '\(value.option)' has nothing to set: leave out ':\(parts[1])'")
      }
      let settings = parts[1].split(separator: "+", omittingEmptySubsequences: false).map(String.init)
      for setting in settings {
        let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var hyperparameter = first
        if sides.count == 2 {
          let names = member.hyperparameters.map(\.name)
          let wanted = try OptionValue(option: "\(value.option) \(name):", text: sides[0]).name(from: names)
          hyperparameter = member.hyperparameters.first { $0.name == wanted } ?? first
        } else if settings.count > 1 {
          throw UsageError(
            "'\(setting)' in '\(value.option) \(value.text)' has no name: several are set as NAME=VALUE+NAME=VALUE")
        }
        guard hyperparameters[hyperparameter] == nil else {
          throw UsageError("'\(value.option) \(value.text)' sets '\(hyperparameter.name)' twice")
        }
        hyperparameters[hyperparameter] = try OptionValue(
          option: "\(value.option) \(name):\(hyperparameter.name)", text: sides[sides.count - 1]
        ).value(in: hyperparameter.domain)
      }
    }
    self.member = member
    self.hyperparameters = hyperparameters
  }

  /// The choice in its short form, the same for all ways to write it.
  var label: String {
    let given = member.hyperparameters.compactMap { hyperparameter in
      hyperparameters[hyperparameter].map { (name: hyperparameter.name, value: $0) }
    }
    guard let only = given.first else { return member.rawValue }
    if given.count == 1, only.name == member.hyperparameters.first?.name { return "\(member.rawValue):\(only.value)" }
    return member.rawValue + ":" + given.map { "\($0.name)=\($0.value)" }.joined(separator: "+")
  }
}

extension OptionValue {
  /// Returns the parts of a list with commas, each read by `element`.
  ///
  /// - Throws: ``UsageError`` if a part is empty or makes no sense, or two are the same.
  func list<Element: Hashable>(
    _ element: (OptionValue) throws(UsageError) -> Element
  ) throws(UsageError) -> [Element] {
    var elements: [Element] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard !part.isEmpty else {
        throw UsageError("'\(option) \(text)' has an empty place between its commas")
      }
      let next = try element(OptionValue(option: option, text: String(part)))
      guard !elements.contains(next) else { throw UsageError("'\(option) \(text)' names '\(part)' twice") }
      elements.append(next)
    }
    return elements
  }
}
