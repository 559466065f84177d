internal import Foundation

/// The file that a recording is written to, block by block.
///
/// It is written at its place, so that a run that is killed leaves what it has recorded.
final class RecordingFile {
  private let path: String
  private var descriptor: Int32
  private var blocks: UInt32 = 0

  /// Opens the file, empties it, and begins it with the prologue.
  ///
  /// - Throws: ``RecordingError/unwritable(path:reason:)``; what was there before is then as it was, unless the prologue
  ///   could not be written.
  init(path: String) throws(RecordingError) {
    self.path = path
    var information = stat()
    if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
      let isDirectory = information.st_mode & S_IFMT == S_IFDIR
      throw .unwritable(path: path, reason: isDirectory ? "it is a directory" : "it is not a regular file")
    }
    // Not blocking: what is there may have become a pipe that nobody reads.
    descriptor = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: Self.reason(errno)) }
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw .unwritable(path: path, reason: "it is not a regular file")
    }
    guard ftruncate(descriptor, 0) == 0 else { throw .unwritable(path: path, reason: Self.reason(errno)) }
    try RecordingFormat.prologue.withUnsafeBufferPointer { (bytes) throws(RecordingError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Completes a block and appends it.
  func append(_ block: BlockBuffer, _ kind: RecordingFormat.BlockKind) throws(RecordingError) {
    block.seal(kind, number: blocks)
    try write(block.contents)
    blocks += 1
  }

  /// Makes the file durable and closes it; does nothing the second time.
  func finish() throws(RecordingError) {
    guard descriptor >= 0 else { return }
    let synced = fsync(descriptor) == 0
    let reason = Self.reason(errno)
    let closed = close(descriptor) == 0
    let closeReason = Self.reason(errno)
    descriptor = -1
    guard synced else { throw .unwritable(path: path, reason: reason) }
    guard closed else { throw .unwritable(path: path, reason: closeReason) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let slice = UnsafeRawBufferPointer(rebasing: rest)
      let written = Foundation.write(descriptor, slice.baseAddress, slice.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        throw .unwritable(path: path, reason: Self.reason(errno))
      }
    }
  }

  private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}

extension RecordingFile {
  /// Returns the bytes of a recording, as many as there are now.
  static func contents(of path: String) throws(RecordingError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .notFound(path: path) }
      throw .unreadable(path: path, reason: reason(errno))
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw .unreadable(path: path, reason: reason(errno)) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      let isDirectory = information.st_mode & S_IFMT == S_IFDIR
      throw .unreadable(path: path, reason: isDirectory ? "it is a directory" : "it is not a regular file")
    }
    var failure: Int32 = 0
    let size = Int(information.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let part = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if part > 0 {
          count += part
        } else if part == 0 {
          return
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    guard failure == 0 else { throw .unreadable(path: path, reason: reason(failure)) }
    return bytes
  }
}
