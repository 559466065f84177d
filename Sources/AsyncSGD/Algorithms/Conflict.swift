/// Why two choices do not go together, and what would.
public struct Conflict: Error, Hashable, Sendable {
  /// The option that is out of place, such as `--rule`.
  public var option: String
  /// Its value, such as `dana`.
  public var value: String
  /// What it does not go with, such as `--mode sync`.
  public var partner: String
  /// Why not: a clause about the partner, such as `in which no gradient is stale`; empty if that goes without saying.
  public var reason: String
  /// What to choose instead, such as `--mode async or ssp`, the most promising first.
  public var alternatives: [String]

  /// Creates a conflict.
  public init(option: String, value: String, partner: String, reason: String = "", alternatives: [String]) {
    self.option = option
    self.value = value
    self.partner = partner
    self.reason = reason
    self.alternatives = alternatives
  }

  /// Returns a sentence that names both choices, the reason and the remedies.
  ///
  /// - Parameter isGiven: Whether the option was given, so that it can be dropped.
  /// - Returns: The sentence.
  public func message(isGiven: Bool) -> String {
    let choices = alternatives.isEmpty ? [] : ["choose " + alternatives.joined(separator: ", or ")]
    let remedies = (isGiven ? ["drop '\(option)'"] : []) + choices
    return "'\(option) \(value)' does not go with '\(partner)'" + (reason.isEmpty ? "" : ", \(reason)")
      + (remedies.isEmpty ? "" : ": " + remedies.joined(separator: ", or "))
  }
}

extension Conflict: CustomStringConvertible {
  /// The message for whoever chose both.
  public var description: String { message(isGiven: true) }
}

/// Returns `a`, `a or b`, `a, b or c`.
func oneOf(_ names: [String]) -> String {
  guard let last = names.last, names.count > 1 else { return names.first ?? "" }
  return names.dropLast().joined(separator: ", ") + " or " + last
}
