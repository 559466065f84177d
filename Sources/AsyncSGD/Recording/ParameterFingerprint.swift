/// A fast hash of parameters, to compare two runs with as they go.
///
/// It is XXH64 with seed 0 of the parameters' bytes, in little-endian order: four lanes of 64 bits, each multiplied and rotated
/// once for every word of its own, which reads memory as fast as it comes. Two vectors that differ in the bits of one word
/// have different hashes, always; others with a probability of 2⁻⁶⁴. It is no defence against anybody who looks for a
/// collision. The hash that the user sees at the end of a run is another one, and slower.
///
/// Sources: Collet, "xxHash fast digest algorithm", specification of version 0.1.1.
public enum ParameterFingerprint {
  private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
  )

  /// Returns the hash of `parameters`; the same wherever they lie in memory.
  public static func hash(of parameters: UnsafeBufferPointer<Float>) -> UInt64 {
    let bytes = UnsafeRawBufferPointer(parameters)
    let primes = Self.primes
    var offset = 0
    var hash: UInt64
    if bytes.count >= 32 {
      var a = primes.0 &+ primes.1
      var b = primes.1
      var c: UInt64 = 0
      var d = 0 &- primes.0
      while bytes.count - offset >= 32 {
        a = round(a, word(bytes, offset))
        b = round(b, word(bytes, offset + 8))
        c = round(c, word(bytes, offset + 16))
        d = round(d, word(bytes, offset + 24))
        offset += 32
      }
      hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
      hash = (hash ^ round(0, a)) &* primes.0 &+ primes.3
      hash = (hash ^ round(0, b)) &* primes.0 &+ primes.3
      hash = (hash ^ round(0, c)) &* primes.0 &+ primes.3
      hash = (hash ^ round(0, d)) &* primes.0 &+ primes.3
    } else {
      hash = primes.4
    }
    hash &+= UInt64(bytes.count)
    while bytes.count - offset >= 8 {
      hash = rotate(hash ^ round(0, word(bytes, offset)), 27) &* primes.0 &+ primes.3
      offset += 8
    }
    if offset < bytes.count {
      // Floats have 4 bytes, so that this is all that can be left.
      let last = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      hash = rotate(hash ^ UInt64(last) &* primes.0, 23) &* primes.1 &+ primes.2
    }
    hash = (hash ^ hash >> 33) &* primes.1
    hash = (hash ^ hash >> 29) &* primes.2
    return hash ^ hash >> 32
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* primes.1, 31) &* primes.0
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    value << bits | value >> (64 - bits)
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
