internal import Foundation

/// The files of a command and what each is for, so that nothing that is written takes the place of something else.
struct FilePurposes {
  private struct File {
    /// What it is, as messages say it: an option in quotation marks, or words.
    let name: String
    let path: String
    let isWritten: Bool
    /// What it may take the place of, by its name.
    let successor: String?

    /// Both what it is and where, as messages say it.
    var place: String {
      name.hasSuffix("'") ? "\(name.dropLast()) \(path)'" : "\(name) '\(path)'"
    }
  }

  private var files: [File] = []

  /// Adds a file that is read, if there is one.
  mutating func reads(_ path: String?, as name: String) {
    if let path { files.append(File(name: name, path: path, isWritten: false, successor: nil)) }
  }

  /// Adds a file that is written, if there is one.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - name: What it is: an option in quotation marks.
  ///   - predecessor: What may be the same file, because it is read before.
  mutating func writes(_ path: String?, as name: String, after predecessor: String? = nil) {
    if let path { files.append(File(name: name, path: path, isWritten: true, successor: predecessor)) }
  }

  /// Refuses two purposes of one path, without a look at the files.
  ///
  /// - Throws: ``UsageError`` that names both.
  func checkPaths() throws(UsageError) {
    try forEachConflict { first, second throws(UsageError) in
      guard first.path == second.path else { return }
      throw UsageError("\(first.name) and \(second.name) name the same file '\(first.path)'")
    }
  }

  /// Refuses two purposes of one file, whatever paths lead to it, and whether or not it is there already.
  ///
  /// Devices and pipes may have several purposes: what is written there takes the place of nothing.
  ///
  /// - Throws: ``UsageError`` that names both.
  func check() throws(UsageError) {
    try checkPaths()
    try forEachConflict { first, second throws(UsageError) in
      guard Self.isSameFile(first.path, second.path) else { return }
      throw UsageError("\(first.place) and \(second.place) are the same file")
    }
  }

  /// Calls `body` for all pairs of files of which at least one is written and may not replace the other.
  private func forEachConflict(_ body: (File, File) throws(UsageError) -> Void) throws(UsageError) {
    for (index, second) in files.enumerated() {
      for first in files[..<index] where first.isWritten || second.isWritten {
        guard first.successor != second.name, second.successor != first.name else { continue }
        try body(first, second)
      }
    }
  }

  private static func isSameFile(_ first: String, _ second: String) -> Bool {
    switch (FileStatus(path: first), FileStatus(path: second)) {
    case (let one?, let other?): one.isRegularFile && one.isSameFile(as: other)
    case (nil, nil): resolved(first) == resolved(second)
    default: false
    }
  }

  /// Where a file that is not there yet would come to be.
  private static func resolved(_ path: String) -> String {
    var path = path
    // More links than this the system does not follow either.
    for _ in 0..<40 {
      let directory = WritableFile.directory(of: path)
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        guard let real = realpath(directory, nil) else { return path }
        defer { free(real) }
        return String(cString: real) + "/" + (path.split(separator: "/").last ?? "")
      }
      path = target.hasPrefix("/") ? target : "\(directory)/\(target)"
    }
    return path
  }
}
