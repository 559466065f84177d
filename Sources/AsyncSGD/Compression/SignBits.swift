/// The signs of a tensor, eight a byte, the first in the lowest bit: 1 where an element is negative.
///
/// Zero counts as positive, negative zero too.
enum SignBits {
  /// Returns the bytes that `count` signs take.
  static func bytes(_ count: Int) -> Int { (count + 7) / 8 }

  /// Writes the signs of `count` elements to `bytes(count)` bytes.
  static func encode(_ values: UnsafePointer<Float>, count: Int, to start: UnsafeMutableRawPointer) {
    var index = 0
    while index < count {
      var byte: UInt8 = 0
      for bit in 0..<min(8, count - index) { byte |= (values[index + bit] < 0 ? 1 : 0) << UInt8(bit) }
      start.storeBytes(of: byte, toByteOffset: index / 8, as: UInt8.self)
      index += 8
    }
  }

  /// Reads `count` signs, and writes `positive` or `negative` for each.
  static func decode(
    _ start: UnsafeRawPointer, count: Int, positive: Float, negative: Float, into values: UnsafeMutablePointer<Float>
  ) {
    var index = 0
    while index < count {
      let byte = start.load(fromByteOffset: index / 8, as: UInt8.self)
      for bit in 0..<min(8, count - index) {
        values[index + bit] = byte >> UInt8(bit) & 1 == 0 ? positive : negative
      }
      index += 8
    }
  }
}
