/// The 64-bit Fowler–Noll–Vo hash, variant 1a.
///
/// Sources: Fowler, Noll, Vo & Eastlake, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
struct FNV1a: CustomStringConvertible {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func combine(_ bytes: [UInt8]) {
    var hash = value
    bytes.withUnsafeBufferPointer { bytes in
      for byte in bytes {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      }
    }
    value = hash
  }

  /// 16 hexadecimal digits.
  var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
