import Kernels
import Synchronization

/// A backend of a user's own that passes everything on and lets a test act at an exact point of a run.
final class HookedBackend: KernelBackend {
  let base: any KernelBackend<Float>
  /// Called with the number of updates so far, after each of them, on the thread that applies it.
  let afterUpdate: @Sendable (_ updates: Int) -> Void
  /// Called with the number of losses so far and the gradient of the logits, after each computation of them.
  let afterLoss: @Sendable (_ losses: Int, _ gradient: UnsafeMutableBufferPointer<Float>) -> Void
  /// How many parameters an update steps, in as many calls as the server makes of it.
  private let parametersPerUpdate: Int
  private let steppedParameters = Atomic<Int>(0)
  private let losses = Atomic<Int>(0)

  init(
    base: any KernelBackend<Float> = ReferenceBackend<Float>(), parametersPerUpdate: Int = 1,
    afterUpdate: @escaping @Sendable (Int) -> Void = { _ in },
    afterLoss: @escaping @Sendable (Int, UnsafeMutableBufferPointer<Float>) -> Void = { _, _ in }
  ) {
    self.base = base
    self.parametersPerUpdate = parametersPerUpdate
    self.afterUpdate = afterUpdate
    self.afterLoss = afterLoss
  }

  var name: String { "hooked" }
  var instructionSet: String { base.instructionSet }

  func sgdStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, updated: UnsafeMutablePointer<Float>
  ) {
    base.sgdStep(
      step, count: count, parameters: parameters, gradient: gradient, velocity: velocity, updated: updated)
    noteStep(of: count)
  }

  func adaptiveStep(
    _ step: AdaptiveStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>
  ) {
    base.adaptiveStep(
      step, count: count, parameters: parameters, gradient: gradient, first: first, second: second, updated: updated)
    noteStep(of: count)
  }

  func noteStep(of count: Int) {
    let stepped = steppedParameters.add(count, ordering: .relaxed).newValue
    if stepped % parametersPerUpdate == 0 { afterUpdate(stepped / parametersPerUpdate) }
  }

  func accumulateMomentum(
    _ momentum: Float, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>
  ) {
    base.accumulateMomentum(momentum, isNesterov: isNesterov, count: count, gradient: gradient, velocity: velocity)
  }

  func squaredNorm(count: Int, values: UnsafePointer<Float>) -> Double {
    base.squaredNorm(count: count, values: values)
  }

  func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> ClassificationSums {
    let sums = base.softmaxCrossEntropy(
      examples: examples, classes: classes, logits: logits, labels: labels, gradientScale: gradientScale,
      gradient: gradient)
    if let gradient {
      afterLoss(
        losses.add(1, ordering: .relaxed).newValue,
        UnsafeMutableBufferPointer(start: gradient, count: examples * classes))
    }
    return sums
  }

  func workspaceCount(for problem: GEMM) -> Int { base.workspaceCount(for: problem) }

  func gemm(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>, epilogue: Epilogue<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    base.gemm(problem, alpha: alpha, a: a, b: b, beta: beta, c: c, epilogue: epilogue, workspace: workspace)
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
    base.convolutionForward(
      geometry, images: images, input: input, weights: weights, bias: bias, activation: activation,
      output: output, workspace: workspace)
  }

  func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    base.convolutionBackwardData(
      geometry, images: images, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient,
      workspace: workspace)
  }

  func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, workspace: UnsafeMutablePointer<Float>
  ) {
    base.convolutionBackwardWeights(
      geometry, images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
      biasGradient: biasGradient, workspace: workspace)
  }

  func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    base.maxPoolForward(geometry, images: images, input: input, output: output, argmax: argmax)
  }

  func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>
  ) {
    base.maxPoolBackward(
      geometry, images: images, outputGradient: outputGradient, argmax: argmax,
      rectifiedOutput: rectifiedOutput, inputGradient: inputGradient)
  }

  func activationForward(
    _ activation: Activation, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    base.activationForward(activation, count: count, input: input, output: output)
  }

  func activationBackward(
    _ activation: Activation, count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    base.activationBackward(
      activation, count: count, output: output, outputGradient: outputGradient, inputGradient: inputGradient)
  }

  func sumColumns(rows: Int, columns: Int, matrix: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    base.sumColumns(rows: rows, columns: columns, matrix: matrix, output: output)
  }

  func scaleUnits(
    units: Int, unitSize: Int, examples: Int, factors: UnsafePointer<Float>, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    base.scaleUnits(
      units: units, unitSize: unitSize, examples: examples, factors: factors, input: input, output: output)
  }

  func scaledSum(
    count: Int, alpha: Float, x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
  ) {
    base.scaledSum(count: count, alpha: alpha, x: x, beta: beta, y: y)
  }

  func firstNonFinite(count: Int, values: UnsafePointer<Float>) -> Int? {
    base.firstNonFinite(count: count, values: values)
  }
}
