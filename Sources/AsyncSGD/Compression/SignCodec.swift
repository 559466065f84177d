internal import Randomness

/// The sign of each element of a tensor, and the mean of their absolute values, with which all of them arrive.
///
///     ĝ = (‖g‖₁ / n) · sign(g)          (sign(0) = 1)
///
/// Four bytes, and a bit an element. The scale is that of EF-signSGD; with a scale the learning rate keeps its meaning,
/// which in signSGD as first published it does not.
///
/// Sources: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", ICML 2018,
/// <https://arxiv.org/abs/1802.04434>; Karimireddy et al., "Error Feedback Fixes SignSGD", ICML 2019,
/// <https://arxiv.org/abs/1901.09847>.
struct SignCodec: TensorCodec {
  func capacity(count: Int) -> Int { 4 + SignBits.bytes(count) }

  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload) {
    let start = payload.append(capacity(count: count))
    start.storeBytes(of: meanMagnitude(values, count: count), as: Float.self)
    SignBits.encode(values, count: count, to: start + 4)
  }

  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>) {
    let start = payload.take(capacity(count: count))
    let scale = start.loadUnaligned(as: Float.self)
    SignBits.decode(start + 4, count: count, positive: scale, negative: -scale, into: values)
  }
}

/// Sums in eight lanes, and those in double precision.
private func meanMagnitude(_ values: UnsafePointer<Float>, count: Int) -> Float {
  var lanes = SIMD8<Float>()
  let whole = count & ~7
  let bytes = UnsafeRawPointer(values)
  for index in stride(from: 0, to: whole, by: 8) {
    let bits = bytes.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<UInt32>.self)
    lanes += unsafeBitCast(bits & 0x7FFF_FFFF, to: SIMD8<Float>.self)
  }
  var sum = 0.0
  for lane in 0..<8 { sum += Double(lanes[lane]) }
  for index in whole..<count { sum += Double(values[index].magnitude) }
  return count == 0 ? 0 : Float(sum / Double(count))
}
