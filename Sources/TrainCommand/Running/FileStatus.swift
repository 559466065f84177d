internal import Foundation

/// What the system knows of a file, links followed.
struct FileStatus {
  /// Whether it is a directory.
  let isDirectory: Bool
  /// Whether it is a regular file, and not a device, a pipe or a directory.
  let isRegularFile: Bool
  private let device: dev_t
  private let number: ino_t

  /// Looks at the file at `path`; `nil` if there is none that can be looked at.
  init?(path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    isDirectory = information.st_mode & S_IFMT == S_IFDIR
    isRegularFile = information.st_mode & S_IFMT == S_IFREG
    device = information.st_dev
    number = information.st_ino
  }

  /// Whether both are the same file, whatever paths lead to it.
  func isSameFile(as other: FileStatus) -> Bool {
    device == other.device && number == other.number
  }
}
