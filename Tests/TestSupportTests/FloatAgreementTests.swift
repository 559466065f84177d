import TestSupport
import Testing

@Suite("FloatAgreement")
struct FloatAgreementTests {
  @Test("values within the tolerance agree, and one just outside is reported with its index and both values")
  func tolerance() throws {
    try FloatAgreement.check([1, 2.5] as [Float], against: [1, 2] as [Double], tolerance: 0.5)
    #expect(throws: FloatDisagreement.valueMismatch(index: 1, actual: 2.5, expected: 2, tolerance: 0.25)) {
      try FloatAgreement.check([1, 2.5] as [Float], against: [1, 2] as [Double], tolerance: 0.25)
    }
  }

  @Test("a NaN or an infinity agrees with no number, however large the tolerance", arguments: [Float.nan, .infinity])
  func nonFiniteActual(value: Float) {
    #expect(throws: FloatDisagreement.self) {
      try FloatAgreement.check([value], against: [0 as Double], tolerance: .greatestFiniteMagnitude)
    }
    #expect(throws: FloatDisagreement.self) {
      try FloatAgreement.check([value], against: [0 as Double], tolerance: 1, allowsNonFinite: true)
    }
  }

  @Test("an expectation that is not finite is refused unless allowed")
  func nonFiniteExpectation() throws {
    #expect(throws: FloatDisagreement.nonFiniteExpectation(index: 0, expected: .infinity)) {
      try FloatAgreement.check([Float.infinity], against: [Double.infinity], tolerance: 1)
    }
    #expect(throws: FloatDisagreement.self) {
      try FloatAgreement.check([Float.nan], against: [Double.nan], tolerance: 1)
    }
    try FloatAgreement.check(
      [Float.nan, .infinity, -.infinity], against: [Double.nan, .infinity, -.infinity], tolerance: 0,
      allowsNonFinite: true)
  }

  @Test("an infinity of the other sign, or a NaN for an infinity, disagrees even where they are allowed")
  func differentNonFinite() {
    for (actual, expected) in [(Float.infinity, -Double.infinity), (.nan, .infinity), (1, .nan), (.infinity, .nan)] {
      #expect(throws: FloatDisagreement.self) {
        try FloatAgreement.check([actual], against: [expected], tolerance: 1, allowsNonFinite: true)
      }
    }
  }

  @Test(
    "a negative, infinite or NaN tolerance is refused", arguments: [-1, -Double.leastNonzeroMagnitude, .infinity, .nan])
  func senselessTolerance(tolerance: Double) {
    #expect {
      try FloatAgreement.check([1 as Float], against: [1 as Double], tolerance: tolerance)
    } throws: { error in
      guard case .senselessTolerance(0, _) = error as? FloatDisagreement else { return false }
      return true
    }
  }

  @Test("unequal lengths are refused, of the values and of the tolerances")
  func unequalLengths() {
    #expect(throws: FloatDisagreement.countMismatch(actual: 1, expected: 2)) {
      try FloatAgreement.check([1 as Float], against: [1, 1] as [Double], tolerance: 1)
    }
    #expect(throws: FloatDisagreement.countMismatch(actual: 1, expected: 2)) {
      try FloatAgreement.check([1, 1] as [Float], against: [1, 1] as [Double], tolerances: [1])
    }
    #expect(throws: FloatDisagreement.countMismatch(actual: 3, expected: 2)) {
      try FloatAgreement.checkSameBits([1, 1, 1], as: [1, 1])
    }
  }

  @Test("an empty comparison is refused")
  func empty() {
    #expect(throws: FloatDisagreement.empty) {
      try FloatAgreement.check([] as [Float], against: [] as [Double], tolerance: 1)
    }
    #expect(throws: FloatDisagreement.empty) { try FloatAgreement.checkSameBits([], as: []) }
  }

  @Test("the comparison of bits tells the zeros apart, and accepts the same NaN")
  func sameBits() throws {
    try FloatAgreement.checkSameBits([0, .nan, 1], as: [0, .nan, 1])
    #expect(throws: FloatDisagreement.self) { try FloatAgreement.checkSameBits([0, -0.0], as: [0, 0]) }
    #expect(throws: FloatDisagreement.self) { try FloatAgreement.checkSameBits([Float(1).nextUp], as: [1]) }
  }

  @Test("the derived tolerance grows with the root of the depth and with the magnitude, and never is 0")
  func derivedTolerance() {
    let one = FloatAgreement.tolerance(depth: 1, magnitude: 1)
    #expect(one == 8 * 0x1p-23)
    #expect(FloatAgreement.tolerance(depth: 100, magnitude: 1) == 10 * one)
    #expect(FloatAgreement.tolerance(depth: 1, magnitude: 3) == 3 * one)
    #expect(FloatAgreement.tolerance(depth: 0, magnitude: 0) == 0x1p-126)
  }
}
