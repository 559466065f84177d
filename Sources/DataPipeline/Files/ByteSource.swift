internal import Foundation

/// A file read once from its start to its end, inflated on the way if it is gzip.
///
/// Whether a file is gzip is decided by its first two bytes, never by its name. Bytes after the end of the gzip stream
/// are ignored, as zlib and the `gzip` command do. A source belongs to the thread that made it; reading blocks it.
package final class ByteSource {
  private enum Stream {
    case plain(UnsafeMutablePointer<FILE>)
    case gzip(OpaquePointer, ZlibLibrary)
  }

  /// The path, as it is named in errors.
  let file: String
  /// Bytes of content delivered so far.
  package private(set) var offset = 0
  /// The most bytes of content that the file can hold: its size, or what gzip can make of it.
  let largestSize: Int
  /// A guess at the bytes of content, to make room for: exact if the file is not gzip; else what its trailer says,
  /// and never more than 16 times its size, so that a false trailer cannot ask for much memory.
  let expectedSize: Int
  private let stream: Stream

  /// Whether the file is gzip.
  var isCompressed: Bool {
    if case .gzip = stream { true } else { false }
  }

  /// Deflate codes at most 258 bytes in 2 bits: the content is at most 1,032 times as large as the file.
  private static let largestInflation = 1032

  /// The most content accepted of one file, in bytes: 2³¹.
  package static let defaultLimit = 1 << 31

  /// Opens `file`.
  ///
  /// - Parameters:
  ///   - file: The path.
  ///   - limit: The most content to accept, in bytes.
  ///   - zlib: What to inflate with; `nil` if there is nothing.
  /// - Throws: `unreadable`, `notARegularFile`, `empty`, `tooLarge`, or `zlibUnavailable`.
  package init(
    file: String, limit: Int = ByteSource.defaultLimit, zlib: ZlibLibrary? = ZlibLibrary.shared
  ) throws(DataError) {
    self.file = file
    var status = stat()
    guard stat(file, &status) == 0 else { throw .unreadable(file: file, reason: systemError()) }
    // Asked before opening: to open a named pipe would wait for its writer.
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(file: file) }
    guard let plain = fopen(file, "rb") else { throw .unreadable(file: file, reason: systemError()) }
    let size = Int(status.st_size)
    guard size > 0 else {
      fclose(plain)
      throw .empty(file: file)
    }
    var start: [UInt8] = [0, 0]
    guard fread(&start, 1, 2, plain) == 2, start == [0x1F, 0x8B] else {
      rewind(plain)
      stream = .plain(plain)
      largestSize = size
      expectedSize = size
      guard size <= limit else { throw .tooLarge(file: file, bytes: size, limit: limit) }
      return
    }
    var trailer: [UInt8] = [0, 0, 0, 0]
    let hasTrailer = fseek(plain, -4, SEEK_END) == 0 && fread(&trailer, 1, 4, plain) == 4
    fclose(plain)
    guard let zlib else { throw .zlibUnavailable(file: file, tried: ZlibLibrary.fileNames) }
    guard let gzip = zlib.gzopen(file, "rb") else { throw .unreadable(file: file, reason: systemError()) }
    stream = .gzip(gzip, zlib)
    let (inflated, overflow) = size.multipliedReportingOverflow(by: Self.largestInflation)
    largestSize = min(limit, overflow ? .max : inflated)
    let claimed = hasTrailer ? trailer.reversed().reduce(0) { $0 << 8 | Int($1) } : 0
    expectedSize = min(claimed, largestSize, size <= limit ? 16 * size : limit)
  }

  deinit {
    switch stream {
    case .plain(let plain): fclose(plain)
    case .gzip(let gzip, let zlib): _ = zlib.gzclose(gzip)
    }
  }

  /// Reads until `buffer` is full or the content ends.
  ///
  /// - Returns: The bytes written to the start of `buffer`; fewer than its count only at the end of the content.
  /// - Throws: `unreadable`, `gzipTruncated`, `gzipDamaged`, or `tooLarge` if the content passes the limit.
  package func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(DataError) -> Int {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
    var filled = 0
    while filled < buffer.count {
      let count = try readOnce(base + filled, count: buffer.count - filled)
      if count == 0 { break }
      filled += count
      offset += count
      guard offset <= largestSize else { throw .tooLarge(file: file, bytes: offset, limit: largestSize) }
    }
    return filled
  }

  /// Reads `count` bytes, for a header.
  ///
  /// - Throws: `truncated` if the content ends before, and whatever ``read(into:)`` throws.
  func readHeader(_ count: Int) throws(DataError) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: count)
    let got = try header.withUnsafeMutableBufferPointer { buffer throws(DataError) in try read(into: buffer) }
    guard got == count else { throw .truncated(file: file, expectedBytes: offset - got + count, actualBytes: offset) }
    return header
  }

  /// Checks that the content ends here.
  ///
  /// For gzip this is also what checks the stream's checksum.
  ///
  /// - Throws: `trailingBytes` if it goes on, and whatever ``read(into:)`` throws.
  package func expectEnd() throws(DataError) {
    let expected = offset
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var extra = 0
    while extra <= DataError.countedExtraBytes {
      let got = try chunk.withUnsafeMutableBufferPointer { buffer throws(DataError) in try read(into: buffer) }
      if got == 0 { break }
      extra += got
    }
    guard extra == 0 else { throw .trailingBytes(file: file, expectedBytes: expected, extraBytes: extra) }
  }

  private func readOnce(_ destination: UnsafeMutablePointer<UInt8>, count: Int) throws(DataError) -> Int {
    switch stream {
    case .plain(let plain):
      let got = fread(destination, 1, count, plain)
      guard got > 0 || ferror(plain) == 0 else { throw .unreadable(file: file, reason: systemError()) }
      return got
    case .gzip(let gzip, let zlib):
      let got = zlib.gzread(gzip, destination, CUnsignedInt(min(count, 1 << 30)))
      guard got <= 0 else { return Int(got) }
      var code: CInt = 0
      let message = zlib.gzerror(gzip, &code).map { String(cString: $0) } ?? ""
      switch code {
      case 0: return 0
      case -5: throw .gzipTruncated(file: file, inflatedBytes: offset)
      case -1: throw .unreadable(file: file, reason: message)
      default: throw .gzipDamaged(file: file, inflatedBytes: offset, reason: reason(in: message))
      }
    }
  }

  /// zlib's message without the path that it puts before it.
  private func reason(in message: String) -> String {
    message.hasPrefix(file + ": ") ? String(message.dropFirst(file.count + 2)) : message
  }
}

/// The system's message for the last call that failed.
private func systemError() -> String {
  String(cString: strerror(errno))
}
