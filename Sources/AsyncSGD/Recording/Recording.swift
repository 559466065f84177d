/// A recording that was read: what the run was, and all that happened in it.
///
/// The reader trusts nothing. It finds every change of the bytes that it uses (see <doc:Recording>), allocates no more than some
/// multiple of the file's size, and refuses events that cannot have happened.
public struct Recording: Sendable {
  /// What is needed to repeat the run, beside its data.
  public let header: RecordingHeader
  /// What happened, in order.
  public let events: [RecordedEvent]
  /// Bytes at the file's end that were not used, because they are a block that is not whole.
  public let discardedBytes: Int

  /// Whether the run was recorded to its end; if not, the last events are missing.
  public var isComplete: Bool {
    if case .end = events.last { true } else { false }
  }

  /// Reads the recording at `path`.
  ///
  /// A file that is still being written, or whose run was killed, is read up to its last whole block.
  ///
  /// - Throws: ``RecordingError``.
  public init(reading path: String) throws(RecordingError) {
    try self.init(bytes: try RecordingFile.contents(of: path), path: path)
  }

  /// Reads a recording from memory.
  ///
  /// - Parameters:
  ///   - bytes: What a file holds.
  ///   - path: What errors call it.
  /// - Throws: ``RecordingError``.
  public init(bytes: [UInt8], path: String = "recording") throws(RecordingError) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(RecordingError) in
      var decoder = try RecordingDecoder(UnsafeRawBufferPointer(bytes), path: path)
      return try decoder.recording()
    }
  }

  init(header: RecordingHeader, events: [RecordedEvent], discardedBytes: Int) {
    self.header = header
    self.events = events
    self.discardedBytes = discardedBytes
  }
}
