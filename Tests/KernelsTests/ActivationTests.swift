import Foundation
import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Activations of every backend")
struct ActivationTests {
  /// A sweep over all magnitudes, both signs, and both sides of the points where implementations change formula.
  private static let sweep: [Float] = {
    var values: [Float] = [0, -0.0]
    for exponent in -149...7 {
      for mantissa in [1, 1.1, 1.37, 1.625, 1.99] as [Float] {
        let magnitude = Float(sign: .plus, exponent: exponent, significand: mantissa)
        values += [magnitude, -magnitude]
      }
    }
    for center in stride(from: Float(-20), through: 20, by: 0.01) { values.append(center) }
    for edge in [0.625, 1, 9, 44, 87.3, 88, 88.72, 89, 90, 103, 104, 105, 1e10] as [Float] {
      values += [edge, edge.nextUp, edge.nextDown, -edge, (-edge).nextUp, (-edge).nextDown]
    }
    return values
  }()

  private func forward(_ kernels: any KernelBackend<Float>, _ activation: Activation, _ values: [Float]) throws
    -> [Float]
  {
    let input = GuardedBuffer(values)
    let output = GuardedBuffer<Float>(count: values.count)
    kernels.activationForward(activation, count: values.count, input: input.pointer, output: output.pointer)
    try checkUntouched(input, values)
    try output.checkGuards()
    return output.values
  }

  private func exact(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: x
    case .relu: x < 0 ? 0 : x
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: tanh(x)
    }
  }

  @Test(
    "each is within 4 units in the last place over its whole domain", arguments: BackendUnderTest.all,
    Activation.allCases)
  func accuracy(backend: BackendUnderTest, activation: Activation) throws {
    let expected = Self.sweep.map { exact(activation, Double($0)) }
    let isRounded = activation == .sigmoid || activation == .tanh
    let tolerances = expected.map {
      // Where the result is subnormal, the smallest normal number is forgiven.
      isRounded ? max(4 * Double(Float($0).ulp), Double(Float.leastNormalMagnitude)) : 0
    }
    try FloatAgreement.check(
      forward(backend.kernels, activation, Self.sweep), against: expected, tolerances: tolerances)
  }

  @Test("NaN stays NaN, and the infinities go to the limits", arguments: BackendUnderTest.all)
  func nonFinite(backend: BackendUnderTest) throws {
    // Ten values: both the whole vectors and the rest of every implementation.
    for repeats in [1, 9] {
      for (activation, limits) in [
        (Activation.identity, (-Double.infinity, Double.infinity)), (.relu, (0, .infinity)), (.sigmoid, (0, 1)),
        (.tanh, (-1, 1)),
      ] {
        let values = Array(repeating: [Float.nan, -.infinity, .infinity], count: repeats).flatMap { $0 }
        let expected = Array(repeating: [Double.nan, limits.0, limits.1], count: repeats).flatMap { $0 }
        try FloatAgreement.check(
          forward(backend.kernels, activation, values), against: expected, tolerance: 0, allowsNonFinite: true)
      }
    }
  }

  @Test("the derivative comes from the output", arguments: BackendUnderTest.all, Activation.allCases)
  func backward(backend: BackendUnderTest, activation: Activation) throws {
    for count in [0, 1, 7, 8, 9, 40] {
      var stream = RandomStream(testCase: 31)
      var inputs = stream.uniformFloats(count, in: -3...3)
      if count > 1 { inputs[1] = 0 }
      let outputValues = count == 0 ? [] : try forward(backend.kernels, activation, inputs)
      let gradientValues = stream.uniformFloats(count)
      let output = GuardedBuffer(outputValues)
      let outputGradient = GuardedBuffer(gradientValues)
      let inputGradient = GuardedBuffer<Float>(count: count)
      backend.kernels.activationBackward(
        activation, count: count, output: output.pointer, outputGradient: outputGradient.pointer,
        inputGradient: inputGradient.pointer)
      try checkUntouched(output, outputValues)
      try checkUntouched(outputGradient, gradientValues)
      try inputGradient.checkGuards()
      guard count > 0 else { continue }
      let expected = zip(outputValues, gradientValues).map { y, dy -> Double in
        let (y, dy) = (Double(y), Double(dy))
        return switch activation {
        case .identity: dy
        case .relu: y > 0 ? dy : 0
        case .sigmoid: dy * y * (1 - y)
        case .tanh: dy * (1 - y * y)
        }
      }
      try FloatAgreement.check(
        inputGradient.values, against: expected, tolerance: FloatAgreement.tolerance(depth: 3, magnitude: 1))
    }
  }

  @Test("both passes work in place, with the same bits", arguments: BackendUnderTest.all, Activation.allCases)
  func inPlace(backend: BackendUnderTest, activation: Activation) throws {
    for misalignment in [0, 1, 3] {
      var stream = RandomStream(testCase: 32)
      let values = stream.uniformFloats(37, in: -2...2)
      let gradients = stream.uniformFloats(37)
      let apart = try forward(backend.kernels, activation, values)
      let buffer = GuardedBuffer(values, misalignment: misalignment)
      backend.kernels.activationForward(activation, count: 37, input: buffer.pointer, output: buffer.pointer)
      try buffer.checkGuards()
      try FloatAgreement.checkSameBits(buffer.values, as: apart)

      let separate = GuardedBuffer<Float>(count: 37)
      let gradient = GuardedBuffer(gradients, misalignment: misalignment)
      backend.kernels.activationBackward(
        activation, count: 37, output: buffer.pointer, outputGradient: gradient.pointer,
        inputGradient: separate.pointer)
      backend.kernels.activationBackward(
        activation, count: 37, output: buffer.pointer, outputGradient: gradient.pointer,
        inputGradient: gradient.pointer)
      try gradient.checkGuards()
      try FloatAgreement.checkSameBits(gradient.values, as: separate.values)
    }
  }
}
