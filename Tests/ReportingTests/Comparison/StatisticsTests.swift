import Foundation
import Testing

@testable import Reporting

@Suite("Student's t distribution")
struct StudentDistributionTests {
  /// Two-sided bounds from a printed table: degrees of freedom, 90 %, 95 %, 99 %.
  private static let table: [(degrees: Int, bounds: [Double])] = [
    (1, [6.314, 12.706, 63.657]), (2, [2.920, 4.303, 9.925]), (3, [2.353, 3.182, 5.841]), (4, [2.132, 2.776, 4.604]),
    (5, [2.015, 2.571, 4.032]), (6, [1.943, 2.447, 3.707]), (7, [1.895, 2.365, 3.499]), (9, [1.833, 2.262, 3.250]),
    (10, [1.812, 2.228, 3.169]), (15, [1.753, 2.131, 2.947]), (20, [1.725, 2.086, 2.845]),
    (30, [1.697, 2.042, 2.750]), (60, [1.671, 2.000, 2.660]), (120, [1.658, 1.980, 2.617]),
  ]

  @Test("has the bounds of printed tables")
  func published() {
    for (degrees, bounds) in Self.table {
      let distribution = StudentDistribution(degreesOfFreedom: degrees)
      for (confidence, bound) in zip([0.90, 0.95, 0.99], bounds) {
        // A table has three digits after the point.
        #expect(abs(distribution.bound(confidence: confidence) - bound) <= 0.0005 + 1e-9, "\(degrees), \(confidence)")
      }
    }
  }

  @Test("is the closed form for one and two degrees of freedom, and near the normal distribution for many")
  func closedForms() {
    for t in [0.1, 0.7, 1, 3, 20] {
      #expect(abs(StudentDistribution(degreesOfFreedom: 1).central(t) - 2 / .pi * atan(t)) < 1e-14)
      #expect(abs(StudentDistribution(degreesOfFreedom: 2).central(t) - t / (2 + t * t).squareRoot()) < 1e-14)
      #expect(abs(StudentDistribution(degreesOfFreedom: 100_001).central(t) - erf(t / 2.0.squareRoot())) < 1e-5)
    }
  }

  @Test("grows with t, from 0 to 1")
  func monotone() {
    for degrees in 1...12 {
      let values = stride(from: 0.0, through: 50, by: 0.5).map {
        StudentDistribution(degreesOfFreedom: degrees).central($0)
      }
      #expect(values[0] == 0)
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 && $1 <= 1 + 1e-15 })
    }
  }
}

@Suite("An estimate")
struct EstimateTests {
  @Test("has the mean and the interval of Student's t")
  func interval() throws {
    // s² = 2.5, t = 2.776445 for 4 degrees of freedom: ±2.776445·√(2.5/5).
    let estimate = try #require(Estimate([1, 2, 3, 4, 5]))
    #expect(estimate.mean == 3)
    #expect(abs(try #require(estimate.halfWidth) - 1.963243) < 1e-5)
    #expect(estimate.isSigned)
    #expect(try #require(Estimate([-1, 2, 3])).isSigned == false)
  }

  @Test("of one value has no interval, and says nothing of a sign")
  func single() throws {
    let estimate = try #require(Estimate([0.4]))
    #expect(estimate.mean == 0.4)
    #expect(estimate.interval == nil)
    #expect(!estimate.isSigned)
  }

  @Test("does not exist without values, nor with one that is not finite")
  func nothing() {
    #expect(Estimate([Double]()) == nil)
    for value in [Double.nan, .infinity, -.infinity] { #expect(Estimate([1, value, 2]) == nil) }
    #expect(Estimate([.greatestFiniteMagnitude, -.greatestFiniteMagnitude]) == nil)
  }

  @Test("of equal values is sure of them")
  func equal() throws {
    #expect(try #require(Estimate([0.5, 0.5, 0.5])).interval == 0.5...0.5)
    #expect(try #require(Estimate([0, 0, 0])).isSigned == false)
  }

  @Test("of pairs takes the seeds that both have, and is narrower than the two apart")
  func pairs() throws {
    let first: [UInt64: Double] = [1: 10, 2: 20, 3: 31, 7: 99]
    let second: [UInt64: Double] = [1: 9, 2: 19, 3: 29, 8: 0]
    let difference = try #require(Estimate(pairing: first, with: second))
    #expect(difference.count == 3)
    #expect(abs(difference.mean - 4.0 / 3) < 1e-12)
    #expect(try #require(difference.halfWidth) < #require(Estimate([10, 20, 31])?.halfWidth))
    #expect(Estimate(pairing: first, with: [4: 1]) == nil)
  }

  @Test("of ratios is their geometric mean; turned upside down it is its inverse")
  func ratios() throws {
    let ratio = try #require(RatioEstimate([(2, 1), (1, 2), (8, 1)]))
    #expect(abs(ratio.value - 2) < 1e-12)
    let inverse = RatioEstimate(inverting: ratio)
    #expect(abs(inverse.value - 0.5) < 1e-12)
    #expect(abs(try #require(inverse.interval).lowerBound * #require(ratio.interval).upperBound - 1) < 1e-9)
    #expect(RatioEstimate([(1, 0)]) == nil)
    #expect(RatioEstimate([(0, 1)]) == nil)
    #expect(RatioEstimate([(-1, 1)]) == nil)
  }
}

@Suite("A learning curve")
struct LearningCurveTests {
  private func curve(_ points: [(examples: Int, seconds: Double, accuracy: Double)]) -> LearningCurve {
    LearningCurve(
      points.map {
        .init(
          examples: $0.examples, updates: 0, seconds: $0.seconds, trainLoss: nil, testLoss: 1 - $0.accuracy,
          testAccuracy: $0.accuracy)
      })
  }

  @Test("is linear between evaluations, and nothing outside of them")
  func interpolation() {
    let curve = curve([(100, 2, 0.2), (200, 4, 0.6), (300, 8, 0.5)])
    #expect(curve.value(of: .accuracy, at: 150, along: .examples) == 0.4)
    #expect(curve.value(of: .accuracy, at: 100, along: .examples) == 0.2)
    #expect(curve.value(of: .accuracy, at: 6, along: .seconds) == 0.55)
    #expect(curve.value(of: .examples, at: 3, along: .seconds) == 150)
    #expect(curve.value(of: .seconds, at: 250, along: .examples) == 6)
    #expect(curve.value(of: .accuracy, at: 99, along: .examples) == nil)
    #expect(curve.value(of: .accuracy, at: 301, along: .examples) == nil)
    #expect(curve.end(along: .seconds) == 8)
    #expect(LearningCurve([]).value(of: .accuracy, at: 0, along: .examples) == nil)
  }

  @Test("crosses a target where it first does, between two evaluations")
  func crossing() throws {
    let curve = curve([(0, 0, 0.1), (100, 2, 0.5), (200, 4, 0.4), (300, 6, 0.9)])
    #expect(abs(try #require(curve.crossing(0.3, along: .seconds)) - 1) < 1e-12)
    #expect(curve.crossing(0.5, along: .examples) == 100)
    #expect(abs(try #require(curve.crossing(0.65, along: .seconds)) - 5) < 1e-12)
    #expect(curve.crossing(0.91, along: .seconds) == nil)
    #expect(curve.crossing(0.05, along: .seconds) == 0)
  }

  @Test("leaves out evaluations that are no numbers, and those that go back")
  func damaged() {
    let curve = curve([(0, 0, 0.1), (100, 2, .nan), (200, 1, 0.5), (150, 3, 0.6), (300, .infinity, 0.9), (400, 5, 2)])
    #expect(curve.points.map(\.examples) == [0, 200])
  }

  @Test("has no loss where it is not finite")
  func infiniteLoss() {
    let point = LearningCurve.Point(
      examples: 1, updates: 1, seconds: 1, trainLoss: nil, testLoss: .infinity, testAccuracy: 0.1)
    #expect(LearningCurve([point]).value(of: .loss, at: 1, along: .examples) == nil)
    #expect(LearningCurve([point]).value(of: .accuracy, at: 1, along: .examples) == 0.1)
  }
}
