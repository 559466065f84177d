internal import Foundation

/// Replaces a file as a whole: readers see the old contents or the new ones, never a mixture.
///
/// The contents go to a temporary file in the same directory, which is synced to disk, renamed over the destination,
/// and made durable by syncing the directory. A failure before the rename leaves the old file as it was and removes
/// the temporary. A destination that is a symbolic link stays one: the file it points to is replaced.
public enum AtomicFile {
  /// Where the contents of a file being written go.
  public struct Writer {
    fileprivate let descriptor: Int32
    fileprivate let path: String

    /// Appends `bytes`, straight from the caller's memory.
    ///
    /// - Parameter bytes: What to append; any number of bytes.
    /// - Throws: ``AtomicFileError``; the file is then given up whatever the caller does next, if it lets the error
    ///   through.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(AtomicFileError) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = writeSome(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        if written >= 0 {
          rest = rest.dropFirst(written)
        } else if errno != EINTR {
          throw AtomicFileError(path: path, operation: .write, errorNumber: errno)
        }
      }
    }

    /// Appends `bytes`.
    ///
    /// - Parameter bytes: What to append.
    /// - Throws: ``AtomicFileError``.
    public func append(_ bytes: [UInt8]) throws(AtomicFileError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(AtomicFileError) in
        try append(UnsafeRawBufferPointer(buffer))
      }
    }
  }

  /// Replaces the file at `path` by `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The whole new contents.
  ///   - path: The destination, which need not exist; its directory must.
  /// - Throws: ``AtomicFileError``; the old file is then unchanged, unless only the directory could not be synced.
  public static func write(_ bytes: [UInt8], to path: String) throws(AtomicFileError) {
    try write(to: path) { (writer) throws(AtomicFileError) in try writer.append(bytes) }
  }

  /// Replaces the file at `path` by what `body` appends.
  ///
  /// - Parameters:
  ///   - path: The destination, which need not exist; its directory must.
  ///   - body: Appends the new contents, in as many pieces as it likes.
  /// - Throws: ``AtomicFileError``; the old file is then unchanged, unless only the directory could not be synced.
  public static func write(
    to path: String, _ body: (Writer) throws(AtomicFileError) -> Void
  ) throws(AtomicFileError) {
    let destination = try resolveDestination(path)
    let temporary = "\(destination.directory)/.\(String(UInt64.random(in: 0 ... .max), radix: 16)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw AtomicFileError(path: path, operation: .create, errorNumber: errno) }
    do throws(AtomicFileError) {
      var isOpen = true
      defer { if isOpen { close(descriptor) } }
      if let mode = destination.mode { fchmod(descriptor, mode) }
      try body(Writer(descriptor: descriptor, path: path))
      guard fsync(descriptor) == 0 else { throw AtomicFileError(path: path, operation: .sync, errorNumber: errno) }
      isOpen = false
      guard close(descriptor) == 0 else { throw AtomicFileError(path: path, operation: .write, errorNumber: errno) }
      guard rename(temporary, destination.path) == 0 else {
        throw AtomicFileError(path: path, operation: .rename, errorNumber: errno)
      }
    } catch {
      unlink(temporary)
      throw error
    }
    try syncDirectory(destination.directory, path: path)
  }

  /// Where `path` leads: the directory and file to replace, and the permissions of the file there is.
  private static func resolveDestination(
    _ path: String
  ) throws(AtomicFileError) -> (directory: String, path: String, mode: mode_t?) {
    var information = stat()
    var target = path
    var mode: mode_t?
    if stat(path, &information) == 0 {
      // Renaming over a device, such as /dev/null, would replace the device.
      guard information.st_mode & S_IFMT == S_IFREG else {
        throw AtomicFileError(path: path, operation: .create, reason: "it exists and is not a regular file")
      }
      mode = information.st_mode & 0o777
      if let resolved = realpath(path, nil) {
        target = String(cString: resolved)
        free(resolved)
      }
    }
    guard let slash = target.lastIndex(of: "/") else { return (".", target, mode) }
    return (slash == target.startIndex ? "/" : String(target[..<slash]), target, mode)
  }

  private static func syncDirectory(_ directory: String, path: String) throws(AtomicFileError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw AtomicFileError(path: path, operation: .syncDirectory, errorNumber: errno) }
    defer { close(descriptor) }
    // EINVAL: the file system does not sync directories.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw AtomicFileError(path: path, operation: .syncDirectory, errorNumber: errno)
    }
  }
}

/// A file that could not be replaced.
public struct AtomicFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The step that failed.
  public enum Operation: String, Hashable, Sendable {
    /// Creating the temporary file beside the destination.
    case create
    /// Writing the contents.
    case write
    /// Making the contents durable.
    case sync
    /// Renaming the temporary file over the destination.
    case rename
    /// Making the rename durable; the destination already has the new contents.
    case syncDirectory = "sync the directory of"
  }

  /// The destination, as the caller named it.
  public let path: String
  /// The step that failed.
  public let operation: Operation
  /// The system's reason, such as `No space left on device`.
  public let reason: String

  /// Creates an error.
  public init(path: String, operation: Operation, reason: String) {
    self.path = path
    self.operation = operation
    self.reason = reason
  }

  init(path: String, operation: Operation, errorNumber: Int32) {
    self.init(path: path, operation: operation, reason: String(cString: strerror(errorNumber)))
  }

  /// What failed, on which file, and why.
  public var description: String { "cannot \(operation.rawValue) '\(path)': \(reason)" }
}

/// Writes some of `bytes` and returns how many, or −1 with `errno` set.
private func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
