/// Arguments that make no sense, in words for the user.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, naming the option, its value and what is allowed.
  public let message: String
  /// How the process ends: ``ExitCode/usage``, unless a file that an argument names is to blame.
  public let exitCode: ExitCode

  /// Creates an error.
  public init(_ message: String, exitCode: ExitCode = .usage) {
    self.message = message
    self.exitCode = exitCode
  }

  /// The message, and where to read more; for standard error.
  public var description: String { text(command: nil) }

  /// Returns the message, and where to read more; for standard error.
  ///
  /// - Parameter command: The command whose help it is; `nil` for the program's.
  /// - Returns: One line, or two.
  func text(command: String?) -> String {
    guard exitCode == .usage else { return "error: \(message)" }
    return "error: \(message)\n       see '\(Program.name) \(command.map { "\($0) " } ?? "")--help'"
  }
}
