/// A hyperparameter's name and the value that holds for it.
public struct NamedValue: Hashable, Sendable {
  /// The name without dashes, such as `staleness-bound`.
  public var name: String
  /// The value.
  public var value: Hyperparameter.Value

  /// Creates a pair.
  public init(name: String, value: Hyperparameter.Value) {
    self.name = name
    self.value = value
  }
}
