import AsyncSGD
import Randomness
import Testing

@Suite("Fingerprints of parameters")
struct ParameterFingerprintTests {
  private static func hash(_ values: [Float]) -> UInt64 {
    values.withUnsafeBufferPointer { ParameterFingerprint.hash(of: $0) }
  }

  // Made with the reference implementation (xxhash 0.8 for Python) of the bytes of i/2 − 3 for i in 0..<n.
  @Test(
    "they are XXH64 of the bytes",
    arguments: [
      (0, 0xEF46_DB37_51D8_E999), (1, 0x477A_7E4F_0E76_90DD), (2, 0x909A_E08E_5F80_9693), (3, 0x9269_82C8_9136_2C8C),
      (7, 0x5C74_43F8_463A_C947), (8, 0xC91C_2A40_07DC_13D0), (9, 0x1E54_CA1D_41E5_E76A), (16, 0x289C_B677_B502_F180),
      (17, 0x9757_32AB_73DC_EA70), (1000, 0xEEDF_4B05_308A_C55F),
    ] as [(Int, UInt64)])
  func reference(count: Int, expected: UInt64) {
    #expect(Self.hash((0..<count).map { Float($0) / 2 - 3 }) == expected)
  }

  @Test("they do not depend on where the parameters lie")
  func alignment() {
    let values = (0..<77).map { Float($0) }
    let expected = Self.hash(values)
    for shift in 0..<8 {
      let moved = [Float](repeating: -1, count: shift) + values
      moved.withUnsafeBufferPointer {
        #expect(ParameterFingerprint.hash(of: UnsafeBufferPointer(rebasing: $0[shift...])) == expected)
      }
    }
  }

  @Test("every bit of every parameter counts, the sign of zero too")
  func everyBitCounts() {
    let values = (0..<19).map { Float($0) }
    var seen: Set<UInt64> = [Self.hash(values)]
    for index in values.indices {
      for bit in 0..<32 {
        var changed = values
        changed[index] = Float(bitPattern: changed[index].bitPattern ^ 1 << UInt32(bit))
        seen.insert(Self.hash(changed))
      }
    }
    #expect(seen.count == 1 + 19 * 32)
  }
}
