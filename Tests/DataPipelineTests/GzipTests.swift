import DataPipeline
import Foundation
import Testing

/// zlib is loaded at run time and may be absent; all but the last test need it.
@Suite("gzip files")
struct GzipTests {
  static let labels = "train-labels-idx1-ubyte"
  static let stream = gzip(idx([3], [7, 0, 9]))

  private func load(_ stream: [UInt8]) throws -> (fault: DataError?, file: String) {
    let files = try MNISTDirectory(replacing: [Self.labels: stream])
    return (files.fault(), files.directory.file(Self.labels))
  }

  @Test("files are inflated by their content, whatever their names say", .enabled(if: hasZlib))
  func byContent() throws {
    // Compressed without .gz, compressed with it, and plain with it.
    let files = try MNISTDirectory(replacing: [Self.labels: Self.stream])
    try FileManager.default.removeItem(atPath: files.directory.file("train-images-idx3-ubyte"))
    try FileManager.default.removeItem(atPath: files.directory.file("t10k-labels-idx1-ubyte"))
    try files.directory.write(
      "train-images-idx3-ubyte.gz", gzip(idx([3, 28, 28], MNISTDirectory.images(count: 3))))
    try files.directory.write("t10k-labels-idx1-ubyte.gz", idx([2], [4, 5]))
    let pair = try DatasetCatalog.load("mnist", directory: files.directory.path)
    #expect(pair.training.images == MNISTDirectory.images(count: 3))
    #expect(pair.training.labels == [7, 0, 9])
    #expect(pair.test.labels == [4, 5])
  }

  @Test("content of several blocks is put together again", .enabled(if: hasZlib))
  func manyBlocks() throws {
    let labels = (0..<150_000).map { UInt8($0 % 10) }
    let directory = try TemporaryDirectory()
    let source = try ByteSource(file: directory.write("labels.gz", gzip(labels)))
    var content = [UInt8](repeating: 0, count: labels.count)
    let got = try content.withUnsafeMutableBufferPointer { buffer throws(DataError) in try source.read(into: buffer) }
    #expect(got == labels.count && content == labels)
    try source.expectEnd()
  }

  @Test("a stream cut anywhere is refused as truncated", .enabled(if: hasZlib), arguments: 2..<stream.count)
  func truncated(_ length: Int) throws {
    let (fault, file) = try load(Array(Self.stream.prefix(length)))
    guard case .gzipTruncated(file, let inflatedBytes) = try #require(fault) else {
      Issue.record("\(String(describing: fault))")
      return
    }
    // How much zlib hands out before it notices is its own affair, but never more than there is.
    #expect((0...11).contains(inflatedBytes))
  }

  @Test("a stream with a wrong checksum is refused as damaged", .enabled(if: hasZlib))
  func wrongChecksum() throws {
    var stream = Self.stream
    stream[stream.count - 5] ^= 0x40
    try expectDamaged(stream, reason: "incorrect data check")
  }

  @Test("a stream with a wrong length is refused as damaged", .enabled(if: hasZlib))
  func wrongLength() throws {
    var stream = Self.stream
    stream[stream.count - 1] ^= 1
    try expectDamaged(stream, reason: "incorrect length check")
  }

  @Test("a stream with an impossible block is refused as damaged", .enabled(if: hasZlib))
  func impossibleBlock() throws {
    var stream = Self.stream
    stream[10] = 0b111
    try expectDamaged(stream, reason: "invalid block type")
  }

  @Test("a flipped bit in the content is refused as damaged", .enabled(if: hasZlib))
  func flippedContent() throws {
    var stream = Self.stream
    stream[stream.count - 9] ^= 1
    try expectDamaged(stream, reason: "incorrect data check")
  }

  private func expectDamaged(_ stream: [UInt8], reason expected: String) throws {
    let (fault, file) = try load(stream)
    guard case .gzipDamaged(file, let inflatedBytes, expected) = try #require(fault) else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect((0...11).contains(inflatedBytes))
  }

  @Test("bytes after the end of the stream are ignored, as the gzip command does", .enabled(if: hasZlib))
  func trailingGarbage() throws {
    let (fault, _) = try load(Self.stream + [0xDE, 0xAD, 0xBE, 0xEF])
    #expect(fault == nil)
  }

  @Test("a second stream continues the content of the first", .enabled(if: hasZlib))
  func twoStreams() throws {
    let content = idx([3], [7, 0, 9])
    let (fault, _) = try load(gzip(Array(content.prefix(6))) + gzip(Array(content.dropFirst(6))))
    #expect(fault == nil)
  }

  @Test("a stream of nothing has no header", .enabled(if: hasZlib))
  func nothing() throws {
    let (fault, file) = try load(gzip([]))
    #expect(fault == .truncated(file: file, expectedBytes: 4, actualBytes: 0))
  }

  @Test("content is not read beyond the limit", .enabled(if: hasZlib))
  func limit() throws {
    let directory = try TemporaryDirectory()
    let source = try ByteSource(
      file: directory.write("bomb.gz", gzip([UInt8](repeating: 0, count: 5000))), limit: 4096)
    var room = [UInt8](repeating: 0, count: 8192)
    #expect(throws: DataError.tooLarge(file: directory.file("bomb.gz"), bytes: 5000, limit: 4096)) {
      try room.withUnsafeMutableBufferPointer { buffer throws(DataError) in _ = try source.read(into: buffer) }
    }
  }

  @Test("a plain file beyond the limit is refused unread")
  func plainLimit() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("large", [UInt8](repeating: 0, count: 5000))
    #expect(throws: DataError.tooLarge(file: file, bytes: 5000, limit: 4096)) {
      _ = try ByteSource(file: file, limit: 4096)
    }
  }

  @Test("without zlib a gzip file is refused with the command that unpacks it, and a plain file is read")
  func withoutZlib() throws {
    let absent = ZlibLibrary(fileNames: ["libno-such-library-here.so"])
    #expect(absent == nil)
    let directory = try TemporaryDirectory()
    let file = try directory.write("labels.gz", Self.stream)
    let fault = #expect(throws: DataError.zlibUnavailable(file: file, tried: ZlibLibrary.fileNames)) {
      _ = try ByteSource(file: file, zlib: nil)
    }
    #expect(fault?.isNotFound == true)
    #expect(fault?.description.hasSuffix("gunzip '\(file)'") == true)
    _ = try ByteSource(file: directory.write("plain", [1, 2, 3]), zlib: nil)
  }
}
