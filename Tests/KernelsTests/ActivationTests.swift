import Foundation
import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Activations of every backend")
struct ActivationTests {
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

  @Test("the identity and the rectifier are exact", arguments: BackendUnderTest.all)
  func exactOnes(backend: BackendUnderTest) throws {
    for values in [TranscendentalTests.edges, Array(TranscendentalTests.edges.dropFirst(3))] {
      try FloatAgreement.checkSameBits(forward(backend.kernels, .identity, values), as: values)
      try FloatAgreement.check(
        forward(backend.kernels, .relu, values), against: values.map { max(Double($0), 0) }, tolerance: 0)
    }
  }

  @Test("NaN stays NaN, and the infinities go to the limits", arguments: BackendUnderTest.all)
  func nonFinite(backend: BackendUnderTest) throws {
    // From one value to two whole vectors and a rest, of every implementation.
    for repeats in [1, 5, 12] {
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
    for count in [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100] {
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
      var expected: [Double] = []
      var tolerances: [Double] = []
      for (y, dy) in zip(outputValues.doubles, gradientValues.doubles) {
        switch activation {
        case .identity:
          expected.append(dy)
          tolerances.append(0)
        case .relu:
          expected.append(y > 0 ? dy : 0)
          tolerances.append(0)
        case .sigmoid:
          expected.append(dy * y * (1 - y))
          tolerances.append(AccuracyContract.formula(operations: 3, magnitude: abs(dy) * y * (1 + y)))
        case .tanh:
          expected.append(dy * (1 - y * y))
          tolerances.append(AccuracyContract.formula(operations: 3, magnitude: abs(dy) * (1 + y * y)))
        }
      }
      try FloatAgreement.check(inputGradient.values, against: expected, tolerances: tolerances)
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
