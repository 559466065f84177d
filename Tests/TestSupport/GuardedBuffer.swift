/// A guard band of a buffer that was written to.
public struct GuardViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// The index of the element that was written, counted from the buffer's first: negative, or at least `count`.
  public let index: Int
  /// The number of elements of the buffer.
  public let count: Int

  /// A sentence that names the index.
  public var description: String { "element \(index) was written, outside of 0..<\(count)" }
}

/// A buffer between two guard bands, to catch kernels that read or write outside of what they were given.
///
/// The bands hold signaling NaNs. A read spreads them into the result; a write, even of what was just read and
/// calculated with, changes their bits, because arithmetic makes a signaling NaN quiet. The payload starts as quiet
/// NaNs too, so that a kernel that reads before it writes is found. Elements that are no floating-point numbers are
/// filled with bytes 0xA5.
///
/// Not `Sendable`: one test owns it.
public final class GuardedBuffer<Element: BitwiseCopyable> {
  /// The number of elements between the bands.
  public let count: Int
  /// The first element between the bands.
  public let pointer: UnsafeMutablePointer<Element>

  /// Elements of each band: more than one tile of any kernel is wide.
  private static var bandCount: Int { 128 }
  private let allocation: UnsafeMutableRawPointer
  private let band: Element
  private let misalignment: Int

  /// Creates a buffer whose payload is NaN.
  ///
  /// - Parameters:
  ///   - count: The number of elements, 0 included.
  ///   - misalignment: Elements between a 64-byte boundary and the first element.
  public init(count: Int, misalignment: Int = 0) {
    precondition(count >= 0 && misalignment >= 0, "neither extent may be negative")
    self.count = count
    self.misalignment = misalignment
    band = Self.bandPattern
    let total = 2 * Self.bandCount + count + misalignment
    allocation = .allocate(byteCount: total * MemoryLayout<Element>.stride, alignment: 64)
    let elements = allocation.bindMemory(to: Element.self, capacity: total)
    elements.initialize(repeating: band, count: total)
    pointer = elements + (Self.bandCount + misalignment)
    pointer.update(repeating: Self.payloadPattern, count: count)
  }

  /// Creates a buffer that holds `values`.
  ///
  /// - Parameters:
  ///   - values: The elements between the bands.
  ///   - misalignment: Elements between a 64-byte boundary and the first element.
  public convenience init(_ values: [Element], misalignment: Int = 0) {
    self.init(count: values.count, misalignment: misalignment)
    values.withUnsafeBufferPointer { values in
      if let first = values.baseAddress { pointer.update(from: first, count: values.count) }
    }
  }

  deinit {
    allocation.deallocate()
  }

  /// The elements between the bands.
  public var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Checks that both guard bands are as they were, bit for bit.
  ///
  /// - Throws: ``GuardViolation`` for the first element that was written.
  public func checkGuards() throws(GuardViolation) {
    let before = -(Self.bandCount + misalignment)..<0
    let after = count..<count + Self.bandCount
    for range in [before, after] {
      for index in range where !hasBandBits(pointer + index) {
        throw GuardViolation(index: index, count: count)
      }
    }
  }

  private func hasBandBits(_ element: UnsafePointer<Element>) -> Bool {
    withUnsafeBytes(of: band) { expected in
      UnsafeRawBufferPointer(start: element, count: MemoryLayout<Element>.size).elementsEqual(expected)
    }
  }

  private static var bandPattern: Element {
    switch Element.self {
    case is Float.Type: unsafeBitCast(0xFFA5_A5A5 as UInt32, to: Element.self)
    case is Double.Type: unsafeBitCast(0xFFF4_A5A5_A5A5_A5A5 as UInt64, to: Element.self)
    default: bytes(0xA5)
    }
  }

  private static var payloadPattern: Element {
    switch Element.self {
    case is Float.Type: unsafeBitCast(Float.nan, to: Element.self)
    case is Double.Type: unsafeBitCast(Double.nan, to: Element.self)
    default: bytes(0xA5)
    }
  }

  private static func bytes(_ byte: UInt8) -> Element {
    withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { element in
      let bytes = UnsafeMutableRawBufferPointer(element)
      for index in bytes.indices { bytes[index] = byte }
      return element[0]
    }
  }
}
