/// A condition that is reported when it begins, and again from time to time while it lasts.
struct Episode: Sendable {
  /// What is to be said.
  enum Report {
    case beginning
    case repetition
  }

  /// Whether the condition held when it was last looked at.
  private(set) var isOn = false
  private var reportedAt: Int?

  /// Takes note of whether the condition holds.
  ///
  /// A condition that comes back soon after it went is no news: it counts as a repetition.
  ///
  /// - Parameters:
  ///   - holds: Whether it holds.
  ///   - interval: Examples from report to report.
  ///   - examples: Examples trained on so far.
  /// - Returns: What is to be said, if anything.
  mutating func report(_ holds: Bool, every interval: Int, at examples: Int) -> Report? {
    let begins = holds && !isOn
    isOn = holds
    guard holds else { return nil }
    let isRecent = reportedAt.map { examples - $0 < interval } ?? false
    guard begins || !isRecent else { return nil }
    defer { reportedAt = examples }
    return begins && !isRecent ? .beginning : .repetition
  }
}
