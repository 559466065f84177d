internal import Kernels

/// Scales gradients down to a largest norm.
///
///     g ← g · min(1, c/‖g‖₂)
///
/// The norm is that of the whole gradient, over all layers, summed up in double precision. A gradient within the bound
/// keeps its bits. PyTorch's `clip_grad_norm_` divides by ‖g‖ + 10⁻⁶ instead, so that a gradient just at the bound shrinks
/// a little; the paper's form is kept here, and a gradient of zeros needs no guard, because it is within any bound. One
/// that is not finite is left as it is, for the server to refuse.
///
/// Sources: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
/// <https://arxiv.org/abs/1211.5063>.
struct GradientClipping {
  /// c, above 0.
  let largestNorm: Double
  let backend: any KernelBackend<Float>

  /// Clips a gradient in place.
  func apply(to gradient: UnsafeMutablePointer<Float>, count: Int) {
    let norm = backend.squaredNorm(count: count, values: gradient).squareRoot()
    guard norm > largestNorm, norm.isFinite else { return }
    backend.scaledSum(
      count: count, alpha: Float(largestNorm / norm), x: gradient, beta: 0, y: gradient)
  }
}
