extension Hyperparameter.Domain: CustomStringConvertible {
  /// The values in words, such as `a whole number from 1 to 8`.
  public var description: String {
    switch self {
    case .integer(let range):
      return "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range, let excludesLower, let excludesUpper):
      let lower = "\(Hyperparameter.Value.number(range.lowerBound))"
      let upper = "\(Hyperparameter.Value.number(range.upperBound))"
      switch (excludesLower, excludesUpper) {
      case (false, false): return "a number from \(lower) to \(upper)"
      case (false, true): return "a number from \(lower) to below \(upper)"
      case (true, false): return "a number above \(lower), up to \(upper)"
      case (true, true): return "a number above \(lower) and below \(upper)"
      }
    case .choice(let choices):
      return oneOf(choices.map(\.name))
    }
  }
}
