import Kernels
import NeuralNet
import Randomness
import Testing

@testable import AsyncSGD

/// Encodes a tensor, and decodes it with a stream of its own.
private func roundTrip(_ codec: some TensorCodec, _ values: [Float], step: Int = 0) -> (values: [Float], bytes: Int) {
  let payload = Payload(capacity: codec.capacity(count: values.count))
  var random = RandomStream(seed: 9, purpose: .compression, worker: 2, step: step)
  var same = random
  codec.encode(values, count: values.count, random: &random, into: payload)
  var decoded = [Float](repeating: .nan, count: values.count)
  codec.decode(payload, count: values.count, random: &same, into: &decoded)
  return (decoded, payload.count)
}

/// Numbers of either sign and of many magnitudes.
private func mixedValues(_ count: Int, step: Int = 0) -> [Float] {
  var random = RandomStream(seed: 5, purpose: .testing, step: step)
  return (0..<count).map { _ in (random.uniform() - 0.5) * Float(1 << Int(random.nextWord() % 20)) }
}

@Suite("Codecs: what arrives, and in how many bytes")
struct CodecTests {
  @Test("top-k keeps the largest magnitudes, of equal ones the first")
  func topK() {
    // k = 2 of 5: 4 bytes for the number, 8 an element.
    let (values, bytes) = roundTrip(TopKCodec(ratio: 0.4), [1, -3, 2, 3, 0.5])
    #expect(values == [0, -3, 0, 3, 0])
    #expect(bytes == 4 + 2 * 8)
    #expect(roundTrip(TopKCodec(ratio: 0.4), [2, 1, -2, 2, 0]).values == [2, 0, -2, 0, 0])
    // At least one element, whatever the share.
    #expect(roundTrip(TopKCodec(ratio: 0.001), [1, -3, 2]).values == [0, -3, 0])
    #expect(roundTrip(TopKCodec(ratio: 0.5), [0, 0, 0, 0]).values == [0, 0, 0, 0])
  }

  @Test("top-k with ratio 1 loses nothing, to the bit")
  func topKWhole() {
    let values = mixedValues(1000)
    let (arrived, bytes) = roundTrip(TopKCodec(ratio: 1), values)
    #expect(arrived.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(bytes == 4 + 4 * 1000)
  }

  @Test("the selection by counting agrees with sorting", arguments: [1, 2, 7, 100, 999, 1000])
  func selection(k: Int) {
    for step in 0..<20 {
      var values = mixedValues(1000, step: step)
      // Ties, zeros and the ends of the range.
      for index in stride(from: 0, to: 1000, by: 7) { values[index] = values[index / 2].sign == .plus ? 3 : -3 }
      values[13] = .greatestFiniteMagnitude
      values[14] = -.leastNonzeroMagnitude
      values[15] = -0.0
      let order = values.indices.sorted { (values[$0].magnitude, $1) > (values[$1].magnitude, $0) }
      var expected = [Float](repeating: 0, count: 1000)
      for index in order.prefix(k) { expected[index] = values[index] }
      #expect(roundTrip(TopKCodec(ratio: Double(k) / 1000), values).values == expected)
    }
  }

  @Test("a threshold keeps what exceeds it, and not what equals it")
  func threshold() {
    let (values, bytes) = roundTrip(ThresholdCodec(threshold: 2), [1, -3, 2, -2, 2.5])
    #expect(values == [0, -3, 0, 0, 2.5])
    #expect(bytes == 4 + 2 * 8)
    #expect(roundTrip(ThresholdCodec(threshold: 9), [1, 2]).bytes == 4)
    let (all, allBytes) = roundTrip(ThresholdCodec(threshold: 0), [1, 0, -.leastNonzeroMagnitude])
    #expect(all == [1, 0, -.leastNonzeroMagnitude])
    #expect(allBytes == 4 + 3 * 4, "two of three: all values are sent, without positions")
  }

  @Test("random-k keeps k values, which alone are sent; scaled by n/k where nothing is fed back")
  func randomK() {
    let values = (1...20).map { Float($0) }
    let (kept, bytes) = roundTrip(RandomKCodec(ratio: 0.25, isUnbiased: false, capacity: 20), values)
    #expect(bytes == 5 * 4)
    #expect(kept.count { $0 != 0 } == 5)
    #expect(zip(kept, values).allSatisfy { $0 == 0 || $0 == $1 })
    let scaled = roundTrip(RandomKCodec(ratio: 0.25, isUnbiased: true, capacity: 20), values).values
    #expect(scaled == kept.map { 4 * $0 })
    #expect(roundTrip(RandomKCodec(ratio: 1, isUnbiased: true, capacity: 20), values).values == values)
  }

  @Test("random-k draws every position alike, and every pair of positions")
  func randomKIsUniform() {
    let codec = RandomKCodec(ratio: 0.4, isUnbiased: false, capacity: 5)
    let draws = 20_000
    var singles = [Int](repeating: 0, count: 5)
    var pairs: [[Int]: Int] = [:]
    for step in 0..<draws {
      let arrived = roundTrip(codec, [1, 1, 1, 1, 1], step: step).values
      let kept = arrived.indices.filter { arrived[$0] != 0 }
      for index in kept { singles[index] += 1 }
      pairs[kept, default: 0] += 1
    }
    // Binomial with p = 2/5, and with p = 1/10; six standard deviations.
    func isLikely(_ count: Int, probability: Double) -> Bool {
      let mean = probability * Double(draws)
      return abs(Double(count) - mean) < 6 * (mean * (1 - probability)).squareRoot()
    }
    #expect(singles.allSatisfy { isLikely($0, probability: 0.4) })
    #expect(pairs.count == 10)
    #expect(pairs.values.allSatisfy { isLikely($0, probability: 0.1) })
  }

  @Test("1-bit sends signs and the means of both sides")
  func oneBit() {
    let (values, bytes) = roundTrip(OneBitCodec(), [3, 1, -2])
    #expect(values == [2, 2, -2])
    #expect(bytes == 4 + 4 + 1)
    // Zeros, of either sign, are on the side of the positive.
    #expect(roundTrip(OneBitCodec(), [0, -0.0, 3, -1, -2]).values == [1, 1, 1, -1.5, -1.5])
    // A side without elements.
    #expect(roundTrip(OneBitCodec(), [-1, -3]).values == [-2, -2])
    #expect(roundTrip(OneBitCodec(), [1, 3]).values == [2, 2])
    // Nine elements take two bytes of signs; seventeen pass the vector loop twice.
    #expect(roundTrip(OneBitCodec(), [Float](repeating: -1, count: 9)).bytes == 8 + 2)
    let many = (0..<17).map { $0 % 2 == 0 ? Float(4) : -2 }
    #expect(roundTrip(OneBitCodec(), many).values == many)
  }

  @Test("sign-sgd sends signs and the mean magnitude")
  func sign() {
    let (values, bytes) = roundTrip(SignCodec(), [3, -1, 0, -4])
    #expect(values == [2, -2, 2, -2])
    #expect(bytes == 4 + 1)
    let many = (0..<19).map { $0 % 3 == 0 ? Float(-1) : 1 }
    let (arrived, manyBytes) = roundTrip(SignCodec(), many)
    #expect(arrived == many)
    #expect(manyBytes == 4 + 3)
  }

  @Test("QSGD keeps what lies on a level, in 1 + ⌈log₂(s + 1)⌉ bits an element")
  func qsgdLevels() {
    // The norm of (3, 0, −4, 0) is 5; with s = 5 the levels are 0, 1, …, 5: 1 + 3 bits, four of them two bytes.
    let (values, bytes) = roundTrip(QSGDCodec(levels: 5, bucket: 4), [3, 0, -4, 0])
    let (third, fourth): (Float, Float) = (3.0 / 5, 4.0 / 5)
    #expect(values == [5 * third, 0, -5 * fourth, 0])
    #expect(bytes == 4 + 2)
    // Two buckets of 2 and one of 1: three norms, and 5 · (1 + 1) bits.
    let (buckets, bucketBytes) = roundTrip(QSGDCodec(levels: 1, bucket: 2), [2, 0, 0, -8, 0])
    #expect(buckets == [2, 0, 0, -8, 0])
    #expect(bucketBytes == 3 * 4 + 2)
    // 127 levels are a byte an element, 128 a bit more.
    #expect(roundTrip(QSGDCodec(levels: 127, bucket: 512), mixedValues(1000)).bytes == 2 * 4 + 1000)
    #expect(roundTrip(QSGDCodec(levels: 128, bucket: 512), mixedValues(1000)).bytes == 2 * 4 + 1125)
  }

  @Test("QSGD of zeros is zeros, and of the largest numbers finite")
  func qsgdExtremes() {
    #expect(roundTrip(QSGDCodec(levels: 4, bucket: 8), [0, 0, 0]).values == [0, 0, 0])
    let largest = [Float](repeating: .greatestFiniteMagnitude, count: 8)
    #expect(roundTrip(QSGDCodec(levels: 4, bucket: 8), largest).values.allSatisfy { $0.isFinite })
    let least = [Float.leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    let leastArrived = roundTrip(QSGDCodec(levels: 4, bucket: 8), least).values
    #expect(leastArrived.allSatisfy { $0.magnitude <= 2 * .leastNonzeroMagnitude })
  }

  @Test("QSGD is right on average")
  func qsgdIsUnbiased() {
    let values: [Float] = [0.3, -1.7, 0.01, 2, -0.6]
    let norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    let draws = 20_000
    var sums = [Double](repeating: 0, count: values.count)
    let codec = QSGDCodec(levels: 4, bucket: 8)
    for step in 0..<draws {
      let arrived = roundTrip(codec, values, step: step).values
      for index in values.indices { sums[index] += Double(arrived[index]) }
    }
    for index in values.indices {
      // Each draw is one of two neighbouring levels, norm/4 apart: a standard deviation of norm/8 at most; six of their
      // mean, and the rounding of the levels.
      let tolerance = 6 * norm / 8 / Double(draws).squareRoot() + 1e-6
      #expect(abs(sums[index] / Double(draws) - Double(values[index])) < tolerance)
    }
  }

  @Test("QSGD with many levels loses next to nothing")
  func qsgdFine() {
    let values = mixedValues(512)
    let norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    let arrived = roundTrip(QSGDCodec(levels: 8_388_607, bucket: 512), values).values
    for (value, result) in zip(values, arrived) {
      // One level, and the roundings of ratio, quotient and product, each relative to at most the norm.
      #expect(abs(Double(value) - Double(result)) <= norm * (1 / 8_388_607 + 3 * 0x1p-24))
    }
  }

  @Test("the shares of elements are rounded, and never none", arguments: [(0.5, 5, 3), (0.1, 30, 3), (0.001, 9, 1)])
  func shares(ratio: Double, count: Int, expected: Int) {
    #expect(kept(ratio, of: count) == expected)
  }

  @Test("shares, thresholds and levels outside of their ranges are refused")
  func domains() {
    #expect(!Hyperparameter.compressionRatio.domain.contains(.number(0)))
    #expect(!Hyperparameter.compressionRatio.domain.contains(.number(1.01)))
    #expect(!Hyperparameter.compressionRatio.domain.contains(.number(.nan)))
    #expect(Hyperparameter.compressionRatio.domain.contains(.number(1)))
    #expect(!Hyperparameter.compressionThreshold.domain.contains(.number(-1)))
    #expect(!Hyperparameter.compressionThreshold.domain.contains(.number(.infinity)))
    #expect(!Hyperparameter.quantizationLevels.domain.contains(.integer(0)))
    #expect(!Hyperparameter.quantizationLevels.domain.contains(.integer(8_388_608)))
    #expect(!Hyperparameter.compressionMomentum.domain.contains(.number(1)))
    for kind in CompressionKind.allCases {
      let setting = Hyperparameter.Setting(workers: 8, mode: .async, compression: kind)
      for hyperparameter in kind.hyperparameters {
        #expect(hyperparameter.domain.contains(hyperparameter.defaultValue(setting)), "\(hyperparameter.name)")
      }
    }
  }
}
