package import KernelInterface

/// The optimizers' steps, which no library does.
extension LibraryBackend {
  package func sgdStep(
    _ step: SGDStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, updated: UnsafeMutablePointer<Float>
  ) {
    kernels.sgdStep(
      step, count: count, parameters: parameters, gradient: gradient, velocity: velocity, updated: updated)
  }

  package func adaptiveStep(
    _ step: AdaptiveStep<Float>, count: Int, parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>
  ) {
    kernels.adaptiveStep(
      step, count: count, parameters: parameters, gradient: gradient, first: first, second: second, updated: updated)
  }

  package func accumulateMomentum(
    _ momentum: Float, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>
  ) {
    kernels.accumulateMomentum(
      momentum, isNesterov: isNesterov, count: count, gradient: gradient, velocity: velocity)
  }

  package func squaredNorm(count: Int, values: UnsafePointer<Float>) -> Double {
    kernels.squaredNorm(count: count, values: values)
  }
}
