import Foundation

/// A directory of a test's own, removed when the test ends.
final class TemporaryDirectory {
  /// The path, without a slash at the end.
  let path: String

  /// Creates the directory; `suffix` ends its name.
  init(suffix: String = "") throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("asgd-train-tests-\(UUID().uuidString)\(suffix)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  /// The path of `name` in this directory.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The text of `name` in this directory.
  func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  /// The names of what is in this directory.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}
