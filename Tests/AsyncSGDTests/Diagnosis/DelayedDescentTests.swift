import Testing

@testable import AsyncSGD

@Suite("Stability of descent with old gradients")
struct DelayedDescentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let momentum: Double
    let delay: Int
    let bound: Double
    var testDescription: String { "momentum \(momentum), delay \(delay)" }
  }

  /// The bounds by the roots of the characteristic polynomial z^(τ+1) − (1 + μ)·z^τ + μ·z^(τ−1) + a, to five digits.
  static let cases: [Case] = [
    (0.0, [2, 1, 0.61803, 0.44504, 0.20906, 0.10130]), (0.5, [3, 0.5, 0.28078, 0.19927, 0.09575, 0.04804]),
    (0.9, [3.8, 0.1, 0.05125, 0.03478, 0.01575, 0.00793]), (-0.5, [1, 1.5, 1, 0.71581, 0.32634, 0.15510]),
  ].flatMap { momentum, bounds in
    zip([0, 1, 2, 3, 7, 15], bounds).map { Case(momentum: momentum, delay: $0, bound: $1) }
  }

  @Test("the bound is that of the characteristic polynomial", arguments: cases)
  func polynomial(_ problem: Case) {
    // Half a unit of the fifth digit after the point.
    #expect(
      abs(DelayedDescent.bound(delay: Double(problem.delay), momentum: problem.momentum) - problem.bound) <= 5.1e-6)
  }

  /// The largest |x| of the last hundred of 20,000 steps of x[t+1] = x[t] + μ·(x[t] − x[t−1]) − a·x[t−τ] from 1.
  private func end(delay: Int, momentum: Double, step: Double) -> Double {
    var past = [Double](repeating: 1, count: delay + 2)
    var largest = 0.0
    for time in 0..<20_000 {
      let next = past[0] + momentum * (past[0] - past[1]) - step * past[delay]
      // Growth beyond any doubt must not overflow.
      if next.magnitude > 1e100 { return next.magnitude }
      past.removeLast()
      past.insert(next, at: 0)
      if time >= 19_900 { largest = max(largest, next.magnitude) }
    }
    return largest
  }

  @Test("5 % below the bound descent arrives, 5 % above it it flies off", arguments: cases)
  func simulation(_ problem: Case) {
    #expect(end(delay: problem.delay, momentum: problem.momentum, step: 0.95 * problem.bound) < 1e-3)
    #expect(end(delay: problem.delay, momentum: problem.momentum, step: 1.05 * problem.bound) > 1e3)
  }

  @Test("means of delays need not be whole, and the bound falls with them", arguments: [0, 0.5, 0.9])
  func fractions(momentum: Double) {
    let bounds = stride(from: 0, through: 20, by: 0.25).map { DelayedDescent.bound(delay: $0, momentum: momentum) }
    for (earlier, later) in zip(bounds, bounds.dropFirst()) { #expect(later < earlier) }
  }
}
