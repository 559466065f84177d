import Kernels
import Randomness
import TestSupport
import Testing

@Suite("Convolution of every backend")
struct ConvolutionTests {
  /// A geometry in the order channels, height, width, filters, filter height, filter width, stride, padding.
  private static func geometry(
    _ c: Int, _ h: Int, _ w: Int, _ k: Int, _ r: Int, _ s: Int, stride: Int = 1, padding: Int = 0
  ) throws -> ConvolutionGeometry {
    try ConvolutionGeometry(
      channels: c, height: h, width: w, filters: k, filterHeight: r, filterWidth: s, stride: stride, padding: padding)
  }

  private static func geometries() throws -> [ConvolutionGeometry] {
    [
      try geometry(1, 1, 1, 1, 1, 1),
      // 1×1 filters: the image is the patch matrix; with padding or stride it is not.
      try geometry(3, 5, 7, 4, 1, 1),
      try geometry(3, 5, 7, 4, 1, 1, padding: 1),
      try geometry(3, 5, 7, 4, 1, 1, stride: 2),
      // The filter is the whole image.
      try geometry(2, 4, 6, 3, 4, 6),
      try geometry(2, 3, 3, 2, 3, 3, padding: 2),
      // Padding beyond half the filter: patches of nothing but zeros.
      try geometry(1, 3, 4, 2, 3, 3, padding: 3),
      try geometry(2, 2, 2, 3, 1, 1, padding: 2),
      // Strides, with remainders dropped, and stride beyond the filter.
      try geometry(2, 7, 8, 3, 3, 3, stride: 2),
      try geometry(2, 8, 9, 3, 3, 2, stride: 2, padding: 1),
      try geometry(3, 11, 10, 5, 3, 3, stride: 3, padding: 1),
      try geometry(1, 9, 9, 2, 2, 2, stride: 3),
      // Rows of one, of a vector, of a vector and one.
      try geometry(1, 5, 3, 2, 3, 3),
      try geometry(2, 6, 10, 3, 3, 3),
      try geometry(2, 6, 11, 3, 3, 3),
      try geometry(1, 12, 1, 2, 3, 1),
      try geometry(1, 1, 12, 2, 1, 3),
      // Those of the models, narrowed where the oracle would take long.
      try geometry(1, 28, 28, 6, 5, 5, padding: 2),
      try geometry(6, 14, 14, 16, 5, 5),
      try geometry(3, 12, 12, 20, 3, 3, padding: 1),
      try geometry(32, 7, 7, 19, 5, 5, padding: 2),
    ]
  }

  @Test("all three passes agree with the oracle for 0, 1 and 3 images", arguments: BackendUnderTest.all)
  func geometries(backend: BackendUnderTest) throws {
    for geometry in try Self.geometries() {
      for images in [0, 1, 3] {
        try ConvolutionCase(geometry: geometry, images: images).verify(backend.kernels)
      }
    }
  }

  @Test(
    "with and without a bias, every activation is applied once", arguments: BackendUnderTest.all, Activation.allCases)
  func epilogues(backend: BackendUnderTest, activation: Activation) throws {
    for geometry in [try Self.geometry(2, 6, 7, 5, 3, 3, padding: 1), try Self.geometry(12, 6, 7, 20, 5, 5)] {
      for hasBias in [false, true] {
        try ConvolutionCase(geometry: geometry, images: 2, hasBias: hasBias, activation: activation)
          .verify(backend.kernels)
      }
    }
  }

  @Test("small integers give exact results in all three passes", arguments: BackendUnderTest.all)
  func exactArithmetic(backend: BackendUnderTest) throws {
    for geometry in try Self.geometries() {
      try ConvolutionCase(geometry: geometry, images: 2, activation: .relu, isExact: true).verify(backend.kernels)
    }
  }

  @Test("no images make gradients of zeros", arguments: BackendUnderTest.all)
  func noImages(backend: BackendUnderTest) throws {
    let outputs = try ConvolutionCase(geometry: Self.geometry(2, 6, 7, 5, 3, 3), images: 0).verify(backend.kernels)
    #expect(outputs.weightGradient == Array(repeating: 0, count: 90))
    #expect(outputs.biasGradient == Array(repeating: 0, count: 5))
  }

  @Test("the bits of the results do not depend on the alignment", arguments: BackendUnderTest.all)
  func alignment(backend: BackendUnderTest) throws {
    let geometry = try Self.geometry(3, 9, 11, 7, 3, 3, padding: 1)
    let aligned = try ConvolutionCase(geometry: geometry, images: 2).verify(backend.kernels)
    for misalignment in [1, 2, 3, 5] {
      let moved = try ConvolutionCase(geometry: geometry, images: 2, misalignment: misalignment)
        .verify(backend.kernels)
      try FloatAgreement.checkSameBits(moved.output, as: aligned.output)
      try FloatAgreement.checkSameBits(moved.inputGradient, as: aligned.inputGradient)
      try FloatAgreement.checkSameBits(moved.weightGradient, as: aligned.weightGradient)
      try FloatAgreement.checkSameBits(moved.biasGradient, as: aligned.biasGradient)
    }
  }

  @Test("each backward pass is the adjoint of the forward pass, exactly", arguments: BackendUnderTest.all)
  func adjoint(backend: BackendUnderTest) throws {
    for geometry in try Self.geometries() {
      let problem = ConvolutionCase(geometry: geometry, images: 2, hasBias: false, isExact: true, seed: 5)
      let outputs = try problem.verify(backend.kernels)
      let inputs = problem.inputs
      // ⟨w ∗ x, dy⟩ = ⟨x, dx⟩ = ⟨w, dw⟩; integers below 2⁵³ in Double, so the equality is exact.
      let forward = innerProduct(outputs.output, inputs.outputGradient)
      #expect(forward == innerProduct(inputs.input, outputs.inputGradient))
      #expect(forward == innerProduct(inputs.weights, outputs.weightGradient))
    }
  }

  @Test("a NaN in the input reaches the outputs whose patches hold it, and no other", arguments: BackendUnderTest.all)
  func notANumber(backend: BackendUnderTest) throws {
    let geometry = try Self.geometry(2, 6, 6, 3, 3, 3, padding: 1)
    var inputs = ConvolutionCase(geometry: geometry, images: 1).inputs
    inputs.input[2 * 6 + 3] = .nan
    var output = Array(repeating: Float(0), count: geometry.outputCount)
    var workspace = Array(repeating: Float(0), count: backend.kernels.workspaceCount(for: geometry, images: 1))
    backend.kernels.convolutionForward(
      geometry, images: 1, input: inputs.input, weights: inputs.weights, bias: inputs.bias, activation: .relu,
      output: &output, workspace: &workspace)
    for (index, value) in output.enumerated() {
      let (row, column) = (index % 36 / 6, index % 6)
      #expect(value.isNaN == ((1...3).contains(row) && (2...4).contains(column)))
    }
  }

  @Test("a convolution computed by hand", arguments: BackendUnderTest.all)
  func byHand(backend: BackendUnderTest) throws {
    // The filter is not flipped: (1, 2 / 3, 4) · (1, −1 / 2, 0.5) = 1 − 2 + 6 + 2.
    let geometry = try Self.geometry(1, 2, 2, 1, 2, 2)
    var output: Float = .nan
    var workspace = Array(repeating: Float(0), count: backend.kernels.workspaceCount(for: geometry, images: 1))
    backend.kernels.convolutionForward(
      geometry, images: 1, input: [1, 2, 3, 4], weights: [1, -1, 2, 0.5], bias: [10], activation: .identity,
      output: &output, workspace: &workspace)
    #expect(output == 17)
  }

  private func innerProduct(_ one: [Float], _ other: [Float]) -> Double {
    precondition(one.count == other.count)
    return one.indices.reduce(0) { $0 + Double(one[$1]) * Double(other[$1]) }
  }
}
