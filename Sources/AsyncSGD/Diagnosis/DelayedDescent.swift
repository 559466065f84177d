internal import Foundation

/// The stability of gradient descent whose gradients are old.
///
/// On a quadratic of curvature λ, heavy-ball descent with gradients that are τ updates old,
///
///     x[t+1] = x[t] + μ·(x[t] − x[t−1]) − η·λ·x[t−τ],
///
/// returns to the minimum if η·λ is less than a bound that falls about as 1/τ. Without momentum it is 2·sin(π / (2·(2τ + 1)));
/// with momentum it is 2·sin(θ/2)·√(1 − 2μ·cos θ + μ²), where θ is the least positive root of
/// (τ − ½)·θ + atan2(sin θ, cos θ − μ) = π/2.
///
/// For delays that vary the bound at their mean is a guide, not a theorem.
///
/// Sources: Levin & May, "A note on difference-delay equations", 1976; with momentum, Giladi, Nacson, Hoffer & Soudry, "At
/// Stability's Edge", ICLR 2020, <https://arxiv.org/abs/1909.12340>.
enum DelayedDescent {
  /// Returns the least η·λ at which descent is no longer stable.
  ///
  /// - Parameters:
  ///   - delay: τ ≥ 0, in updates.
  ///   - momentum: μ, −1 < μ < 1.
  /// - Returns: The bound; 2·(1 + μ) without delay.
  static func bound(delay: Double, momentum: Double = 0) -> Double {
    precondition(delay >= 0 && momentum > -1 && momentum < 1, "delay \(delay), momentum \(momentum)")
    func excess(_ angle: Double) -> Double {
      (delay - 0.5) * angle + atan2(sin(angle), cos(angle) - momentum) - .pi / 2
    }
    // The left side rises from −π/2 at 0 to at least 0 at π.
    var low = 0.0
    var high = Double.pi
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if excess(middle) < 0 { low = middle } else { high = middle }
    }
    return 2 * sin(high / 2) * (1 - 2 * momentum * cos(high) + momentum * momentum).squareRoot()
  }
}
