extension Hyperparameter.Domain: CustomStringConvertible {
  /// The values in words, such as `a whole number from 1 to 8`.
  public var description: String {
    switch self {
    case .integer: "a whole number \(bounds ?? "")"
    case .number: "a number \(bounds ?? "")"
    case .choice(let choices): oneOf(choices.map(\.name))
    }
  }

  /// The bounds of numbers in words, such as `from 1 to 8`; `nil` if they are none.
  public var bounds: String? {
    switch self {
    case .integer(let range):
      return "from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range, let excludesLower, let excludesUpper):
      let lower = "\(Hyperparameter.Value.number(range.lowerBound))"
      let upper = "\(Hyperparameter.Value.number(range.upperBound))"
      switch (excludesLower, excludesUpper) {
      case (false, false): return "from \(lower) to \(upper)"
      case (false, true): return "from \(lower) to below \(upper)"
      case (true, false): return "above \(lower), up to \(upper)"
      case (true, true): return "above \(lower) and below \(upper)"
      }
    case .choice:
      return nil
    }
  }
}
