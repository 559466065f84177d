/// The frame of a recording: what every reader needs before it understands a single event.
///
/// The article <doc:Recording> describes the whole format.
enum RecordingFormat {
  /// The version of the format that this program writes, and the only one that it reads.
  static let version: UInt32 = 2
  /// The bytes that every recording begins with; they show at once what a transfer as text has done to a file.
  static let magic: [UInt8] = [0x8A, 0x41, 0x53, 0x47, 0x44, 0x0D, 0x0A, 0x1A]
  /// Magic, version and the checksum of both.
  static let prologueSize = 16
  /// Length, number, kind, checksum of the payload, checksum of the header.
  static let blockHeaderSize = 20
  /// The most bytes of a payload: what a reader must be ready to hold.
  static let largestPayload = 1 << 24

  /// What a payload is.
  enum BlockKind: UInt32 {
    /// A piece of the header; another follows.
    case headerPart = 1
    /// The last piece of the header.
    case headerEnd = 2
    /// Events.
    case events = 3
  }

  /// The low half of an event's first byte.
  enum EventKind: UInt8 {
    case begin = 1
    case push
    /// A push with the loss and the calculation of the same worker's last push in the same block.
    case furtherPush
    case pull
    case leave
    case join
    case fault
    case fingerprint
    case epoch
    case end
  }

  /// The first bytes of a file.
  static var prologue: [UInt8] {
    var bytes = magic
    withUnsafeBytes(of: version.littleEndian) { bytes += $0 }
    let checksum = bytes.withUnsafeBytes(CRC32C.checksum)
    withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
    return bytes
  }
}

extension RecordedPush.Fate {
  /// Two bits.
  var code: UInt8 {
    switch self {
    case .applied: 0
    case .queued: 1
    case .dropped: 2
    }
  }
}

extension DropReason {
  /// The reasons in the order of their numbers in a recording, which never change.
  private static let inOrder: [DropReason] = [.notFinite, .late, .tooStale, .stopped]

  /// Its number in a recording.
  var code: UInt8 {
    switch self {
    case .notFinite: 0
    case .late: 1
    case .tooStale: 2
    case .stopped: 3
    }
  }

  /// The reason of a number; `nil` if there is none.
  init?(code: UInt8) {
    guard code < Self.inOrder.count else { return nil }
    self = Self.inOrder[Int(code)]
  }
}
