/// Takes smaller steps along gradients that are staler than the number of workers n explains.
///
///     θ ← θ − η·n/max(n, τ)·g
///
/// With n workers a staleness of n − 1 is the mean, and gradients up to n keep the full rate; beyond, Koloskova et al. let it
/// fall to η/τ at once. They also allow 0, which is mode `ringmaster` with a delay threshold of n + 1: a gradient that is
/// not applied is no update there, and does not make the others staler.
///
/// Sources: Mishchenko, Bach, Even & Woodworth, "Asynchronous SGD Beats Minibatch SGD Under Arbitrary Delays", NeurIPS 2022,
/// <https://arxiv.org/abs/2206.07638>; Koloskova, Stich & Jaggi, "Sharper Convergence Guarantees for Asynchronous SGD for
/// Distributed and Federated Learning", NeurIPS 2022, <https://arxiv.org/abs/2206.08307>.
public final class DelayAdaptiveRule: UpdateRule {
  private let workers: Int
  private let scale: Int

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - workers: n.
  ///   - jumps: Whether the factor beyond n is 1/τ, and not n/τ.
  public init(workers: Int, jumps: Bool = false) {
    self.workers = workers
    scale = jumps ? 1 : workers
  }

  /// Returns the factor.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    gradient.staleness <= workers ? 1 : Float(scale) / Float(gradient.staleness)
  }
}
