import Foundation
import Kernels
import Randomness
import TestSupport
import Testing

/// Logits and gradients are `[classes, examples]`: class j of example i is at j · examples + i.
@Suite("Softmax cross-entropy of every backend")
struct SoftmaxCrossEntropyTests {
  /// Runs the kernel between guard bands.
  private func run(
    _ kernels: any KernelBackend<Float>, classes: Int, logits: [Float], labels: [Int32], scale: Float = 1
  ) throws -> (sums: ClassificationSums, gradient: [Float]) {
    let z = GuardedBuffer(logits)
    let gradient = GuardedBuffer<Float>(count: logits.count)
    let sums = kernels.softmaxCrossEntropy(
      examples: labels.count, classes: classes, logits: z.pointer, labels: labels, gradientScale: scale,
      gradient: gradient.pointer)
    try checkUntouched(z, logits)
    try gradient.checkGuards()
    return (sums, gradient.values)
  }

  /// The elements of one example.
  private func column(_ example: Int, of values: [Float], examples: Int) -> [Float] {
    stride(from: example, to: values.count, by: examples).map { values[$0] }
  }

  /// The definition, and how far a loss and a gradient may be from it.
  private struct Expectation {
    var loss = 0.0
    var correct = 0
    var gradient: [Double]
    var lossBound: Double
    let gradientBound: Double

    init(classes: Int, logits: [Float], labels: [Int32], scale: Double) {
      let examples = labels.count
      // The relative error of a probability: the sum of the exponentials, and for each of these, for the quotient and
      // the scale a few roundings. That of a shifted logit t = z − max z makes |t|·e^t ≤ ½ rounding of the exponential.
      let probabilityBound =
        AccuracyContract.sum(terms: classes, magnitude: 1) + AccuracyContract.formula(operations: 12, magnitude: 1)
      gradientBound = scale * probabilityBound
      gradient = Array(repeating: 0, count: logits.count)
      var lossMagnitude = 0.0
      lossBound = 0
      for (example, label) in labels.enumerated() {
        let z = (0..<classes).map { Double(logits[$0 * examples + example]) }
        let largest = z.max()!
        let exponentials = z.map { exp($0 - largest) }
        let total = exponentials.reduce(0, +)
        let shifted = largest - z[Int(label)]
        loss += log(total) + shifted
        lossMagnitude += log(total) + shifted
        // The logarithm makes the relative error of its argument an absolute one, and rounds; so do the two differences.
        lossBound += probabilityBound + AccuracyContract.formula(operations: 4, magnitude: log(total) + 2 * shifted)
        if z.firstIndex(of: largest) == Int(label) { correct += 1 }
        for (j, value) in exponentials.enumerated() {
          gradient[j * examples + example] = scale * (value / total - (j == Int(label) ? 1 : 0))
        }
      }
      lossBound += AccuracyContract.sum(terms: examples, magnitude: lossMagnitude)
    }
  }

  @Test("loss, correct examples and gradient agree with the definition", arguments: BackendUnderTest.all)
  func definition(backend: BackendUnderTest) throws {
    for classes in [1, 2, 3, 7, 8, 9, 10, 16, 26, 100] {
      for examples in exampleCounts {
        var stream = RandomStream(testCase: classes)
        let logits = stream.uniformFloats(examples * classes, in: -8...8)
        let labels = (0..<examples).map { _ in Int32(stream.uniform(below: UInt32(classes))) }
        let wanted = Expectation(classes: classes, logits: logits, labels: labels, scale: 0.25)
        try backend.check("\(classes) classes, \(examples) examples") {
          let got = try run($0, classes: classes, logits: logits, labels: labels, scale: 0.25)
          #expect(got.sums.correct == wanted.correct)
          try FloatAgreement.check([got.sums.loss], against: [wanted.loss], tolerance: wanted.lossBound)
          try FloatAgreement.check(got.gradient, against: wanted.gradient, tolerance: wanted.gradientBound)
        }
      }
    }
  }

  @Test("no examples make no loss", arguments: BackendUnderTest.all)
  func noExamples(backend: BackendUnderTest) throws {
    #expect(try run(backend.kernels, classes: 10, logits: [], labels: []).sums == ClassificationSums())
  }

  @Test("the loss of equal logits is the logarithm of the number of classes", arguments: BackendUnderTest.all)
  func equalLogits(backend: BackendUnderTest) throws {
    for examples in exampleCounts {
      // Every tenth label is the first class.
      let labels = (0..<examples).map { Int32($0 % 10) }
      let logits = Array(repeating: Float(3), count: 10 * examples)
      let got = try run(backend.kernels, classes: 10, logits: logits, labels: labels)
      let wanted = Expectation(classes: 10, logits: logits, labels: labels, scale: 1)
      try FloatAgreement.check([wanted.loss], against: [Double(examples) * log(10.0)], tolerance: 1e-12)
      try FloatAgreement.check([got.sums.loss], against: [wanted.loss], tolerance: wanted.lossBound)
      #expect(got.sums.correct == (examples + 9) / 10, "the first of the largest logits decides")
    }
  }

  @Test("without a gradient the sums are the same, and in place the gradient is", arguments: BackendUnderTest.all)
  func variants(backend: BackendUnderTest) throws {
    for classes in [3, 10, 19] {
      for examples in [6, 17, 40] {
        var stream = RandomStream(testCase: 42)
        let logits = stream.uniformFloats(examples * classes, in: -4...4)
        let labels = (0..<examples).map { Int32($0 % 3) }
        let apart = try run(backend.kernels, classes: classes, logits: logits, labels: labels)
        let alone = backend.kernels.softmaxCrossEntropy(
          examples: examples, classes: classes, logits: logits, labels: labels, gradientScale: 1, gradient: nil)
        #expect(alone == apart.sums)
        let buffer = GuardedBuffer(logits)
        let sums = backend.kernels.softmaxCrossEntropy(
          examples: examples, classes: classes, logits: buffer.pointer, labels: labels, gradientScale: 1,
          gradient: buffer.pointer)
        #expect(sums == apart.sums)
        try buffer.checkGuards()
        try FloatAgreement.checkSameBits(buffer.values, as: apart.gradient)
      }
    }
  }

  @Test("adding a constant to the logits changes nothing", arguments: BackendUnderTest.all)
  func shiftInvariance(backend: BackendUnderTest) throws {
    for examples in [5, 20] {
      var stream = RandomStream(testCase: 43)
      // Multiples of 2⁻⁸ stay exact when 64 is added.
      let logits = stream.smallIntegers(10 * examples, magnitude: 1000).map { $0 / 256 }
      let labels = (0..<examples).map { Int32($0 * 3 % 10) }
      let one = try run(backend.kernels, classes: 10, logits: logits, labels: labels)
      let other = try run(backend.kernels, classes: 10, logits: logits.map { $0 + 64 }, labels: labels)
      #expect(one.sums == other.sums)
      try FloatAgreement.checkSameBits(other.gradient, as: one.gradient)
    }
  }

  @Test(
    "each example's gradient sums to nearly 0, and its label's element is negative", arguments: BackendUnderTest.all)
  func gradientSums(backend: BackendUnderTest) throws {
    var stream = RandomStream(testCase: 44)
    let logits = stream.uniformFloats(200, in: -5...5)
    let labels = (0..<20).map { Int32($0 % 10) }
    let got = try run(backend.kernels, classes: 10, logits: logits, labels: labels)
    let bound = Expectation(classes: 10, logits: logits, labels: labels, scale: 1).gradientBound
    for example in 0..<20 {
      let elements = column(example, of: got.gradient, examples: 20)
      try FloatAgreement.check([elements.doubles.reduce(0, +)], against: [0.0], tolerance: 10 * bound)
      #expect(elements[Int(labels[example])] < 0)
    }
  }

  @Test("huge logits neither overflow nor lose the loss", arguments: BackendUnderTest.all)
  func hugeLogits(backend: BackendUnderTest) throws {
    // Three examples, one a column.
    let logits: [Float] = [
      1e30, -3e38, 1000,
      0, 3e38, 1001,
      -1e30, 0, 999,
    ]
    let got = try run(backend.kernels, classes: 3, logits: logits, labels: [0, 1, 0])
    #expect(got.sums.correct == 2)
    let same = Expectation(classes: 3, logits: [1, 2, 0], labels: [0], scale: 1)
    try FloatAgreement.check([got.sums.loss], against: [same.loss], tolerance: same.lossBound)
    for example in 0..<2 {
      #expect(column(example, of: got.gradient, examples: 3) == [0, 0, 0])
    }
    let wrong = try run(backend.kernels, classes: 3, logits: [1e30, 0, 0], labels: [1])
    try FloatAgreement.check(
      [wrong.sums.loss], against: [Double(Float(1e30))],
      tolerance: AccuracyContract.formula(operations: 1, magnitude: 1e30))
    #expect(wrong.gradient == [1, -1, 0])
  }

  @Test(
    "an example with a NaN has a NaN loss, is never correct, and harms no other", arguments: BackendUnderTest.all,
    [0, 1, 9])
  func notANumber(backend: BackendUnderTest, index: Int) throws {
    for examples in [2, 9, 17, 33] {
      for spoiled in [0, examples / 2, examples - 1] {
        var logits = Array(repeating: Float(0), count: 10 * examples)
        for example in 0..<examples { logits[3 * examples + example] = 5 }
        logits[index * examples + spoiled] = .nan
        for label: Int32 in [Int32(index), 3] {
          var labels = Array(repeating: Int32(3), count: examples)
          labels[spoiled] = label
          let got = try run(backend.kernels, classes: 10, logits: logits, labels: labels)
          #expect(got.sums.loss.isNaN)
          #expect(got.sums.correct == examples - 1, "the others are unharmed")
          for example in 0..<examples {
            let gradient = column(example, of: got.gradient, examples: examples)
            #expect(gradient.allSatisfy { example == spoiled ? $0.isNaN : $0.isFinite })
          }
        }
      }
    }
  }

  @Test(
    "a logit of −∞ is a class of probability 0; one of +∞ leaves no loss that is a number",
    arguments: BackendUnderTest.all)
  func infinities(backend: BackendUnderTest) throws {
    // Examples: a masked class; the masked class is the label; an infinite class is the label.
    let logits: [Float] = [
      2, -.infinity, 0,
      -.infinity, 2, .infinity,
    ]
    let masked = try run(backend.kernels, classes: 2, logits: [logits[0], logits[3]], labels: [0])
    #expect(masked.sums == ClassificationSums(loss: 0, correct: 1))
    #expect(masked.gradient == [0, 0])
    let impossible = try run(backend.kernels, classes: 2, logits: [logits[1], logits[4]], labels: [0])
    #expect(impossible.sums == ClassificationSums(loss: .infinity, correct: 0))
    #expect(impossible.gradient == [-1, 1])
    let certain = try run(backend.kernels, classes: 2, logits: logits, labels: [0, 1, 1])
    #expect(certain.sums.loss.isNaN)
    #expect(certain.sums.correct == 3)
    #expect(column(0, of: certain.gradient, examples: 3) == [0, 0])
    #expect(column(1, of: certain.gradient, examples: 3) == [0, 0])
    #expect(column(2, of: certain.gradient, examples: 3)[1].isNaN)
  }

  @Test("the gradient is that of the loss, by central differences")
  func gradientCheck() throws {
    var stream = RandomStream(testCase: 45)
    var logits = stream.uniformFloats(40, in: -2...2).doubles
    let labels: [Int32] = [3, 0, 9, 1]
    var gradient = Array(repeating: 0.0, count: 40)
    _ = oracle.softmaxCrossEntropy(
      examples: 4, classes: 10, logits: logits, labels: labels, gradientScale: 1, gradient: &gradient)
    let checked = try logits.withUnsafeMutableBufferPointer { z in
      try GradientCheck.check(gradient, at: z) {
        oracle.softmaxCrossEntropy(
          examples: 4, classes: 10, logits: UnsafePointer(z.baseAddress!), labels: labels, gradientScale: 1,
          gradient: nil
        ).loss
      }
    }
    #expect(checked == 40)
  }
}
