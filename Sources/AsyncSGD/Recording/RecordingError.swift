/// A recording that cannot be written or read.
public enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such file.
  case notFound(path: String)
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The file cannot be written.
  case unwritable(path: String, reason: String)
  /// The file is something else.
  case notARecording(path: String)
  /// The file was written by another version of the program.
  case otherFormat(path: String, version: Int, supported: Int)
  /// The file ends before the settings of the run do, so that nothing can be made of it.
  case cutInHeader(path: String, bytes: Int)
  /// A block is not what was written. Offsets are those of the file; block 0 is the first.
  case damaged(path: String, block: Int, offset: Int, reason: String)
  /// Bytes that are what was written say something that cannot have happened. Event 0 is the first.
  case impossible(path: String, event: Int, reason: String)

  /// Whether there is no such file, or none that can be read.
  public var isNotFound: Bool {
    switch self {
    case .notFound, .unreadable: true
    default: false
    }
  }

  /// Whether the file could not be written.
  public var isUnwritable: Bool {
    if case .unwritable = self { true } else { false }
  }

  /// What is wrong, of which file, and where.
  public var description: String {
    switch self {
    case .notFound(let path):
      "there is no recording '\(path)'"
    case .unreadable(let path, let reason):
      "cannot read '\(path)': \(reason)"
    case .unwritable(let path, let reason):
      "cannot write '\(path)': \(reason)"
    case .notARecording(let path):
      "'\(path)' is no recording of asgd-train"
    case .otherFormat(let path, let version, let supported):
      "'\(path)' has recording format \(version), and this program reads format \(supported)"
    case .cutInHeader(let path, let bytes):
      "'\(path)' ends after \(bytes) bytes, before the settings of its run are complete"
    case .damaged(let path, let block, let offset, let reason):
      "'\(path)' is damaged: block \(block) at byte \(offset) \(reason)"
    case .impossible(let path, let event, let reason):
      "'\(path)' tells what cannot be: event \(event) has \(reason)"
    }
  }
}
