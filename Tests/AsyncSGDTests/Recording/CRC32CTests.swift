import Randomness
import Testing

@testable import AsyncSGD

@Suite("CRC-32C")
struct CRC32CTests {
  private static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes(CRC32C.checksum) }

  @Test("the published check values hold")
  func publishedValues() {
    #expect(Self.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(Self.checksum([]) == 0)
    // RFC 3720, appendix B.4.
    #expect(Self.checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(Self.checksum(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(Self.checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(Self.checksum((0..<32).reversed()) == 0x113F_DB5C)
    var command = [UInt8](repeating: 0, count: 48)
    for (index, byte) in [
      (0, 0x01), (1, 0xC0), (16, 0x14), (22, 0x04), (27, 0x14), (31, 0x18), (32, 0x28), (40, 0x02),
    ] as [(Int, UInt8)] { command[index] = byte }
    #expect(Self.checksum(command) == 0xD996_3A56)
  }

  @Test("eight bytes at a time are the same as one bit at a time, for any length and alignment")
  func agreesWithDefinition() {
    var stream = RandomStream(seed: 1, purpose: .testing)
    let bytes = (0..<100).map { _ in UInt8(truncatingIfNeeded: stream.nextWord()) }
    for start in 0..<9 {
      for end in start...bytes.count {
        var register = UInt32.max
        for byte in bytes[start..<end] {
          register ^= UInt32(byte)
          for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
        #expect(checksum == ~register, "bytes \(start)..<\(end)")
      }
    }
  }
}
