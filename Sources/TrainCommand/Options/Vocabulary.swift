/// The names that options take, as the rooms that implement them know them.
public struct Vocabulary: Hashable, Sendable {
  /// A name and what it stands for.
  public struct Term: Hashable, Sendable {
    /// The name that an option takes.
    public var name: String
    /// What it stands for, in half a line.
    public var summary: String
    /// Where it comes from and what can be set, in a line; empty if there is nothing to say.
    public var details: String

    /// Creates a term.
    public init(_ name: String, _ summary: String, details: String = "") {
      self.name = name
      self.summary = summary
      self.details = details
    }
  }

  /// Values of `--model`.
  public var models: [Term]
  /// The models that take `--hidden` and `--activation`.
  public var modelsWithHiddenLayer: [String]
  /// Values of `--activation`.
  public var activations: [Term]
  /// Values of `--dataset`.
  public var datasets: [Term]
  /// The data sets that need no files.
  public var builtInDatasets: [String]
  /// Values of `--mode`.
  public var modes: [Term]
  /// Values of `--rule`.
  public var rules: [Term]
  /// Values of `--optimizer`.
  public var optimizers: [Term]
  /// Values of `--compression`.
  public var compressions: [Term]
  /// Values of `--schedule`.
  public var schedules: [Term]
  /// Values of `--kernels`, `auto` included.
  public var kernels: [Term]
  /// The kernels that take `--isa`.
  public var kernelsWithInstructionSets: [String]

  /// Creates a vocabulary.
  public init(
    models: [Term], modelsWithHiddenLayer: [String], activations: [Term], datasets: [Term], builtInDatasets: [String],
    modes: [Term], rules: [Term], optimizers: [Term], compressions: [Term], schedules: [Term], kernels: [Term],
    kernelsWithInstructionSets: [String]
  ) {
    self.models = models
    self.modelsWithHiddenLayer = modelsWithHiddenLayer
    self.activations = activations
    self.datasets = datasets
    self.builtInDatasets = builtInDatasets
    self.modes = modes
    self.rules = rules
    self.optimizers = optimizers
    self.compressions = compressions
    self.schedules = schedules
    self.kernels = kernels
    self.kernelsWithInstructionSets = kernelsWithInstructionSets
  }

  /// The terms of `subject`.
  public subscript(subject: ListSubject) -> [Term] {
    switch subject {
    case .models: models
    case .modes: modes
    case .rules: rules
    case .optimizers: optimizers
    case .compressions: compressions
    case .schedules: schedules
    case .kernels: kernels
    case .datasets: datasets
    }
  }

  /// Returns what `list` prints: a name and its summary a line, and where there are details, an indented line of them.
  public func listing(of subject: ListSubject) -> String {
    let column = 2 + (self[subject].map(\.name.count).max() ?? 0)
    return self[subject].map { term in
      let margin = String(repeating: " ", count: column - term.name.count)
      let details = term.details.isEmpty ? "" : String(repeating: " ", count: column) + term.details + "\n"
      return "\(term.name)\(margin)\(term.summary)\n\(details)"
    }.joined()
  }
}

/// What `list` lists.
public enum ListSubject: String, CaseIterable, Sendable {
  /// Values of `--model`.
  case models
  /// Values of `--mode`.
  case modes
  /// Values of `--rule`.
  case rules
  /// Values of `--optimizer`.
  case optimizers
  /// Values of `--compression`.
  case compressions
  /// Values of `--schedule`.
  case schedules
  /// Values of `--kernels`.
  case kernels
  /// Values of `--dataset`.
  case datasets
}
