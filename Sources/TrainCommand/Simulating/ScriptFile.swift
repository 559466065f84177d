internal import Foundation

/// Reads the scripts that describe clusters.
enum ScriptFile {
  /// The largest script that is read, in bytes.
  private static let mostBytes = 1 << 24

  /// Returns what a file says.
  ///
  /// - Parameter path: The file.
  /// - Returns: Its text.
  /// - Throws: ``ScriptError``.
  static func text(at path: String) throws(ScriptError) -> String {
    guard let status = FileStatus(path: path) else { throw .notFound(path: path) }
    guard !status.isDirectory else { throw .malformed(path: path, reason: "it is a directory") }
    guard let data = FileManager.default.contents(atPath: path) else { throw .notFound(path: path) }
    guard data.count <= mostBytes, let text = String(data: data, encoding: .utf8) else {
      throw .malformed(path: path, reason: "it is no text")
    }
    return text
  }
}

/// A script that cannot be used.
enum ScriptError: Error, Hashable, CustomStringConvertible {
  /// There is no such file, or none that can be read.
  case notFound(path: String)
  /// The file says something that makes no sense.
  case malformed(path: String, reason: String)

  var description: String {
    switch self {
    case .notFound(let path): "cannot read the script '\(path)'"
    case .malformed(let path, let reason): "script '\(path)': \(reason)"
    }
  }
}
