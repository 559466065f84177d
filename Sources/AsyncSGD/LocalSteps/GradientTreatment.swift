internal import Kernels

/// What a worker does to each gradient as soon as it is computed: it clips it, and adds its own momentum.
///
/// Clipping comes first, so that one large gradient cannot fill the velocity; whatever makes gradients smaller for the wire
/// comes after both.
struct GradientTreatment {
  private let clipping: GradientClipping?
  /// The worker's velocity, if it keeps one.
  let momentum: WorkerMomentum?

  /// Creates the treatment that leaves gradients as they are.
  init() {
    clipping = nil
    momentum = nil
  }

  /// Creates the treatment that a configuration asks for.
  init(_ configuration: TrainingConfiguration, count: Int, backend: any KernelBackend<Float>) {
    let largestNorm = configuration.number(.clipNorm)
    clipping = largestNorm > 0 ? GradientClipping(largestNorm: largestNorm, backend: backend) : nil
    let isKept =
      configuration.optimizer.hasMomentum
      && configuration.hyperparameters.keepsMomentumInWorkers(in: configuration.setting)
    momentum =
      isKept
      ? WorkerMomentum(
        count: count, momentum: Float(configuration.momentum), isNesterov: configuration.optimizer == .nesterov,
        backend: backend) : nil
  }

  /// Treats a gradient in place, on the worker's thread.
  func apply(to gradient: UnsafeMutablePointer<Float>, count: Int) {
    clipping?.apply(to: gradient, count: count)
    momentum?.apply(to: gradient)
  }
}
