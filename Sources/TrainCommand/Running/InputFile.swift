internal import Foundation

/// Files that are read in one piece.
enum InputFile {
  /// Returns the bytes of a file.
  ///
  /// - Parameter path: The file; a pipe or a device will do.
  /// - Returns: All that it holds.
  /// - Throws: ``InputFileError`` that says what is in the way.
  static func contents(of path: String) throws(InputFileError) -> [UInt8] {
    if FileStatus(path: path)?.isDirectory == true { throw InputFileError(path: path, reason: "it is a directory") }
    guard access(path, R_OK) == 0 else {
      throw InputFileError(path: path, reason: String(cString: strerror(errno)))
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputFileError(path: path, reason: "the system does not say why")
    }
    return [UInt8](data)
  }
}

/// A file that could not be read.
struct InputFileError: Error, Hashable, CustomStringConvertible {
  let path: String
  /// Why, such as `No such file or directory`.
  let reason: String

  var description: String { "cannot read '\(path)': \(reason)" }
}
