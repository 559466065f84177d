import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Exponentials of every backend")
struct TranscendentalTests {
  /// Where implementations change formula, overflow or underflow, and the numbers beside; in every exponent some.
  static let edges: [Float] = {
    var values: [Float] = [0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    for exponent in -149...127 {
      for mantissa in [1, 1.1, 1.37, 1.625, 1.99] as [Float] {
        let magnitude = Float(sign: .plus, exponent: exponent, significand: mantissa)
        values += [magnitude, -magnitude]
      }
    }
    for edge in [
      0.3466, 0.5, 0.55, 0.625, 0.6931, 1, 2, 8, 9, 9.011, 10, 16.64, 17.33, 18, 44, 87.3, 87.336, 88, 88.03, 88.376,
      88.72, 88.723, 89, 90, 103, 103.97, 104, 105, 126, 127, 128, 1e10, .greatestFiniteMagnitude,
    ] as [Float] {
      for magnitude in [edge, edge.nextUp, edge.nextDown] where magnitude.isFinite {
        values += [magnitude, -magnitude]
      }
    }
    return values
  }()

  /// More than a million numbers: the edges, all that lie a fixed number of bit patterns apart, and a grid that is
  /// dense where the functions bend.
  private static let sweep: [Float] = {
    var values = edges
    // An odd step visits all low bits in turn.
    for bits in stride(from: UInt32(0), to: Float.infinity.bitPattern, by: 5003) {
      values += [Float(bitPattern: bits), -Float(bitPattern: bits)]
    }
    for step in -250_000...250_000 { values.append(Float(step) / 2400) }
    precondition(values.count > 1_000_000)
    return values
  }()

  /// The exact results of an activation over ``sweep``, and how far a result may be from them.
  private struct Expectation {
    let values: [Double]
    let tolerances: [Double]

    init(_ function: (Double) -> Double) {
      values = sweep.map { function(Double($0)) }
      tolerances = values.map(AccuracyContract.transcendental)
    }
  }

  private static let sigmoid = Expectation { 1 / (1 + exp(-$0)) }
  private static let hyperbolicTangent = Expectation { tanh($0) }

  private func check(_ backend: BackendUnderTest, _ activation: Activation, _ expected: Expectation) throws {
    var output = Array(repeating: Float.nan, count: Self.sweep.count)
    backend.kernels.activationForward(activation, count: output.count, input: Self.sweep, output: &output)
    do {
      try FloatAgreement.check(output, against: expected.values, tolerances: expected.tolerances)
    } catch .valueMismatch(let index, _, _, _) {
      Issue.record("\(activation)(\(Self.sweep[index])) is \(output[index]), not \(expected.values[index])")
    }
  }

  @Test("1/(1 + e⁻ˣ) is within 4 units in the last place over its whole domain", arguments: BackendUnderTest.all)
  func sigmoid(backend: BackendUnderTest) throws {
    try check(backend, .sigmoid, Self.sigmoid)
  }

  @Test("tanh x is within 4 units in the last place over its whole domain", arguments: BackendUnderTest.all)
  func hyperbolicTangent(backend: BackendUnderTest) throws {
    try check(backend, .tanh, Self.hyperbolicTangent)
  }

  /// The gradient of the softmax of the logits 0 and x with respect to x is eˣ/(1 + eˣ); below −18 the divisor rounds to
  /// 1, and what is left is the exponential alone.
  @Test("eˣ is within 4 units in the last place where a softmax takes it", arguments: BackendUnderTest.all)
  func exponential(backend: BackendUnderTest) throws {
    var exponents = Self.edges.filter { -104 < $0 && $0 < -18 }
    for step in 18_001...104_000 { exponents.append(-Float(step) / 1000) }
    let count = exponents.count
    let logits = Array(repeating: Float(0), count: count) + exponents
    var gradient = Array(repeating: Float.nan, count: 2 * count)
    _ = backend.kernels.softmaxCrossEntropy(
      examples: count, classes: 2, logits: logits, labels: Array(repeating: 0, count: count), gradientScale: 1,
      gradient: &gradient)
    let expected = exponents.map { exp(Double($0)) }
    try FloatAgreement.check(
      Array(gradient[count...]), against: expected, tolerances: expected.map(AccuracyContract.transcendental))
  }
}
