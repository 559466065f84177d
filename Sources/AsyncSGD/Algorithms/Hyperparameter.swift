/// A number or a choice that belongs to one or more modes, rules, optimizers or compressors.
///
/// Each one is declared once, as a constant of this type, and the options of the command line, their help, the lists, the
/// metadata of checkpoints and the metrics all follow from the declaration.
public struct Hyperparameter: Sendable {
  /// What a default may depend on.
  public struct Setting: Hashable, Sendable {
    /// The number of workers.
    public var workers: Int
    /// Who waits for whom.
    public var mode: CoordinationMode
    /// The step itself.
    public var optimizer: OptimizerKind
    /// How gradients are made smaller.
    public var compression: CompressionKind

    /// Creates a setting.
    public init(
      workers: Int, mode: CoordinationMode, optimizer: OptimizerKind = .sgd, compression: CompressionKind = .none
    ) {
      self.workers = workers
      self.mode = mode
      self.optimizer = optimizer
      self.compression = compression
    }
  }

  /// A value.
  public enum Value: Hashable, Sendable, CustomStringConvertible {
    /// A whole number.
    case integer(Int)
    /// A number.
    case number(Double)
    /// A word.
    case choice(String)

    /// The value as an option takes it: the shortest text that reads back as it.
    public var description: String {
      switch self {
      case .integer(let value): return "\(value)"
      case .number(let value):
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
      case .choice(let value): return value
      }
    }
  }

  /// A word that a choice takes.
  public struct Choice: Hashable, Sendable {
    /// The word.
    public let name: String
    /// What it means.
    public let summary: String

    /// Creates a word.
    public init(_ name: String, _ summary: String) {
      self.name = name
      self.summary = summary
    }
  }

  /// The default of some owners in words.
  public struct DefaultText: Sendable {
    let owners: [String]
    let text: String

    /// Says what the default is for some modes, rules, optimizers or compressors.
    public init<Owner: Explained>(_ owners: [Owner], _ text: String) {
      self.owners = owners.map(\.rawValue)
      self.text = text
    }
  }

  /// The values it takes.
  public enum Domain: Hashable, Sendable {
    /// Whole numbers.
    case integer(ClosedRange<Int>)
    /// Numbers; the bounds belong to it unless they are excluded.
    case number(ClosedRange<Double>, excludesLower: Bool = false, excludesUpper: Bool = false)
    /// Words.
    case choice([Choice])

    /// Returns whether it contains `value`.
    public func contains(_ value: Value) -> Bool {
      switch (self, value) {
      case (.integer(let range), .integer(let value)):
        range.contains(value)
      case (.number(let range, let excludesLower, let excludesUpper), .number(let value)):
        range.contains(value) && !(excludesLower && value == range.lowerBound)
          && !(excludesUpper && value == range.upperBound)
      case (.choice(let choices), .choice(let value)):
        choices.contains { $0.name == value }
      default:
        false
      }
    }
  }

  /// The name without dashes, such as `staleness-bound`.
  public let name: String
  /// What it means, in a line for the help.
  public let summary: String
  /// The values it takes.
  public let domain: Domain
  /// The default in a setting.
  public let defaultValue: @Sendable (Setting) -> Value
  /// The default in words, such as `half the workers`; where it differs between its owners, those of all.
  public let defaultText: String
  /// The default in words by the name of the owner, where it differs.
  private let defaultTexts: [String: String]

  /// Declares a hyperparameter with one default.
  ///
  /// - Precondition: The default is in the domain.
  public init(_ name: String, _ summary: String, _ domain: Domain, default value: Value) {
    self.init(name, summary, domain, defaultText: "\(value)") { _ in value }
  }

  /// Declares a hyperparameter whose default depends on the setting.
  ///
  /// - Precondition: The default is in the domain, in any setting.
  public init(
    _ name: String, _ summary: String, _ domain: Domain, defaultText: String,
    default defaultValue: @escaping @Sendable (Setting) -> Value
  ) {
    self.init(name, summary, domain, text: defaultText, texts: [:], value: defaultValue)
  }

  /// Declares a hyperparameter whose default depends on which mode, rule, optimizer or compressor has it.
  ///
  /// - Precondition: The default is in the domain, in any setting.
  public init(
    _ name: String, _ summary: String, _ domain: Domain, defaultTexts: [DefaultText],
    default defaultValue: @escaping @Sendable (Setting) -> Value
  ) {
    self.init(
      name, summary, domain,
      text: defaultTexts.map { "\($0.owners.joined(separator: ", ")): \($0.text)" }.joined(separator: "; "),
      texts: Dictionary(uniqueKeysWithValues: defaultTexts.flatMap { entry in entry.owners.map { ($0, entry.text) } }),
      value: defaultValue)
  }

  private init(
    _ name: String, _ summary: String, _ domain: Domain, text: String, texts: [String: String],
    value: @escaping @Sendable (Setting) -> Value
  ) {
    self.name = name
    self.summary = summary
    self.domain = domain
    defaultValue = value
    defaultText = text
    defaultTexts = texts
  }

  /// The option with its dashes.
  public var option: String { "--\(name)" }

  /// Returns the default in words of one mode, rule, optimizer or compressor that has it.
  public func defaultText(of owner: some Explained) -> String {
    defaultTexts[owner.rawValue] ?? defaultText
  }
}

/// The hyperparameters that were given; the others have their defaults.
public struct Hyperparameters: Hashable, Sendable {
  /// What was given, by name.
  public private(set) var given: [String: Hyperparameter.Value] = [:]

  /// Creates a set in which everything has its default.
  public init() {}

  /// The value that was given for a hyperparameter, or `nil` for its default.
  ///
  /// - Precondition: A value that is set is in the domain.
  public subscript(hyperparameter: Hyperparameter) -> Hyperparameter.Value? {
    get { given[hyperparameter.name] }
    set {
      if let newValue {
        precondition(
          hyperparameter.domain.contains(newValue), "\(newValue) is no value for \(hyperparameter.name)")
      }
      given[hyperparameter.name] = newValue
    }
  }

  /// Returns what holds in a setting: the given value, or the default.
  public func value(of hyperparameter: Hyperparameter, in setting: Hyperparameter.Setting) -> Hyperparameter.Value {
    given[hyperparameter.name] ?? hyperparameter.defaultValue(setting)
  }

  /// Returns the whole number that holds in a setting.
  ///
  /// - Precondition: It is one.
  public func integer(_ hyperparameter: Hyperparameter, in setting: Hyperparameter.Setting) -> Int {
    guard case .integer(let value) = value(of: hyperparameter, in: setting) else {
      preconditionFailure("\(hyperparameter.name) is no whole number")
    }
    return value
  }

  /// Returns the number that holds in a setting.
  ///
  /// - Precondition: It is one.
  public func number(_ hyperparameter: Hyperparameter, in setting: Hyperparameter.Setting) -> Double {
    guard case .number(let value) = value(of: hyperparameter, in: setting) else {
      preconditionFailure("\(hyperparameter.name) is no number")
    }
    return value
  }

  /// Returns the word that holds in a setting.
  ///
  /// - Precondition: It is one.
  public func choice(_ hyperparameter: Hyperparameter, in setting: Hyperparameter.Setting) -> String {
    guard case .choice(let value) = value(of: hyperparameter, in: setting) else {
      preconditionFailure("\(hyperparameter.name) is no choice")
    }
    return value
  }
}
