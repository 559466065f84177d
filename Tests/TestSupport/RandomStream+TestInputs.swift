public import Randomness

extension RandomStream {
  /// Creates the stream of one test's inputs.
  ///
  /// - Parameter step: A number that tells the streams of different cases apart.
  public init(testCase step: Int) {
    self.init(seed: 0x5EED, purpose: .testing, step: step)
  }

  /// Returns `count` numbers drawn uniformly from `range`.
  public mutating func uniformFloats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(uniform(in: range)) }
    return values
  }

  /// Returns `count` integers drawn uniformly from `−magnitude...magnitude`.
  ///
  /// Sums of products of such numbers are exact in `Float` in any order as long as they stay below 2²⁴.
  public mutating func smallIntegers(_ count: Int, magnitude: Int = 3) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for _ in 0..<count {
      values.append(Float(Int(uniform(below: UInt32(2 * magnitude + 1))) - magnitude))
    }
    return values
  }
}
