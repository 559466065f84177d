internal import Foundation

/// The Philox4x32-10 block function: ten rounds of multiply, swap and exclusive-or on four 32-bit words.
///
/// Sources: Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, §4.3.
@inline(__always)
package func philox4x32(
  counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
) -> (UInt32, UInt32, UInt32, UInt32) {
  var (x0, x1, x2, x3) = counter
  var (k0, k1) = key
  for _ in 0..<10 {
    let product0 = UInt64(x0) &* 0xD251_1F53
    let product1 = UInt64(x2) &* 0xCD9E_8D57
    x0 = UInt32(truncatingIfNeeded: product1 >> 32) ^ x1 ^ k0
    x1 = UInt32(truncatingIfNeeded: product1)
    x2 = UInt32(truncatingIfNeeded: product0 >> 32) ^ x3 ^ k1
    x3 = UInt32(truncatingIfNeeded: product0)
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return (x0, x1, x2, x3)
}

func logarithm(_ x: Double) -> Double { log(x) }

func cosine(_ x: Double) -> Double { cos(x) }
