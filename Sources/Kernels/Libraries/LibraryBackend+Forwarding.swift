package import KernelInterface

/// All that the library does not do.
extension LibraryBackend {
  package func convolutionErrorFactor(_ geometry: ConvolutionGeometry) -> Double {
    kernels.convolutionErrorFactor(geometry)
  }

  package func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int {
    kernels.workspaceCount(for: geometry, images: images)
  }

  package func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: Activation, output: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    kernels.convolutionForward(
      geometry, images: images, input: input, weights: weights, bias: bias, activation: activation, output: output,
      workspace: workspace)
  }

  package func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    kernels.convolutionBackwardData(
      geometry, images: images, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient,
      workspace: workspace)
  }

  package func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    kernels.convolutionBackwardWeights(
      geometry, images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
      biasGradient: biasGradient, workspace: workspace)
  }

  package func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    kernels.maxPoolForward(geometry, images: images, input: input, output: output, argmax: argmax)
  }

  package func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>
  ) {
    kernels.maxPoolBackward(
      geometry, images: images, outputGradient: outputGradient, argmax: argmax, rectifiedOutput: rectifiedOutput,
      inputGradient: inputGradient)
  }

  package func activationForward(
    _ activation: Activation, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    kernels.activationForward(activation, count: count, input: input, output: output)
  }

  package func activationBackward(
    _ activation: Activation, count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    kernels.activationBackward(
      activation, count: count, output: output, outputGradient: outputGradient, inputGradient: inputGradient)
  }

  package func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> ClassificationSums {
    kernels.softmaxCrossEntropy(
      examples: examples, classes: classes, logits: logits, labels: labels, gradientScale: gradientScale,
      gradient: gradient)
  }

  package func sumColumns(
    rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    kernels.sumColumns(rows: rows, columns: columns, matrix: matrix, output: output)
  }

  package func scaleUnits(
    units: Int, unitSize: Int, examples: Int, factors: UnsafePointer<Float>, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    kernels.scaleUnits(
      units: units, unitSize: unitSize, examples: examples, factors: factors, input: input, output: output)
  }

  package func scaledSum(
    count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
  ) {
    kernels.scaledSum(count: count, alpha: alpha, x: x, beta: beta, y: y)
  }

  package func firstNonFinite(count: Int, values: UnsafePointer<Float>) -> Int? {
    kernels.firstNonFinite(count: count, values: values)
  }
}
