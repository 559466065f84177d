import Kernels
import TestSupport
import Testing

@Suite("Convolution of every backend")
struct ConvolutionTests {
  private func verify(_ shapes: [ConvolutionShape], _ backend: BackendUnderTest) throws {
    for shape in shapes {
      try backend.check(shape.description) { _ = try ConvolutionCase(shape).verify($0) }
    }
  }

  @Test("filters, strides and paddings of all forms agree with the oracle", arguments: BackendUnderTest.all)
  func windows(backend: BackendUnderTest) throws {
    try verify(ConvolutionShape.windows(), backend)
  }

  @Test("numbers of images around the register widths agree with the oracle", arguments: BackendUnderTest.all)
  func exampleCounts(backend: BackendUnderTest) throws {
    try verify(ConvolutionShape.exampleCounts(), backend)
  }

  @Test(
    "numbers of channels and filters around the tile heights agree with the oracle", arguments: BackendUnderTest.all)
  func channelCounts(backend: BackendUnderTest) throws {
    try verify(ConvolutionShape.channelCounts(), backend)
  }

  @Test("the convolutions of the models agree with the oracle", arguments: BackendUnderTest.all)
  func models(backend: BackendUnderTest) throws {
    try verify(ConvolutionShape.models(), backend)
  }

  @Test("convolutions that may be transformed agree with the oracle", arguments: BackendUnderTest.all)
  func transformable(backend: BackendUnderTest) throws {
    try verify(ConvolutionShape.transformable(), backend)
  }

  @Test("values of very different sizes, and zeros, agree with the oracle", arguments: BackendUnderTest.all)
  func unevenValues(backend: BackendUnderTest) throws {
    for shape in try ConvolutionShape.windows().prefix(20) + ConvolutionShape.transformable().prefix(12) {
      try backend.check("\(shape), uneven values") { _ = try ConvolutionCase(shape, isUneven: true).verify($0) }
    }
  }

  @Test(
    "with and without a bias, every activation is applied once", arguments: BackendUnderTest.all, Activation.allCases)
  func epilogues(backend: BackendUnderTest, activation: Activation) throws {
    for shape in [
      try ConvolutionShape(5, 2, 6, 7, 5, 3, 3, padding: 1), try ConvolutionShape(16, 12, 6, 7, 20, 5, 5),
      try ConvolutionShape(17, 3, 4, 4, 15, 1, 1), try ConvolutionShape(33, 1, 5, 5, 6, 5, 5, padding: 2),
      try ConvolutionShape(9, 16, 6, 7, 17, 3, 3, padding: 1), try ConvolutionShape(3, 16, 6, 5, 16, 5, 5, padding: 2),
    ] {
      for hasBias in [false, true] {
        try backend.check("\(shape), \(hasBias ? "a" : "no") bias, \(activation)") {
          _ = try ConvolutionCase(shape, hasBias: hasBias, activation: activation).verify($0)
        }
      }
    }
  }

  @Test(
    "where no problem is transformed, small integers give exact results and each backward pass is the exact adjoint",
    arguments: BackendUnderTest.all)
  func exactArithmetic(backend: BackendUnderTest) throws {
    var checked = 0
    for shape in try ConvolutionShape.windows() + ConvolutionShape.channelCounts() + ConvolutionShape.exampleCounts() {
      guard backend.kernels.convolutionErrorFactor(shape.geometry) == 1 else { continue }
      checked += 1
      try backend.check("\(shape), integers") {
        let problem = ConvolutionCase(shape, isExact: true, seed: 5)
        let outputs = try problem.verify($0)
        let inputs = problem.makeInputs()
        // ⟨w ∗ x + b, dy⟩ − ⟨b, db⟩ = ⟨x, dx⟩ = ⟨w, dw⟩; integers below 2⁵³ in Double, so the equality is exact.
        let forward =
          innerProduct(outputs.output, inputs.outputGradient) - innerProduct(inputs.bias, outputs.biasGradient)
        #expect(forward == innerProduct(inputs.input, outputs.inputGradient))
        #expect(forward == innerProduct(inputs.weights, outputs.weightGradient))
      }
    }
    #expect(checked > 0)
  }

  @Test("the error factor is 1 to 16, and 1 for the reference", arguments: BackendUnderTest.all)
  func errorFactor(backend: BackendUnderTest) throws {
    for shape in try ConvolutionShape.windows() + ConvolutionShape.models() {
      let factor = backend.kernels.convolutionErrorFactor(shape.geometry)
      #expect(factor >= 1 && factor <= 16)
      if backend.kernels.name == "reference" { #expect(factor == 1) }
    }
  }

  @Test("no images make no output, and gradients of zeros", arguments: BackendUnderTest.all)
  func noImages(backend: BackendUnderTest) throws {
    for shape in [try ConvolutionShape(0, 2, 6, 7, 5, 3, 3), try ConvolutionShape(0, 16, 4, 4, 16, 3, 3, padding: 1)] {
      let outputs = try ConvolutionCase(shape).verify(backend.kernels)
      #expect(outputs.weightGradient == Array(repeating: 0, count: shape.geometry.weightCount))
      #expect(outputs.biasGradient == Array(repeating: 0, count: shape.geometry.filters))
    }
  }

  @Test("the workspace of a full minibatch is enough for a shorter one", arguments: BackendUnderTest.all)
  func workspaceGrows(backend: BackendUnderTest) throws {
    for shape in try ConvolutionShape.models() + ConvolutionShape.windows() {
      let full = backend.kernels.workspaceCount(for: shape.geometry, images: 64)
      let largest = (0...64).map { backend.kernels.workspaceCount(for: shape.geometry, images: $0) }.max()
      #expect(largest == full, "\(shape.geometry)")
    }
  }

  @Test(
    "where no problem is transformed, a NaN or an infinity reaches what depends on it, and nothing else",
    arguments: BackendUnderTest.all)
  func nonFinite(backend: BackendUnderTest) throws {
    var checked = 0
    // No padding: there, a value that is not finite times zero is NaN, which the oracle skips.
    for shape in [
      try ConvolutionShape(1, 2, 6, 6, 3, 3, 3), try ConvolutionShape(9, 2, 6, 7, 15, 3, 3),
      try ConvolutionShape(17, 3, 6, 6, 4, 1, 1), try ConvolutionShape(5, 2, 9, 9, 3, 3, 3, stride: 2),
      try ConvolutionShape(16, 1, 8, 8, 6, 5, 5), try ConvolutionShape(7, 16, 5, 5, 3, 2, 2),
    ] {
      let g = shape.geometry
      guard backend.kernels.convolutionErrorFactor(g) == 1 else { continue }
      checked += 1
      let problem = ConvolutionCase(shape)
      for value in [Float.nan, .infinity, -.infinity] {
        for spoil: WritableKeyPath<ConvolutionCase.Inputs, [Float]> in [\.input, \.weights, \.bias, \.outputGradient] {
          for position in [0, 0.4, 1] {
            var inputs = problem.makeInputs()
            let index = Int(position * Double(inputs[keyPath: spoil].count - 1))
            inputs[keyPath: spoil][index] = value
            try backend.check("\(shape), \(value) at \(index) of an input") {
              let actual = try problem.run($0, on: inputs)
              let expected = problem.passes(inputs)
              // Every factor is at most 1.
              let terms = max(
                g.patchCount + 1, g.filters * g.filterHeight * g.filterWidth, shape.images * g.positionCount)
              let tolerance = AccuracyContract.sum(terms: terms, magnitude: Double(terms))
              var pairs = [
                (actual.output, expected.output), (actual.weightGradient, expected.weightGradient),
                (actual.biasGradient, expected.biasGradient),
              ]
              // An infinite weight may meet the zeros around an output gradient, which the oracle skips.
              if spoil != \.weights { pairs.append((actual.inputGradient, expected.inputGradient)) }
              for (actual, expected) in pairs {
                try FloatAgreement.check(actual, against: expected, tolerance: tolerance, allowsNonFinite: true)
              }
            }
          }
        }
      }
    }
    #expect(checked > 0)
  }

  @Test(
    "where a problem is transformed, a NaN or an infinity stays in its image or filter", arguments: BackendUnderTest.all
  )
  func nonFiniteAndTransformed(backend: BackendUnderTest) throws {
    for shape in [
      try ConvolutionShape(17, 16, 7, 6, 17, 3, 3, padding: 1), try ConvolutionShape(5, 16, 6, 6, 16, 5, 5, padding: 2),
    ] {
      let isTransformed = backend.kernels.convolutionErrorFactor(shape.geometry) > 1
      // Ours are; or the tests of transformed convolutions would test nothing.
      if backend.kernels.name == "simd" { #expect(isTransformed) }
      guard isTransformed else { continue }
      let (g, images) = (shape.geometry, shape.images)
      let problem = ConvolutionCase(shape)
      for value in [Float.nan, .infinity] {
        var inputs = problem.makeInputs()
        let image = images / 2
        inputs.input[(3 * g.width + 2) * images + image] = value
        var actual = try problem.run(backend.kernels, on: inputs).output
        var expected = problem.passes(inputs).output
        for index in actual.indices {
          if !expected[index].isFinite { #expect(!actual[index].isFinite) }
          if index % images != image { #expect(actual[index].isFinite) }
        }

        inputs = problem.makeInputs()
        inputs.weights[5 * g.patchCount + 4] = value
        actual = try problem.run(backend.kernels, on: inputs).output
        expected = problem.passes(inputs).output
        let filterCount = g.positionCount * images
        for index in actual.indices {
          if !expected[index].isFinite { #expect(!actual[index].isFinite) }
          if index / filterCount != 5 { #expect(actual[index].isFinite) }
        }

        inputs = problem.makeInputs()
        inputs.outputGradient[(g.positionCount + g.outputWidth + 2) * images + image] = value
        let gradients = try problem.run(backend.kernels, on: inputs)
        let oracles = problem.passes(inputs)
        for (index, gradient) in gradients.inputGradient.enumerated() {
          if !oracles.inputGradient[index].isFinite { #expect(!gradient.isFinite) }
          if index % images != image { #expect(gradient.isFinite) }
        }
        for (index, gradient) in gradients.weightGradient.enumerated() {
          #expect(gradient.isFinite == (index / g.patchCount != 1), "the second filter's gradient alone is harmed")
        }
      }
    }
  }

  @Test("a NaN inside a padded image reaches only the outputs whose patches hold it", arguments: BackendUnderTest.all)
  func notANumberAndPadding(backend: BackendUnderTest) throws {
    let images = 3
    let shape = try ConvolutionShape(images, 2, 6, 6, 3, 5, 5, padding: 2)
    guard backend.kernels.convolutionErrorFactor(shape.geometry) == 1 else { return }
    let problem = ConvolutionCase(shape, activation: .relu)
    var inputs = problem.makeInputs()
    // Row 1, column 3 of the first channel of the last image.
    inputs.input[(1 * 6 + 3) * images + 2] = .nan
    let output = try problem.run(backend.kernels, on: inputs).output
    for (index, value) in output.enumerated() {
      let (row, column, image) = (index / images / 6 % 6, index / images % 6, index % images)
      #expect(value.isNaN == (image == 2 && (0...3).contains(row) && (1...5).contains(column)))
    }
  }

  @Test("a convolution computed by hand", arguments: BackendUnderTest.all)
  func byHand(backend: BackendUnderTest) throws {
    // The filter is not flipped: (1, 2 / 3, 4) · (1, −1 / 2, 0.5) = 1 − 2 + 6 + 2, and for the second image, whose values
    // lie between those of the first, (0, 1 / 0, −2) · (1, −1 / 2, 0.5) = −1 − 1.
    let geometry = try ConvolutionShape(2, 1, 2, 2, 1, 2, 2).geometry
    var output: [Float] = [.nan, .nan]
    var workspace = Array(repeating: Float(0), count: backend.kernels.workspaceCount(for: geometry, images: 2))
    backend.kernels.convolutionForward(
      geometry, images: 2, input: [1, 0, 2, 1, 3, 0, 4, -2], weights: [1, -1, 2, 0.5], bias: [10],
      activation: .identity, output: &output, workspace: &workspace)
    #expect(output == [17, 8])
  }

  private func innerProduct(_ one: [Float], _ other: [Float]) -> Double {
    precondition(one.count == other.count)
    return one.indices.reduce(0) { $0 + Double(one[$1]) * Double(other[$1]) }
  }
}
