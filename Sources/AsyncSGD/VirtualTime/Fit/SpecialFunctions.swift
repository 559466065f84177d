internal import Foundation

/// Functions that distributions are made of, in double precision.
enum SpecialFunctions {
  /// Returns the regularized lower incomplete gamma function P(a, x) = γ(a, x) / Γ(a): the distribution function of the
  /// gamma distribution of shape a and scale 1.
  ///
  /// By its series where x is small and by Lentz's continued fraction where it is large, to about 14 digits.
  ///
  /// - Parameters:
  ///   - a: The shape, above 0.
  ///   - x: Where.
  /// - Returns: The share of the distribution up to there.
  static func regularizedGamma(_ a: Double, _ x: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < .infinity else { return 1 }
    let prefactor = exp(a * log(x) - x - lgamma(a))
    if x < a + 1 {
      var (term, sum, n) = (1 / a, 1 / a, a)
      while abs(term) > abs(sum) * 1e-16 {
        n += 1
        term *= x / n
        sum += term
      }
      return min(1, sum * prefactor)
    }
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var fraction = d
    for i in 1...100_000 {
      let an = -Double(i) * (Double(i) - a)
      b += 2
      d = an * d + b
      if abs(d) < tiny { d = tiny }
      c = b + an / c
      if abs(c) < tiny { c = tiny }
      d = 1 / d
      let factor = d * c
      fraction *= factor
      if abs(factor - 1) < 1e-15 { break }
    }
    return max(0, 1 - prefactor * fraction)
  }

  /// Returns ψ(x), the derivative of log Γ, for x above 0: by recurrence to 10, then its asymptotic series.
  static func digamma(_ x: Double) -> Double {
    var (x, sum) = (x, 0.0)
    while x < 10 {
      sum -= 1 / x
      x += 1
    }
    let y = 1 / (x * x)
    return sum + log(x) - 1 / (2 * x) - y * (1 / 12.0 - y * (1 / 120.0 - y * (1 / 252.0 - y * (1 / 240.0 - y / 132))))
  }

  /// Returns the distribution function of the normal distribution of mean 0 and deviation 1.
  static func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
}
