import Randomness
import Testing

/// The laws of the numbers that a stream hands out.
///
/// Seeds are fixed, so every test is deterministic. The tolerances are six standard deviations of the statistic under
/// the law that is tested: a right generator passes for nearly every seed, and a wrong law fails.
@Suite("Random streams")
struct RandomStreamTests {
  private func stream(_ step: Int, seed: UInt64 = 20_260_101) -> RandomStream {
    RandomStream(seed: seed, purpose: .testing, step: step)
  }

  // MARK: Addresses

  @Test("the same address gives the same numbers, and each part of it matters")
  func independence() {
    func words(seed: UInt64 = 1, purpose: RandomStream.Purpose = .testing, worker: Int = 0, step: Int = 0) -> [UInt32] {
      var stream = RandomStream(seed: seed, purpose: purpose, worker: worker, step: step)
      return (0..<64).map { _ in stream.nextWord() }
    }
    let streams = [
      words(), words(seed: 2), words(seed: 1 << 32 | 1), words(purpose: .dropout), words(worker: 1), words(step: 1),
    ]
    #expect(words() == streams[0])
    // Two independent streams share a word at the same place with probability 2⁻³² a word.
    for first in streams.indices {
      for second in streams.indices where second > first {
        #expect(zip(streams[first], streams[second]).allSatisfy { $0 != $1 }, "streams \(first) and \(second)")
      }
    }
  }

  @Test("streams of neighbouring steps and workers are not correlated")
  func correlation() {
    let count = 20_000
    for (worker, step) in [(0, 1), (1, 0)] {
      var first = RandomStream(seed: 9, purpose: .testing)
      var second = RandomStream(seed: 9, purpose: .testing, worker: worker, step: step)
      var sum = 0.0
      for _ in 0..<count { sum += (Double(first.uniform()) - 0.5) * (Double(second.uniform()) - 0.5) }
      // A product of two independent centred uniforms has deviation 1/12.
      let bound = 6 / 12 / Double(count).squareRoot()
      #expect(abs(sum / Double(count)) <= bound, "worker \(worker), step \(step)")
    }
  }

  @Test("64 bits are two words, the earlier one low")
  func wide() {
    var words = stream(0)
    var wide = stream(0)
    for _ in 0..<5 {
      let low = UInt64(words.nextWord())
      let high = UInt64(words.nextWord())
      #expect(wide.next() == high << 32 | low)
    }
  }

  @Test("a copy of a stream goes on from the same place")
  func copies() {
    var original = stream(1)
    for _ in 0..<3 { _ = original.nextWord() }
    var copy = original
    #expect((0..<9).map { _ in original.nextWord() } == (0..<9).map { _ in copy.nextWord() })
  }

  // MARK: Uniform numbers

  @Test("uniform numbers are multiples of 2⁻²⁴ in [0, 1), with the mean and variance of the law")
  func uniformLaw() {
    var stream = stream(2)
    let count = 50_000
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<count {
      let value = stream.uniform()
      #expect(value >= 0 && value < 1 && (value * 0x1p24).rounded() == value * 0x1p24)
      sum += Double(value)
      squares += (Double(value) - 0.5) * (Double(value) - 0.5)
    }
    // Deviations of the two means: √(1/12) and √(1/80 − 1/144), over √n.
    let root = Double(count).squareRoot()
    #expect(abs(sum / Double(count) - 0.5) <= 6 * (1.0 / 12).squareRoot() / root)
    #expect(abs(squares / Double(count) - 1.0 / 12) <= 6 * (1.0 / 80 - 1.0 / 144).squareRoot() / root)
  }

  @Test("many uniform numbers at once are those drawn one by one, from any place in a block", arguments: 0..<6)
  func manyAtOnce(drawnBefore: Int) {
    for count in 0..<20 {
      var one = stream(7)
      for _ in 0..<drawnBefore { _ = one.nextWord() }
      var other = one
      let expected = (0..<count).map { _ in one.uniform() }
      var values = [Float](repeating: -1, count: count + 1)
      values.withUnsafeMutableBufferPointer { other.fillUniform(UnsafeMutableBufferPointer(rebasing: $0[..<count])) }
      #expect(values == expected + [-1])
      #expect(other.nextWord() == one.nextWord(), "the stream goes on after them")
    }
  }

  @Test(
    "numbers of a range stay in it and reach both its ends",
    arguments: [-1...1, 0.1...0.7, -1...0.1, 1e-3...1e3, -3...(-2), 5...5] as [ClosedRange<Float>])
  func ranges(_ range: ClosedRange<Float>) {
    var stream = stream(3)
    let count = 5_000
    let values = (0..<count).map { _ in stream.uniform(in: range) }
    #expect(values.allSatisfy(range.contains))
    // None of n draws falls into the outer 20/n of the range with probability e⁻²⁰.
    let margin = (range.upperBound - range.lowerBound) * 20 / Float(count)
    #expect(values.contains { $0 <= range.lowerBound + margin })
    #expect(values.contains { $0 >= range.upperBound - margin })
  }

  @Test("integers below a bound are equally likely", arguments: [2, 3, 6, 7, 10, 100] as [UInt32])
  func integersAreUnbiased(_ bound: UInt32) {
    var stream = stream(4)
    let count = 60_000
    var histogram = [Int](repeating: 0, count: Int(bound))
    for _ in 0..<count { histogram[Int(stream.uniform(below: bound))] += 1 }
    #expect(chiSquare(histogram) <= chiSquareBound(cells: Int(bound)))
  }

  /// Of 2³² words, a remainder maps two to each value of the low third; scaling without rejection, to every third value.
  @Test("a bound near 2³² is met without bias")
  func largeBoundIsUnbiased() {
    var stream = stream(5)
    let bound: UInt32 = 3 << 30
    var thirds = [0, 0, 0]
    var residues = [0, 0, 0]
    for _ in 0..<30_000 {
      let value = stream.uniform(below: bound)
      #expect(value < bound)
      thirds[Int(value >> 30)] += 1
      residues[Int(value % 3)] += 1
    }
    #expect(chiSquare(thirds) <= chiSquareBound(cells: 3))
    #expect(chiSquare(residues) <= chiSquareBound(cells: 3))
  }

  @Test("the ends of integer ranges are reached: 1 gives 0, and 2³² − 1 its extremes")
  func integerEnds() {
    var stream = stream(6)
    #expect((0..<100).allSatisfy { _ in stream.uniform(below: 1) == 0 })
    let values = (0..<5_000).map { _ in stream.uniform(below: .max) }
    #expect(values.allSatisfy { $0 < .max })
    #expect((values.min() ?? .max) < UInt32.max / 250)
    #expect((values.max() ?? 0) > UInt32.max / 250 * 249)
  }

  @Test("an empty integer range is a programming error")
  func emptyRange() async {
    await #expect(processExitsWith: .failure) {
      var stream = RandomStream(seed: 0, purpose: .testing)
      _ = stream.uniform(below: 0)
    }
  }

  // MARK: Normal numbers

  @Test("normal numbers have the moments and the share within one deviation of the law")
  func gaussianLaw() {
    var stream = stream(7)
    let count = 60_000
    var moments = [0.0, 0.0, 0.0, 0.0]
    var within = 0
    for _ in 0..<count {
      let value = stream.gaussian()
      #expect(value.isFinite)
      var power = 1.0
      for order in 0..<4 {
        power *= Double(value)
        moments[order] += power
      }
      if abs(value) < 1 { within += 1 }
    }
    // The variance of the mean of xᵏ is (E x²ᵏ − (E xᵏ)²)/n, with E x², x⁴, x⁶, x⁸ = 1, 3, 15, 105.
    let expected = [0.0, 1, 0, 3]
    let variances = [1.0, 2, 15, 96]
    for order in 0..<4 {
      let bound = 6 * (variances[order] / Double(count)).squareRoot()
      #expect(abs(moments[order] / Double(count) - expected[order]) <= bound, "moment \(order + 1)")
    }
    let share = 0.682_689_492
    #expect(abs(Double(within) / Double(count) - share) <= 6 * (share * (1 - share) / Double(count)).squareRoot())
  }

  // MARK: Permutations

  @Test("all 24 orders of four elements are equally likely")
  func permutationsAreUniform() {
    var stream = stream(8)
    var histogram: [[Int]: Int] = [:]
    for _ in 0..<24_000 {
      var elements = [0, 1, 2, 3]
      elements.withUnsafeMutableBufferPointer { stream.permute($0) }
      histogram[elements, default: 0] += 1
    }
    #expect(histogram.count == 24)
    #expect(histogram.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
    #expect(chiSquare(Array(histogram.values)) <= chiSquareBound(cells: 24))
  }

  @Test("no or one element stays, and draws nothing")
  func trivialPermutations() {
    var stream = stream(9)
    var untouched = stream
    var none: [Int] = []
    none.withUnsafeMutableBufferPointer { stream.permute($0) }
    var one = [7]
    one.withUnsafeMutableBufferPointer { stream.permute($0) }
    #expect(one == [7])
    #expect(stream.nextWord() == untouched.nextWord())
  }

  @Test("a permutation is the same on every platform")
  func pinnedPermutation() {
    var elements = [0, 0, 0, 1, 1, 1, 2, 2]
    var stream = RandomStream(seed: 5, purpose: .labelShuffle)
    elements.withUnsafeMutableBufferPointer { stream.permute($0) }
    // From an implementation of the same algorithms in Python.
    #expect(elements == [0, 2, 1, 0, 1, 1, 2, 0])
  }

  // MARK: Pearson's statistic

  /// Σ (observed − expected)² / expected, for equally likely cells.
  private func chiSquare(_ histogram: [Int]) -> Double {
    let expected = Double(histogram.reduce(0, +)) / Double(histogram.count)
    return histogram.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// The statistic has mean k and variance 2k for k = cells − 1 degrees of freedom.
  private func chiSquareBound(cells: Int) -> Double {
    let freedom = Double(cells - 1)
    return freedom + 6 * (2 * freedom).squareRoot()
  }
}
