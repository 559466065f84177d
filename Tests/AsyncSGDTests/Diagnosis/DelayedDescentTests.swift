import Testing

@testable import AsyncSGD

@Suite("Stability of descent with old gradients")
struct DelayedDescentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let momentum: DelayedDescent.Momentum
    let delay: Int
    let bound: Double
    var testDescription: String { "\(momentum), delay \(delay)" }
  }

  /// The bounds for delays of 0, 1, 2, 3, 7 and 15 by the roots of the characteristic polynomials, to five digits:
  /// z^τ·(z − 1)·(z − μ) + a·z for the heavy ball, with a·((1 + μ)·z − μ) for Nesterov's momentum, and
  /// (z − 1)·(z^(τ+1) − μ) + a·z for a velocity of each worker.
  static let cases: [Case] = {
    let bounds: [(DelayedDescent.Momentum, [Double])] = [
      (.none, [2, 1, 0.61803, 0.44504, 0.20906, 0.10130]),
      (.heavyBall(0.5), [3, 0.5, 0.28078, 0.19927, 0.09575, 0.04804]),
      (.heavyBall(0.9), [3.8, 0.1, 0.05125, 0.03478, 0.01575, 0.00793]),
      (.heavyBall(-0.5), [1, 1.5, 1, 0.71581, 0.32634, 0.15510]),
      (.nesterov(0), [2, 1, 0.61803, 0.44504, 0.20906, 0.10130]),
      (.nesterov(0.5), [1.5, 0.56155, 0.31161, 0.21703, 0.10064, 0.04938]),
      (.nesterov(0.9), [1.35714, 0.25314, 0.08070, 0.04637, 0.01764, 0.00834]),
      (.ofEachWorker(0), [2, 1, 0.61803, 0.44504, 0.20906, 0.10130]),
      (.ofEachWorker(0.5), [3, 0.75, 0.41144, 0.28320, 0.12596, 0.05967]),
      (.ofEachWorker(0.9), [3.8, 0.19, 0.09663, 0.06479, 0.02795, 0.01308]),
    ]
    return bounds.flatMap { momentum, bounds in
      zip([0, 1, 2, 3, 7, 15], bounds).map { Case(momentum: momentum, delay: $0, bound: $1) }
    }
  }()

  @Test("the bound is that of the characteristic polynomial", arguments: cases)
  func polynomial(_ problem: Case) {
    // Half a unit of the fifth digit after the point.
    #expect(
      abs(DelayedDescent.bound(delay: Double(problem.delay), momentum: problem.momentum) - problem.bound) <= 5.1e-6)
  }

  /// The largest |x| of the last hundred of 40,000 steps from 1, by the definition of each momentum.
  private func end(delay: Int, momentum: DelayedDescent.Momentum, step: Double) -> Double {
    var past = [Double](repeating: 1, count: delay + 1)
    var velocities = [Double](repeating: 0, count: delay + 1)
    var largest = 0.0
    for time in 0..<80_000 {
      let gradient = step * past[delay]
      let move: Double
      switch momentum {
      case .heavyBall(let mu):
        velocities[0] = mu * velocities[0] + gradient
        move = velocities[0]
      case .nesterov(let mu):
        velocities[0] = mu * velocities[0] + gradient
        move = gradient + mu * velocities[0]
      case .ofEachWorker(let mu):
        let worker = time % (delay + 1)
        velocities[worker] = mu * velocities[worker] + gradient
        move = velocities[worker]
      }
      let next = past[0] - move
      // Growth beyond any doubt must not overflow.
      if next.magnitude > 1e100 { return next.magnitude }
      past.removeLast()
      past.insert(next, at: 0)
      if time >= 79_900 { largest = max(largest, next.magnitude) }
    }
    return largest
  }

  @Test("5 % below the bound descent arrives, 5 % above it it flies off", arguments: cases)
  func simulation(_ problem: Case) {
    #expect(end(delay: problem.delay, momentum: problem.momentum, step: 0.95 * problem.bound) < 1e-3)
    #expect(end(delay: problem.delay, momentum: problem.momentum, step: 1.05 * problem.bound) > 1e3)
  }

  @Test(
    "means of delays need not be whole, and the bound falls with them",
    arguments: [.none, .heavyBall(0.5), .nesterov(0.9), .ofEachWorker(0.9)] as [DelayedDescent.Momentum])
  func fractions(momentum: DelayedDescent.Momentum) {
    let bounds = stride(from: 0, through: 20, by: 0.25).map { DelayedDescent.bound(delay: $0, momentum: momentum) }
    for (earlier, later) in zip(bounds, bounds.dropFirst()) { #expect(later < earlier) }
  }
}
