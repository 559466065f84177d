/// Something that was written about a cluster and means nothing.
public struct DescriptionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line of the script, from 1; `nil` outside of scripts.
  public var line: Int?
  /// What is wrong, and what would be right.
  public var message: String

  /// Creates an error.
  public init(_ message: String, line: Int? = nil) {
    self.message = message
    self.line = line
  }

  /// `line 3: ‘fast’ is no speed: …`.
  public var description: String { line.map { "line \($0): \(message)" } ?? message }
}
