internal import Foundation

/// The stability of gradient descent whose gradients are old.
///
/// On a quadratic of curvature λ, with a = η·λ and gradients that are τ updates old, descent returns to the minimum if a is
/// below a bound that falls about as 1/τ:
///
///     x[t+1] = x[t] − v[t+1]                    v[t+1] = μ·v[t] + a·x[t−τ]          heavy ball
///     x[t+1] = x[t] − a·x[t−τ] − μ·v[t+1]       v the same                          Nesterov
///     x[t+1] = x[t] − v[t+1]                    v[t+1] = μ·v[t−τ] + a·x[t−τ]        a velocity a worker, who take turns
///
/// A solution zᵗ on the unit circle, z = exp(iθ), marks the bound: there a is −(z − 1) times what the velocity makes of it.
/// The least root θ of the condition that a has no imaginary part gives the bound; without momentum θ is π/(2τ + 1), and the
/// bound 2·sin(θ/2).
///
/// For delays that vary the bound at their mean is a guide, not a theorem.
///
/// Sources: Levin & May, "A note on difference-delay equations", 1976; with momentum, Giladi, Nacson, Hoffer & Soudry, "At
/// Stability's Edge", ICLR 2020, <https://arxiv.org/abs/1909.12340>.
enum DelayedDescent {
  /// What is made of a gradient before it moves the parameters.
  enum Momentum: Hashable, Sendable {
    /// v ← μ·v + g, and a step along v, −1 < μ < 1.
    case heavyBall(Double)
    /// v ← μ·v + g, and a step along g + μ·v, 0 ≤ μ < 1.
    case nesterov(Double)
    /// As a heavy ball, 0 ≤ μ < 1, but every worker has a velocity of its own.
    case ofEachWorker(Double)

    /// A step along the gradient.
    static let none = Momentum.heavyBall(0)
  }

  /// Returns the least η·λ at which descent is no longer stable.
  ///
  /// - Parameters:
  ///   - delay: τ ≥ 0, in updates.
  ///   - momentum: What is made of a gradient.
  /// - Returns: The bound; without delay 2·(1 + μ), or 2·(1 + μ)/(1 + 2μ) for Nesterov's.
  static func bound(delay: Double, momentum: Momentum = .none) -> Double {
    precondition(delay >= 0, "a delay is at least 0, not \(delay)")
    switch momentum {
    case .heavyBall(let mu):
      precondition(mu > -1 && mu < 1, "a momentum is between -1 and 1, not \(mu)")
      let angle = leastRoot(upTo: .pi) { angle in (delay - 0.5) * angle + argument(angle, mu) }
      return 2 * sin(angle / 2) * modulus(angle, mu)
    case .nesterov(let mu):
      precondition(mu >= 0 && mu < 1, "a momentum is between 0 and 1, not \(mu)")
      let ahead = mu / (1 + mu)
      let angle = leastRoot(upTo: .pi) { angle in
        (delay + 0.5) * angle + argument(angle, mu) - argument(angle, ahead)
      }
      return 2 * sin(angle / 2) * modulus(angle, mu) / ((1 + mu) * modulus(angle, ahead))
    case .ofEachWorker(let mu):
      precondition(mu >= 0 && mu < 1, "a momentum is between 0 and 1, not \(mu)")
      // A worker's own updates are as far apart as there are workers.
      let workers = delay + 1
      let angle = leastRoot(upTo: .pi / workers) { angle in argument(workers * angle, mu) - angle / 2 }
      return 2 * sin(angle / 2) * modulus(workers * angle, mu)
    }
  }

  /// The argument of exp(iθ) − μ, for θ in 0…π.
  private static func argument(_ angle: Double, _ mu: Double) -> Double { atan2(sin(angle), cos(angle) - mu) }

  /// |exp(iθ) − μ|.
  private static func modulus(_ angle: Double, _ mu: Double) -> Double {
    (1 - 2 * mu * cos(angle) + mu * mu).squareRoot()
  }

  /// Returns the least angle at which a phase that begins below π/2 reaches it; the limit if it does so there at last.
  private static func leastRoot(upTo limit: Double, of phase: (Double) -> Double) -> Double {
    // Nesterov's phase need not rise everywhere; the steps are much finer than any of its bends.
    let steps = 4096
    let first = (1...steps).first { phase(limit * Double($0) / Double(steps)) >= .pi / 2 } ?? steps
    var low = limit * Double(first - 1) / Double(steps)
    var high = limit * Double(first) / Double(steps)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if phase(middle) < .pi / 2 { low = middle } else { high = middle }
    }
    return high
  }
}
