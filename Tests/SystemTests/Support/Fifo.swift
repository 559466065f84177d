import Foundation
import Testing

/// A named pipe for `--metrics`, which holds a run back until the test has read what it did.
struct Fifo {
  let path: String

  init(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
    self.path = path
  }

  /// Opens the reading end, when the run has opened the other.
  func open() throws -> Reader {
    Reader(try #require(FileHandle(forReadingAtPath: path)))
  }

  /// The reading end.
  final class Reader {
    private let handle: FileHandle
    private var rest = Data()

    init(_ handle: FileHandle) {
      self.handle = handle
    }

    /// The next line, or `nil` at the end.
    func next() -> String? {
      while true {
        if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          let line = String(decoding: rest[..<end], as: UTF8.self)
          rest = rest[rest.index(after: end)...]
          return line
        }
        let data = handle.availableData
        if data.isEmpty { return nil }
        rest += data
      }
    }

    /// Reads until the run has done `epoch` epochs.
    func waitForEpoch(_ epoch: Int) throws {
      while true {
        let line = try #require(next(), "the metrics end before epoch \(epoch)")
        if line.hasPrefix(#"{"event":"epoch","epoch":\#(epoch),"#) { return }
      }
    }

    /// Reads to the end, in a thread of its own.
    func drain() {
      nonisolated(unsafe) let reader = self
      Thread.detachNewThread { while reader.next() != nil {} }
    }
  }
}
