internal import Randomness

/// Each element of a bucket rounded at random to one of s levels between 0 and the bucket's norm, up and down, so that it
/// is right on average.
///
///     r = s · |v| / ‖v‖₂,   level = ⌊r⌋ + 1 with probability r − ⌊r⌋, otherwise ⌊r⌋
///     v̂ = ‖v‖₂ · sign(v) · level / s          (0 where ‖v‖₂ = 0)
///
/// E[v̂] = v, and E‖v̂ − v‖² ≤ min(d/s², √d/s) · ‖v‖² for a bucket of d elements; hence buckets, which are consecutive
/// elements of a tensor, as in the paper's experiments. Four bytes a bucket, and 1 + ⌈log₂(s + 1)⌉ bits an element, packed.
/// The paper's variable-length code, which pays where most levels are 0, is left out.
///
/// Sources: Alistarh, Grubic, Li, Tomioka & Vojnovic, "QSGD: Communication-Efficient SGD via Gradient Quantization and
/// Encoding", NeurIPS 2017, <https://arxiv.org/abs/1610.02132>.
struct QSGDCodec: TensorCodec {
  private let levels: Int
  private let bucket: Int
  private let draws: Draws

  /// Creates a codec.
  ///
  /// - Parameters:
  ///   - levels: s, from 1 to 2²³ − 1.
  ///   - bucket: The elements of a bucket, at least 1.
  init(levels: Int, bucket: Int) {
    precondition((1..<1 << 23).contains(levels), "there are 1...8388607 levels, not \(levels)")
    precondition(bucket >= 1, "a bucket has at least 1 element, not \(bucket)")
    self.levels = levels
    self.bucket = bucket
    draws = Draws(count: bucket)
  }

  /// Bits of an element: the sign, and the level.
  private var width: Int { 1 + Int.bitWidth - levels.leadingZeroBitCount }

  func capacity(count: Int) -> Int {
    4 * ((count + bucket - 1) / bucket) + (count * width + 7) / 8
  }

  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload) {
    let norms = payload.append(4 * ((count + bucket - 1) / bucket))
    var writer = BitWriter(payload.append((count * width + 7) / 8))
    let uniforms = draws.uniforms
    for start in stride(from: 0, to: count, by: bucket) {
      let size = min(bucket, count - start)
      let norm = euclideanNorm(values + start, count: size)
      norms.storeBytes(of: norm, toByteOffset: 4 * (start / bucket), as: Float.self)
      random.fillUniform(UnsafeMutableBufferPointer(rebasing: uniforms[..<size]))
      let scale = norm > 0 ? Double(levels) / Double(norm) : 0
      for index in 0..<size {
        let value = values[start + index]
        let ratio = Float(Double(value.magnitude) * scale)
        let floor = Int32(ratio)
        let level = min(Int(floor) + (uniforms[index] < ratio - Float(floor) ? 1 : 0), levels)
        writer.write(UInt64(level << 1 | (value < 0 ? 1 : 0)), width: width)
      }
    }
    writer.flush()
  }

  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>) {
    let norms = payload.take(4 * ((count + bucket - 1) / bucket))
    var reader = BitReader(payload.take((count * width + 7) / 8), bytes: (count * width + 7) / 8)
    for start in stride(from: 0, to: count, by: bucket) {
      let norm = norms.loadUnaligned(fromByteOffset: 4 * (start / bucket), as: Float.self)
      for index in start..<min(start + bucket, count) {
        let code = reader.read(width: width)
        let magnitude = norm * (Float(code >> 1) / Float(levels))
        values[index] = code & 1 == 0 ? magnitude : -magnitude
      }
    }
  }

  /// The random numbers of a bucket.
  private final class Draws {
    let uniforms: UnsafeMutableBufferPointer<Float>

    init(count: Int) {
      uniforms = .allocate(capacity: count)
      uniforms.initialize(repeating: 0)
    }

    deinit {
      uniforms.deallocate()
    }
  }
}

/// In double precision, where no square of a `Float` overflows; no larger than the largest `Float`.
private func euclideanNorm(_ values: UnsafePointer<Float>, count: Int) -> Float {
  var lanes = SIMD4<Double>()
  let whole = count & ~3
  let bytes = UnsafeRawPointer(values)
  for index in stride(from: 0, to: whole, by: 4) {
    let four = SIMD4<Double>(bytes.loadUnaligned(fromByteOffset: 4 * index, as: SIMD4<Float>.self))
    lanes += four * four
  }
  var sum = lanes.sum()
  for index in whole..<count { sum += Double(values[index]) * Double(values[index]) }
  return Float(min(sum.squareRoot(), Double(Float.greatestFiniteMagnitude)))
}

/// Packs numbers of a few bits one after another, the first in the lowest bits of the first byte.
private struct BitWriter {
  private var next: UnsafeMutableRawPointer
  private var pending: UInt64 = 0
  private var pendingBits = 0

  init(_ start: UnsafeMutableRawPointer) {
    next = start
  }

  /// Appends the lowest `width` ≤ 32 bits of `code`, which has no others.
  @inline(__always)
  mutating func write(_ code: UInt64, width: Int) {
    pending |= code << UInt64(pendingBits)
    pendingBits += width
    guard pendingBits >= 32 else { return }
    next.storeBytes(of: UInt32(truncatingIfNeeded: pending), as: UInt32.self)
    next += 4
    pending >>= 32
    pendingBits -= 32
  }

  /// Writes the last bytes.
  mutating func flush() {
    while pendingBits > 0 {
      next.storeBytes(of: UInt8(truncatingIfNeeded: pending), as: UInt8.self)
      next += 1
      pending >>= 8
      pendingBits -= 8
    }
  }
}

/// Reads what a ``BitWriter`` wrote.
private struct BitReader {
  private var next: UnsafeRawPointer
  private let end: UnsafeRawPointer
  private var pending: UInt64 = 0
  private var pendingBits = 0

  init(_ start: UnsafeRawPointer, bytes: Int) {
    next = start
    end = start + bytes
  }

  @inline(__always)
  mutating func read(width: Int) -> UInt64 {
    while pendingBits < width && next < end {
      pending |= UInt64(next.load(as: UInt8.self)) << UInt64(pendingBits)
      pendingBits += 8
      next += 1
    }
    defer {
      pending >>= UInt64(width)
      pendingBits -= width
    }
    return pending & (1 << UInt64(width) - 1)
  }
}
