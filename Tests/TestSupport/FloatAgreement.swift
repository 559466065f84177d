/// Why two sequences of numbers do not agree.
public enum FloatDisagreement: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is nothing to compare, so a pass would prove nothing.
  case empty
  /// The sequences differ in length.
  case countMismatch(actual: Int, expected: Int)
  /// A tolerance is negative, infinite or NaN.
  case senselessTolerance(index: Int, tolerance: Double)
  /// An expected value is infinite or NaN where finite ones were promised.
  case nonFiniteExpectation(index: Int, expected: Double)
  /// Two values are further apart than the tolerance, or one of them is infinite or NaN and the other is not the same.
  case valueMismatch(index: Int, actual: Double, expected: Double, tolerance: Double)

  /// A sentence that names the index and both values.
  public var description: String {
    switch self {
    case .empty:
      "there are no values to compare"
    case .countMismatch(let actual, let expected):
      "there are \(actual) values, but \(expected) are expected"
    case .senselessTolerance(let index, let tolerance):
      "the tolerance at index \(index) is \(tolerance), but must be finite and not negative"
    case .nonFiniteExpectation(let index, let expected):
      "the expected value at index \(index) is \(expected), but must be finite"
    case .valueMismatch(let index, let actual, let expected, let tolerance):
      "the value at index \(index) is \(actual), but \(expected) ± \(tolerance) is expected"
    }
  }
}

/// Comparisons of computed numbers with expected ones that no NaN, no length and no tolerance can fool.
public enum FloatAgreement {
  /// Checks that |actual[i] − expected[i]| ≤ tolerances[i] for every i.
  ///
  /// A NaN agrees with nothing, and so does an infinity, unless `allowsNonFinite` is given: then a NaN must meet a
  /// NaN and an infinity the same infinity, whatever the tolerance.
  ///
  /// - Parameters:
  ///   - actual: The values under test.
  ///   - expected: The values of an oracle.
  ///   - tolerances: One absolute tolerance a value.
  ///   - allowsNonFinite: Whether `expected` may hold NaN and infinities.
  /// - Throws: ``FloatDisagreement`` for the first value that disagrees, or if the comparison itself is senseless.
  @specialized(where Actual == Float, Expected == Double)
  public static func check<Actual: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
    _ actual: [Actual], against expected: [Expected], tolerances: [Double], allowsNonFinite: Bool = false
  ) throws(FloatDisagreement) {
    guard actual.count == expected.count else {
      throw .countMismatch(actual: actual.count, expected: expected.count)
    }
    guard tolerances.count == expected.count else {
      throw .countMismatch(actual: tolerances.count, expected: expected.count)
    }
    guard !expected.isEmpty else { throw .empty }
    for index in expected.indices {
      let tolerance = tolerances[index]
      guard tolerance >= 0, tolerance.isFinite else {
        throw .senselessTolerance(index: index, tolerance: tolerance)
      }
      let one = Double(actual[index])
      let other = Double(expected[index])
      let agrees: Bool
      if other.isFinite {
        agrees = abs(one - other) <= tolerance
      } else {
        guard allowsNonFinite else { throw .nonFiniteExpectation(index: index, expected: other) }
        agrees = other.isNaN ? one.isNaN : one == other
      }
      guard agrees else {
        throw .valueMismatch(index: index, actual: one, expected: other, tolerance: tolerance)
      }
    }
  }

  /// Checks that |actual[i] − expected[i]| ≤ tolerance for every i.
  ///
  /// - Parameters:
  ///   - actual: The values under test.
  ///   - expected: The values of an oracle.
  ///   - tolerance: The absolute tolerance of every value.
  ///   - allowsNonFinite: Whether `expected` may hold NaN and infinities.
  /// - Throws: As ``check(_:against:tolerances:allowsNonFinite:)``.
  public static func check<Actual: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
    _ actual: [Actual], against expected: [Expected], tolerance: Double, allowsNonFinite: Bool = false
  ) throws(FloatDisagreement) {
    try check(
      actual, against: expected, tolerances: Array(repeating: tolerance, count: expected.count),
      allowsNonFinite: allowsNonFinite)
  }

  /// Checks that two sequences hold the same bits, signs of zero and payloads of NaN included.
  ///
  /// - Parameters:
  ///   - actual: The values under test.
  ///   - expected: The values wanted.
  /// - Throws: ``FloatDisagreement`` for the first value that differs, or if there is none to compare.
  public static func checkSameBits(_ actual: [Float], as expected: [Float]) throws(FloatDisagreement) {
    guard actual.count == expected.count else {
      throw .countMismatch(actual: actual.count, expected: expected.count)
    }
    guard !expected.isEmpty else { throw .empty }
    for index in expected.indices where actual[index].bitPattern != expected[index].bitPattern {
      throw .valueMismatch(
        index: index, actual: Double(actual[index]), expected: Double(expected[index]), tolerance: 0)
    }
  }

  /// Returns the tolerance of a sum of `depth` rounded terms computed in `Float`: ε · c · √depth · magnitude.
  ///
  /// The rounding errors of a sum behave like a random walk, hence the root; the worst case is `depth`. The constant
  /// c = 8 leaves room for the walk's tail over some ten thousand results.
  ///
  /// Sources: Higham & Mary, "A New Approach to Probabilistic Rounding Error Analysis", SISC 2019,
  /// <https://doi.org/10.1137/18M1226312>.
  ///
  /// - Parameters:
  ///   - depth: The number of terms, each with one rounding or two.
  ///   - magnitude: The sum of the terms' absolute values.
  /// - Returns: An absolute tolerance; at least the smallest normal number, so that underflow is forgiven.
  public static func tolerance(depth: Int, magnitude: Double) -> Double {
    let relative = 8 * Double(Float.ulpOfOne) * Double(max(depth, 1)).squareRoot()
    return max(relative * magnitude, Double(Float.leastNormalMagnitude))
  }
}
