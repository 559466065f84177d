internal import Foundation
package import Reporting

/// Files that are written at the end of long work.
package enum WritableFile {
  /// Finds out before the work whether its result can be saved at `path`.
  ///
  /// - Parameter path: The file that is to be replaced; it need not exist, but its directory must.
  /// - Throws: ``OutputError`` that says what is in the way.
  package static func check(_ path: String) throws(OutputError) {
    var destination = path
    if let status = FileStatus(path: path) {
      guard !status.isDirectory else { throw OutputError(name: path, reason: "it is a directory") }
      guard status.isRegularFile else { throw OutputError(name: path, reason: "it is not a regular file") }
      // A link stays one: the file that it leads to is replaced.
      if let resolved = realpath(path, nil) {
        destination = String(cString: resolved)
        free(resolved)
      }
    }
    let directory = Self.directory(of: destination)
    guard FileStatus(path: directory)?.isDirectory == true else {
      throw OutputError(name: path, reason: "there is no directory '\(directory)'")
    }
    guard access(directory, W_OK | X_OK) == 0 else {
      throw OutputError(name: path, reason: "the directory '\(directory)' is not writable")
    }
  }

  /// Finds out before the work whether a file that is there can be emptied and written, or a new one made.
  ///
  /// Nothing is opened: what waits for a reader, such as a pipe, does so when the work begins.
  ///
  /// - Parameter path: The file; a pipe or a device will do.
  /// - Throws: ``OutputError`` that says what is in the way.
  static func checkInPlace(_ path: String) throws(OutputError) {
    guard let status = FileStatus(path: path) else { return try check(path) }
    guard !status.isDirectory else { throw OutputError(name: path, reason: "it is a directory") }
    guard !status.isRegularFile || access(path, W_OK) == 0 else {
      throw OutputError(name: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Everything before the last slash.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
