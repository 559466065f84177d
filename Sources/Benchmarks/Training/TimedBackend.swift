internal import Kernels

/// Kernels that book the time of each call.
struct TimedBackend: KernelBackend {
  typealias Scalar = Float

  let base: any KernelBackend<Float>
  let ledger: KernelLedger

  var name: String { base.name }
  var instructionSet: String { base.instructionSet }

  func workspaceCount(for problem: GEMM) -> Int { base.workspaceCount(for: problem) }

  func gemm(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>, epilogue: Epilogue<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.matrixProducts) {
      base.gemm(problem, alpha: alpha, a: a, b: b, beta: beta, c: c, epilogue: epilogue, workspace: workspace)
    }
  }

  func convolutionErrorFactor(_ geometry: ConvolutionGeometry) -> Double { base.convolutionErrorFactor(geometry) }

  func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int {
    base.workspaceCount(for: geometry, images: images)
  }

  func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: Activation, output: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.convolutions) {
      base.convolutionForward(
        geometry, images: images, input: input, weights: weights, bias: bias, activation: activation, output: output,
        workspace: workspace)
    }
  }

  func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.convolutions) {
      base.convolutionBackwardData(
        geometry, images: images, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient,
        workspace: workspace)
    }
  }

  func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?,
    workspace: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.convolutions) {
      base.convolutionBackwardWeights(
        geometry, images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
        biasGradient: biasGradient, workspace: workspace)
    }
  }

  func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    ledger.book(.pooling) {
      base.maxPoolForward(geometry, images: images, input: input, output: output, argmax: argmax)
    }
  }

  func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.pooling) {
      base.maxPoolBackward(
        geometry, images: images, outputGradient: outputGradient, argmax: argmax, rectifiedOutput: rectifiedOutput,
        inputGradient: inputGradient)
    }
  }

  func activationForward(
    _ activation: Activation, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.activations) { base.activationForward(activation, count: count, input: input, output: output) }
  }

  func activationBackward(
    _ activation: Activation, count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.activations) {
      base.activationBackward(
        activation, count: count, output: output, outputGradient: outputGradient, inputGradient: inputGradient)
    }
  }

  func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> ClassificationSums {
    ledger.book(.loss) {
      base.softmaxCrossEntropy(
        examples: examples, classes: classes, logits: logits, labels: labels, gradientScale: gradientScale,
        gradient: gradient)
    }
  }

  func sumColumns(rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    ledger.book(.other) { base.sumColumns(rows: rows, columns: columns, matrix: matrix, output: output) }
  }

  func scaleUnits(
    units: Int, unitSize: Int, examples: Int, factors: UnsafePointer<Float>, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.other) {
      base.scaleUnits(
        units: units, unitSize: unitSize, examples: examples, factors: factors, input: input, output: output)
    }
  }

  func scaledSum(count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>) {
    ledger.book(.other) { base.scaledSum(count: count, alpha: alpha, x: x, beta: beta, y: y) }
  }

  func firstNonFinite(count: Int, values: UnsafePointer<Float>) -> Int? {
    ledger.book(.scans) { base.firstNonFinite(count: count, values: values) }
  }

  func sgdStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, updated: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.updates) {
      base.sgdStep(
        step, count: count, parameters: parameters, gradient: gradient, velocity: velocity, updated: updated)
    }
  }

  func adaptiveStep(
    _ step: AdaptiveStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.updates) {
      base.adaptiveStep(
        step, count: count, parameters: parameters, gradient: gradient, first: first, second: second, updated: updated)
    }
  }

  func accumulateMomentum(
    _ momentum: Float, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>
  ) {
    ledger.book(.other) {
      base.accumulateMomentum(momentum, isNesterov: isNesterov, count: count, gradient: gradient, velocity: velocity)
    }
  }

  func squaredNorm(count: Int, values: UnsafePointer<Float>) -> Double {
    ledger.book(.other) { base.squaredNorm(count: count, values: values) }
  }
}
