/// The cyclic redundancy check CRC-32C, which finds every flipped bit and every burst of up to 32 bits.
///
/// Polynomial 0x1EDC6F41 in reflected form, register preset to ones and complemented at the end. Computed eight bytes at a
/// time with eight tables.
///
/// Sources: Castagnoli, Bräuer & Herrmann, "Optimization of Cyclic Redundancy-Check Codes with 24 and 32 Parity Bits", IEEE
/// Transactions on Communications 41(6), 1993; RFC 3720, appendix B.4 (test vectors); Kounavis & Berry, "A Systematic
/// Approach to Building High Performance, Software-based, CRC Generators", ISCC 2005 (the tables).
enum CRC32C {
  /// Returns the check of `bytes`.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var register = UInt32.max
    var offset = 0
    tables.withUnsafeBufferPointer { tables in
      while bytes.count - offset >= 8 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(register)
        register = 0
        for i in 0..<8 {
          // The first byte has the longest way through the register.
          register ^= tables[(7 - i) << 8 | Int(truncatingIfNeeded: word >> UInt64(8 * i)) & 0xFF]
        }
        offset += 8
      }
      while offset < bytes.count {
        register = register >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: register) ^ bytes[offset])]
        offset += 1
      }
    }
    return ~register
  }

  /// Table k, at 256·k: what a byte does to the register after k further bytes of zeros.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var register = UInt32(byte)
      for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0x82F6_3B78 : 0) }
      tables[byte] = register
    }
    for entry in 256..<8 * 256 {
      let shorter = tables[entry - 256]
      tables[entry] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
    }
    return tables
  }()
}
