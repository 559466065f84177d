import Foundation
import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Softmax cross-entropy of every backend")
struct SoftmaxCrossEntropyTests {
  /// Runs the kernel between guard bands.
  private func run(
    _ kernels: any KernelBackend<Float>, classes: Int, logits: [Float], labels: [Int32], scale: Float = 1
  ) throws -> (sums: ClassificationSums, gradient: [Float]) {
    let z = GuardedBuffer(logits)
    let gradient = GuardedBuffer<Float>(count: logits.count)
    let sums = kernels.softmaxCrossEntropy(
      rows: labels.count, classes: classes, logits: z.pointer, labels: labels, gradientScale: scale,
      gradient: gradient.pointer)
    try checkUntouched(z, logits)
    try gradient.checkGuards()
    return (sums, gradient.values)
  }

  private func expected(
    classes: Int, logits: [Float], labels: [Int32], scale: Double = 1
  ) -> (loss: Double, correct: Int, gradient: [Double]) {
    var result = (loss: 0.0, correct: 0, gradient: [Double]())
    for (row, label) in labels.enumerated() {
      let z = logits[row * classes..<(row + 1) * classes].map(Double.init)
      let largest = z.max()!
      let exponentials = z.map { exp($0 - largest) }
      let total = exponentials.reduce(0, +)
      result.loss += log(total) + largest - z[Int(label)]
      if z.firstIndex(of: largest) == Int(label) { result.correct += 1 }
      for (j, value) in exponentials.enumerated() {
        result.gradient.append(scale * (value / total - (j == Int(label) ? 1 : 0)))
      }
    }
    return result
  }

  @Test("loss, correct rows and gradient agree with the definition", arguments: BackendUnderTest.all)
  func definition(backend: BackendUnderTest) throws {
    for classes in [1, 2, 3, 7, 8, 9, 10, 16, 26, 100] {
      for rows in [1, 5, 32] {
        var stream = RandomStream(testCase: classes)
        let logits = stream.uniformFloats(rows * classes, in: -8...8)
        let labels = (0..<rows).map { _ in Int32(stream.uniform(below: UInt32(classes))) }
        let wanted = expected(classes: classes, logits: logits, labels: labels, scale: 0.25)
        let got = try run(backend.kernels, classes: classes, logits: logits, labels: labels, scale: 0.25)
        #expect(got.sums.correct == wanted.correct)
        // Each row's loss is up to 16 and the rounding of a few numbers of that size.
        let tolerance = FloatAgreement.tolerance(depth: classes + 4, magnitude: Double(16 * rows))
        try FloatAgreement.check([got.sums.loss], against: [wanted.loss], tolerance: tolerance)
        try FloatAgreement.check(
          got.gradient, against: wanted.gradient,
          tolerance: FloatAgreement.tolerance(depth: classes + 8, magnitude: 0.25))
      }
    }
  }

  @Test("no rows make no loss", arguments: BackendUnderTest.all)
  func noRows(backend: BackendUnderTest) throws {
    #expect(try run(backend.kernels, classes: 10, logits: [], labels: []).sums == ClassificationSums())
  }

  @Test("the loss of equal logits is the logarithm of the number of classes", arguments: BackendUnderTest.all)
  func equalLogits(backend: BackendUnderTest) throws {
    let got = try run(backend.kernels, classes: 10, logits: Array(repeating: 3, count: 20), labels: [0, 4])
    try FloatAgreement.check([got.sums.loss], against: [2 * log(10.0)], tolerance: 4 * Double(Float.ulpOfOne))
    #expect(got.sums.correct == 1, "the first of the largest logits decides")
  }

  @Test("without a gradient the sums are the same, and in place the gradient is", arguments: BackendUnderTest.all)
  func variants(backend: BackendUnderTest) throws {
    for classes in [3, 10, 19] {
      var stream = RandomStream(testCase: 42)
      let logits = stream.uniformFloats(6 * classes, in: -4...4)
      let labels: [Int32] = [0, 1, 2, 0, 1, 2]
      let apart = try run(backend.kernels, classes: classes, logits: logits, labels: labels)
      let alone = backend.kernels.softmaxCrossEntropy(
        rows: 6, classes: classes, logits: logits, labels: labels, gradientScale: 1, gradient: nil)
      #expect(alone == apart.sums)
      for misalignment in [0, 1, 2] {
        let buffer = GuardedBuffer(logits, misalignment: misalignment)
        let sums = backend.kernels.softmaxCrossEntropy(
          rows: 6, classes: classes, logits: buffer.pointer, labels: labels, gradientScale: 1,
          gradient: buffer.pointer)
        #expect(sums == apart.sums)
        try buffer.checkGuards()
        try FloatAgreement.checkSameBits(buffer.values, as: apart.gradient)
      }
    }
  }

  @Test("adding a constant to a row changes nothing", arguments: BackendUnderTest.all)
  func shiftInvariance(backend: BackendUnderTest) throws {
    var stream = RandomStream(testCase: 43)
    // Multiples of 2⁻⁸ stay exact when 64 is added.
    let logits = stream.smallIntegers(50, magnitude: 1000).map { $0 / 256 }
    let labels: [Int32] = [0, 3, 9, 5, 1]
    let one = try run(backend.kernels, classes: 10, logits: logits, labels: labels)
    let other = try run(backend.kernels, classes: 10, logits: logits.map { $0 + 64 }, labels: labels)
    #expect(one.sums.correct == other.sums.correct)
    try FloatAgreement.check([other.sums.loss], against: [one.sums.loss], tolerance: 0)
    try FloatAgreement.checkSameBits(other.gradient, as: one.gradient)
  }

  @Test(
    "each row of the gradient sums to nearly 0, and its label's element is negative", arguments: BackendUnderTest.all)
  func gradientSums(backend: BackendUnderTest) throws {
    var stream = RandomStream(testCase: 44)
    let logits = stream.uniformFloats(200, in: -5...5)
    let labels = (0..<20).map { Int32($0 % 10) }
    let got = try run(backend.kernels, classes: 10, logits: logits, labels: labels)
    for row in 0..<20 {
      let elements = Array(got.gradient[row * 10..<(row + 1) * 10])
      try FloatAgreement.check(
        [elements.doubles.reduce(0, +)], against: [0.0], tolerance: FloatAgreement.tolerance(depth: 10, magnitude: 2))
      #expect(elements[Int(labels[row])] < 0)
    }
  }

  @Test("huge logits neither overflow nor lose the loss", arguments: BackendUnderTest.all)
  func hugeLogits(backend: BackendUnderTest) throws {
    let logits: [Float] = [1e30, 0, -1e30, -3e38, 3e38, 0, 1000, 1001, 999]
    let got = try run(backend.kernels, classes: 3, logits: logits, labels: [0, 1, 0])
    let wanted = log(exp(-1.0) + 1 + exp(-2.0)) + 1
    #expect(got.sums.correct == 2)
    try FloatAgreement.check([got.sums.loss], against: [wanted], tolerance: 1e-6)
    try FloatAgreement.check(Array(got.gradient[0..<6]), against: [0, 0, 0, 0, 0, 0] as [Double], tolerance: 0)
    let wrong = try run(backend.kernels, classes: 3, logits: [1e30, 0, 0], labels: [1])
    try FloatAgreement.check([wrong.sums.loss], against: [1e30], tolerance: 1e24)
    try FloatAgreement.check(wrong.gradient, against: [1, -1, 0] as [Double], tolerance: 0)
  }

  @Test("a row with a NaN has a NaN loss and is never correct", arguments: BackendUnderTest.all, [0, 1, 9])
  func notANumber(backend: BackendUnderTest, index: Int) throws {
    var logits = Array(repeating: Float(0), count: 20)
    logits[3] = 5
    logits[index] = .nan
    logits[13] = 5
    for label: Int32 in [Int32(index), 3] {
      let got = try run(backend.kernels, classes: 10, logits: logits, labels: [label, 3])
      #expect(got.sums.loss.isNaN)
      #expect(got.sums.correct == 1, "the other row is unharmed")
      #expect(got.gradient[..<10].allSatisfy { $0.isNaN })
      #expect(got.gradient[10...].allSatisfy { $0.isFinite })
    }
  }

  @Test("the gradient is that of the loss, by central differences")
  func gradientCheck() throws {
    var stream = RandomStream(testCase: 45)
    var logits = stream.uniformFloats(40, in: -2...2).doubles
    let labels: [Int32] = [3, 0, 9, 1]
    var gradient = Array(repeating: 0.0, count: 40)
    _ = oracle.softmaxCrossEntropy(
      rows: 4, classes: 10, logits: logits, labels: labels, gradientScale: 1, gradient: &gradient)
    let checked = try logits.withUnsafeMutableBufferPointer { z in
      try GradientCheck.check(gradient, at: z) {
        oracle.softmaxCrossEntropy(
          rows: 4, classes: 10, logits: UnsafePointer(z.baseAddress!), labels: labels, gradientScale: 1, gradient: nil
        ).loss
      }
    }
    #expect(checked == 40)
  }
}
