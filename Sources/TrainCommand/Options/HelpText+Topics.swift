internal import AsyncSGD

extension HelpText {
  /// Returns the help on a family: its members, and their options.
  func text(on topic: HelpTopic) -> String {
    let family = topic.family
    let members = family.members.map { Self.entry($0, in: family) }
    let options = Hyperparameter.all.filter { !$0.owners(in: family).isEmpty }.map(Self.entry)
    return """
      OVERVIEW: \(topic.overview)

      \(HelpLayout.wrapped(topic.introduction))
      USAGE: asgd-train \(family.option) NAME [options]

      \(topic.rawValue.uppercased()):
      \(members.joined())
      \(options.isEmpty ? "" : "OPTIONS:\n\(options.joined())\n")GENERAL:
      \(Self.generalOptions)
      """
  }

  /// The column at which the explanation of a member begins.
  private static let memberColumn = 24

  /// Returns the lines of a member: what it is, where it comes from, its options, and what it goes with.
  private static func entry(_ member: any Explained, in family: AlgorithmFamily) -> String {
    var lines = [member.source].filter { !$0.isEmpty }
    let hasMomentum = Combination(choosing: [family: member.rawValue])?.hasMomentum == true
    let options = (hasMomentum ? ["--momentum"] : []) + member.hyperparameters.map { $0.option }
    if !options.isEmpty { lines.append("Options: " + options.joined(separator: ", ")) }
    let limits = limits(of: member.rawValue, in: family)
    if !limits.isEmpty { lines.append("Goes with " + limits.joined(separator: "; ")) }
    return HelpLayout.entry(member.rawValue, member.summary, column: memberColumn)
      + lines.map { HelpLayout.wrapped($0, indent: memberColumn) }.joined()
  }

  /// What a member goes with, in each family of which there are some that it does not go with.
  private static func limits(of name: String, in family: AlgorithmFamily) -> [String] {
    AlgorithmFamily.allCases.filter { $0 != family }.compactMap { other in
      let names = other.members.map { $0.rawValue }
      let partners = names.filter { partner in
        Combination(choosing: [family: name, other: partner])?.conflict == nil
      }
      guard partners.count < names.count else { return nil }
      let others = names.filter { !partners.contains($0) }
      return partners.count <= others.count
        ? "\(other.option) \(oneOf(partners))" : "any \(other.option) but \(oneOf(others))"
    }
  }

  /// Returns the lines of an option of some members.
  private static func entry(_ hyperparameter: Hyperparameter) -> String {
    let owners = AlgorithmFamily.allCases.flatMap { hyperparameter.owners(in: $0) }
    let facts = [
      owners.joined(separator: ", "), hyperparameter.domain.bounds ?? "", "default: \(hyperparameter.defaultText)",
    ].filter { !$0.isEmpty }
    let name = "\(hyperparameter.option) \(hyperparameter.domain.placeholder)"
    let choices = hyperparameter.domain.choices.map { choice in
      HelpLayout.wrapped("\(choice.name): \(choice.summary)", indent: HelpLayout.helpColumn + 2)
    }
    return HelpLayout.entry(name, "\(hyperparameter.summary) (\(facts.joined(separator: "; ")))") + choices.joined()
  }
}

extension Combination {
  /// Creates the combination of some members by name, with an optimizer that goes with them where none is named; `nil` if
  /// a name is unknown.
  init?(choosing names: [AlgorithmFamily: String]) {
    self.init()
    if let name = names[.mode] {
      guard let mode = CoordinationMode(rawValue: name) else { return nil }
      self.mode = mode
    }
    if let name = names[.rule] {
      guard let rule = UpdateRuleKind(rawValue: name) else { return nil }
      self.rule = rule
    }
    if let name = names[.compression] {
      guard let compression = CompressionKind(rawValue: name) else { return nil }
      self.compression = compression
    }
    if let name = names[.optimizer] {
      guard let optimizer = OptimizerKind(rawValue: name) else { return nil }
      self.optimizer = optimizer
    } else {
      optimizer = optimizer(preferring: .sgd)
    }
  }
}
