internal import Randomness

/// The sign of each element of a tensor, and the means of its negative and of its other elements.
///
/// Each element arrives as the mean of its side: four bytes for each mean, and a bit an element. A side without elements
/// has mean 0. Seide et al. take the means column by column of each weight matrix; like later implementations, this takes
/// them tensor by tensor.
///
/// Sources: Seide, Fu, Droppo, Li & Yu, "1-Bit Stochastic Gradient Descent and its Application to Data-Parallel Distributed
/// Training of Speech DNNs", Interspeech 2014.
struct OneBitCodec: TensorCodec {
  func capacity(count: Int) -> Int { 8 + SignBits.bytes(count) }

  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload) {
    let start = payload.append(capacity(count: count))
    let sides = Sides(values, count: count)
    start.storeBytes(of: sides.positiveMean, as: Float.self)
    start.storeBytes(of: sides.negativeMean, toByteOffset: 4, as: Float.self)
    SignBits.encode(values, count: count, to: start + 8)
  }

  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>) {
    let start = payload.take(capacity(count: count))
    SignBits.decode(
      start + 8, count: count, positive: start.loadUnaligned(as: Float.self),
      negative: start.loadUnaligned(fromByteOffset: 4, as: Float.self), into: values)
  }
}

/// The negative and the other elements of a tensor.
private struct Sides {
  let positiveMean: Float
  let negativeMean: Float

  /// Sums in eight lanes, and those in double precision.
  init(_ values: UnsafePointer<Float>, count: Int) {
    var positive = SIMD8<Float>()
    var negative = SIMD8<Float>()
    var negatives = SIMD8<Int32>()
    let whole = count & ~7
    let bytes = UnsafeRawPointer(values)
    for index in stride(from: 0, to: whole, by: 8) {
      let lanes = bytes.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self)
      let isNegative = lanes .< 0
      negative += lanes.replacing(with: 0, where: .!isNegative)
      positive += lanes.replacing(with: 0, where: isNegative)
      negatives &+= SIMD8<Int32>(repeating: 0).replacing(with: 1, where: isNegative)
    }
    var positiveSum = 0.0
    var negativeSum = 0.0
    var negativeCount = Int(negatives.wrappedSum())
    for lane in 0..<8 {
      positiveSum += Double(positive[lane])
      negativeSum += Double(negative[lane])
    }
    for index in whole..<count {
      let value = values[index]
      negativeCount += value < 0 ? 1 : 0
      negativeSum += Double(min(value, 0))
      positiveSum += Double(max(value, 0))
    }
    let positiveCount = count - negativeCount
    positiveMean = positiveCount == 0 ? 0 : Float(positiveSum / Double(positiveCount))
    negativeMean = negativeCount == 0 ? 0 : Float(negativeSum / Double(negativeCount))
  }
}
