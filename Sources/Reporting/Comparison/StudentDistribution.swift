internal import Foundation

/// Student's t distribution with a whole number of degrees of freedom.
///
/// For such numbers its integral is a finite sum: Abramowitz & Stegun, "Handbook of Mathematical Functions", 26.7.3 and
/// 26.7.4.
package struct StudentDistribution {
  private let degrees: Int

  /// Creates the distribution with ν = `degreesOfFreedom`.
  ///
  /// - Precondition: There is at least one.
  package init(degreesOfFreedom: Int) {
    precondition(degreesOfFreedom >= 1, "\(degreesOfFreedom) degrees of freedom")
    degrees = degreesOfFreedom
  }

  /// Returns A(t) = P(−t ≤ T ≤ t).
  package func central(_ t: Double) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let cosine = cos(angle)
    // The terms are cosθ, ⅔·cos³θ, … for odd ν, and 1, ½·cos²θ, … for even ν.
    var term = degrees % 2 == 1 ? cosine : 1
    var sum = degrees == 1 ? 0 : term
    for power in stride(from: degrees % 2 == 1 ? 3 : 2, through: degrees - 2, by: 2) {
      term *= cosine * cosine * Double(power - 1) / Double(power)
      sum += term
    }
    return degrees % 2 == 1 ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum
  }

  /// Returns the t for which P(−t ≤ T ≤ t) = `confidence`.
  ///
  /// - Precondition: `confidence` lies between 0 and 1.
  package func bound(confidence: Double) -> Double {
    precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1, not at \(confidence)")
    var (low, high) = (0.0, 1.0)
    while central(high) < confidence { (low, high) = (high, high * 2) }
    while true {
      let middle = (low + high) / 2
      // Neighbours: nothing lies between them.
      guard middle > low, middle < high else { return high }
      if central(middle) < confidence { low = middle } else { high = middle }
    }
  }
}
