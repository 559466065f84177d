internal import Foundation

#if !_endian(little)
  #error("safetensors data is little-endian, and is read and written as it lies in memory")
#endif

extension SafetensorsFile {
  /// Reads a file and checks every claim that it makes about itself.
  ///
  /// All tensors share one vector, read in one piece.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``SafetensorsError``.
  public init(reading path: String) throws(SafetensorsError) {
    let file = try InputFile(path)
    guard file.size >= 8 else { throw .noHeaderLength(file: path, bytes: file.size) }
    let headerLength = UInt64(littleEndian: try file.read(UInt64.self, count: 1, at: 0)[0])
    guard headerLength <= Self.longestHeader else {
      throw .headerTooLong(file: path, bytes: headerLength, limit: Self.longestHeader)
    }
    let headerBytes = Int(headerLength)
    guard headerBytes <= file.size - 8 else {
      throw .headerTruncated(file: path, bytes: headerBytes, available: file.size - 8)
    }
    let dataBytes = file.size - 8 - headerBytes
    let header = try SafetensorsHeader(
      file.read(UInt8.self, count: headerBytes, at: 8), dataBytes: dataBytes, file: path)
    let data = try file.read(Float.self, count: dataBytes / MemoryLayout<Float>.size, at: 8 + headerBytes)
    self.init(
      tensors: header.entries.map { NamedTensor(name: $0.name, shape: $0.shape, values: data[$0.elements]) },
      metadata: header.metadata)
  }
}

/// A regular file open for reading.
private struct InputFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  /// The size when it was opened, in bytes.
  let size: Int

  init(_ path: String) throws(SafetensorsError) {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? .notFound(file: path) : .unreadable(file: path, reason: String(cString: strerror(errno)))
    }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unreadable(file: path, reason: "it is not a regular file")
    }
    self.descriptor = descriptor
    self.path = path
    size = Int(information.st_size)
  }

  deinit { close(descriptor) }

  /// Returns `count` elements that lie at byte `offset`.
  func read<Element: BitwiseCopyable>(
    _: Element.Type, count: Int, at offset: Int
  ) throws(SafetensorsError) -> [Element] {
    var failure: String?
    let elements = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<(count * MemoryLayout<Element>.stride)])
      failure = fill(bytes, at: offset)
      initializedCount = failure == nil ? count : 0
    }
    if let failure { throw .unreadable(file: path, reason: failure) }
    return elements
  }

  /// Reads until `bytes` is full; returns what went wrong, or `nil`.
  private func fill(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> String? {
    var done = 0
    while done < bytes.count {
      let count = pread(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        return "it became shorter while it was read"
      } else if errno != EINTR {
        return String(cString: strerror(errno))
      }
    }
    return nil
  }
}
