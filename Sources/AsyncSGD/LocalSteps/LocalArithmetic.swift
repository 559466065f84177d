internal import Kernels

/// The arithmetic of a worker that keeps parameters of its own.
struct LocalArithmetic {
  /// The number of parameters.
  var count: Int { blocks.count }
  /// How weight decay is spread over the parameters.
  let blocks: ParameterBlocks
  let backend: any KernelBackend<Float>

  /// Computes gradient ← gradient + λ · parameters, of the weights alone.
  func addWeightDecay(at parameters: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>) {
    for block in blocks.blocks where block.weightDecay != 0 {
      let start = block.range.lowerBound
      backend.scaledSum(
        count: block.range.count, alpha: block.weightDecay, x: parameters + start, beta: 1, y: gradient + start)
    }
  }

  /// Computes parameters ← parameters − η · direction.
  func descend(_ parameters: UnsafeMutablePointer<Float>, along direction: UnsafePointer<Float>, learningRate: Float) {
    backend.sgdStep(
      SGDStep(learningRate: learningRate), count: count, parameters: UnsafePointer(parameters), gradient: direction,
      velocity: nil, updated: parameters)
  }

  /// Computes y ← α·x + β·y; y is not read if β = 0.
  func add(
    _ alpha: Float, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, keeping beta: Float = 1
  ) {
    backend.scaledSum(count: count, alpha: alpha, x: x, beta: beta, y: y)
  }
}

extension GradientBuffer {
  /// All elements.
  var elements: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: values, count: count) }

  /// Takes over `count` elements.
  func copy(_ source: UnsafePointer<Float>) { values.update(from: source, count: count) }
}
