/// The bytes of an encoded gradient, written from front to back and then read so.
///
/// Fields follow one another without padding, in the byte order of the machine.
final class Payload {
  private let bytes: UnsafeMutableRawPointer
  private let capacity: Int
  /// The bytes that were written.
  private(set) var count = 0
  /// The bytes that were read.
  private var taken = 0

  /// Creates an empty payload with room for `capacity` bytes, and for a vector register beyond them, so that encoders may
  /// write ahead.
  init(capacity: Int) {
    self.capacity = capacity
    bytes = .allocate(byteCount: capacity + 64, alignment: 64)
  }

  deinit {
    bytes.deallocate()
  }

  /// Forgets what was written.
  func clear() {
    count = 0
    taken = 0
  }

  /// Appends `size` bytes, to be filled by the caller.
  ///
  /// - Precondition: There is room.
  func append(_ size: Int) -> UnsafeMutableRawPointer {
    precondition(count + size <= capacity, "\(count + size) bytes do not fit a payload of \(capacity)")
    defer { count += size }
    return bytes + count
  }

  /// Returns the next `size` bytes.
  ///
  /// - Precondition: As many were written and not read yet.
  func take(_ size: Int) -> UnsafeRawPointer {
    precondition(taken + size <= count, "\(taken + size) bytes are read of a payload of \(count)")
    defer { taken += size }
    return UnsafeRawPointer(bytes + taken)
  }
}
