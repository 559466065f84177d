/// Why the zoo has no such model.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no model of that name.
  case unknownModel(name: String, known: [String])
  /// An option is out of its domain.
  case tooSmall(option: String, value: Int, minimum: Int)

  /// A sentence that names the value and what is allowed.
  public var description: String {
    switch self {
    case .unknownModel(let name, let known):
      "there is no model '\(name)'; the models are \(known.joined(separator: ", "))"
    case .tooSmall(let option, let value, let minimum):
      "the number of \(option) is \(value), but must be at least \(minimum)"
    }
  }
}
