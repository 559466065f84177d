/// Arguments that make no sense, in words for the user.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, naming the option, its value and what is allowed.
  public let message: String

  /// Creates an error.
  public init(_ message: String) {
    self.message = message
  }

  /// The message, and where to read more; for standard error.
  public var description: String {
    "error: \(message)\n       see '\(Program.name) --help'"
  }
}
