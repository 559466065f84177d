/// The choices that make an algorithm; each is an option of its name.
public enum AlgorithmFamily: String, CaseIterable, Sendable {
  /// Who waits for whom: ``CoordinationMode``.
  case mode
  /// How a stale gradient is applied: ``UpdateRuleKind``.
  case rule
  /// The step itself: ``OptimizerKind``.
  case optimizer
  /// How a gradient is made smaller on its way to the server: ``CompressionKind``.
  case compression

  /// The option with its dashes.
  public var option: String { "--\(rawValue)" }

  /// What there is to choose from.
  public var members: [any Explained] {
    switch self {
    case .mode: CoordinationMode.allCases
    case .rule: UpdateRuleKind.allCases
    case .optimizer: OptimizerKind.allCases
    case .compression: CompressionKind.allCases
    }
  }
}

// MARK: The hyperparameters of all of them

extension Hyperparameter {
  /// Those that every algorithm has.
  public static let general: [Hyperparameter] = [.clipNorm]

  /// Every hyperparameter that there is, each once, in the order of families and members; the ``general`` ones first.
  public static let all: [Hyperparameter] =
    (general + AlgorithmFamily.allCases.flatMap { $0.members }.flatMap { $0.hyperparameters }).uniqued()

  /// Returns the hyperparameter of that name.
  public static func named(_ name: String) -> Hyperparameter? {
    all.first { $0.name == name }
  }

  /// The members of `family` that have it, by name.
  public func owners(in family: AlgorithmFamily) -> [String] {
    family.members.filter { $0.hyperparameters.contains { $0.name == name } }.map { $0.rawValue }
  }
}

extension [Hyperparameter] {
  /// The first of each name.
  func uniqued() -> Self {
    var names = Set<String>()
    return filter { names.insert($0.name).inserted }
  }
}
