import Randomness
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("Closed-loop momentum")
struct ClosedLoopMomentumTests {
  private func schedule(
    workers: Int, target: Float, gain: Double, initial: [Float], learningRate: Double, slope: Float = 1,
    schedule: LearningRateSchedule? = nil, weightDecay: Float = 0
  ) -> ManualSchedule {
    var hyperparameters = Hyperparameters()
    hyperparameters[.feedbackGain] = .number(gain)
    return ManualSchedule(
      mode: .async, workers: workers, hyperparameters: hyperparameters, initial: initial, learningRate: learningRate,
      rule: .closedLoopMomentum, momentum: target, slope: slope, offsets: Array(repeating: 0, count: workers),
      schedule: schedule, weightDecay: weightDecay)
  }

  /// μ now; NaN if the rule does not say.
  private func momentum(of schedule: ManualSchedule) -> Double {
    schedule.server.carriedState().scalars["rule.momentum"] ?? .nan
  }

  @Test("a gradient is compared with the steps around the iterate that it was computed at")
  func trace() {
    // Two workers in turn, τ = 1; η = ⅛, g = θ′, μ* = 0.625, γ = ½. The second parameter never moves: 0/0 is left out.
    // 1. A of θ₀ = 1:      θ₁ = 0.875.
    // 2. B of θ₀:          θ₂ = 0.75.                             No step before θ₀ is known.
    // 3. A of θ₁, g = 0.875:  θ₃ = 0.640625;  (θ₂ − θ₁ + ⅛·0.875)/(θ₁ − θ₀) = (−0.125 + 0.109375)/−0.125 = ⅛;
    //    μ = 0 + ½·(0.625 − 0.125) = ¼.
    // 4. B of θ₂, g = 0.75:   v = ¼·0.875 + 0.75 = 0.96875, θ₄ = 0.51953125;
    //    (θ₃ − θ₂ + ⅛·0.75)/(θ₂ − θ₁) = (−0.109375 + 0.09375)/−0.125 = ⅛;  μ = ½.
    // 5. A of θ₃, g = 0.640625: v = ½·0.96875 + 0.640625 = 1.125, θ₅ = 0.37890625;
    //    (θ₄ − θ₃ + ⅛·0.640625)/(θ₃ − θ₂) = (−0.12109375 + 0.080078125)/−0.109375 = ⅜;  μ = ½ + ½·¼ = 0.625.
    // Compared with the step that it makes itself, each gradient would show μ: 0, ¼, ½.
    let schedule = schedule(workers: 2, target: 0.625, gain: 0.5, initial: [1, 0, 2], learningRate: 0.125)
    var seen: [[Double]] = []
    for event in ["A.push", "B.push", "A.push", "B.push", "A.push"] {
      schedule.run(event)
      seen.append([Double(schedule.parameters[0]), momentum(of: schedule)])
    }
    #expect(
      seen == [[0.875, 0], [0.75, 0], [0.640625, 0.25], [0.51953125, 0.5], [0.37890625, 0.625]])
  }

  @Test("with one worker the total is the algorithmic momentum, whatever the learning rate does")
  func oneWorker() {
    let rates = LearningRateSchedule(peak: 0.25, shape: .linear, warmup: 0.5, plannedMinibatches: 160)
    let schedule = schedule(
      workers: 1, target: 0.5, gain: 0.125, initial: [1, -2, 3], learningRate: 0, schedule: rates, weightDecay: 0.125)
    // μ ← μ + ⅛·(½ − μ) from the second update on: μ = ½·(1 − (7/8)^k).
    var expected = 0.0
    for update in 0..<60 {
      schedule.run("A.push")
      if update > 0 { expected += 0.125 * (0.5 - expected) }
      // The ratio of steps that shrink to 10⁻³ of the parameters has an error of about 10⁻⁷/10⁻³.
      #expect(abs(momentum(of: schedule) - expected) < 2e-3)
    }
    #expect(expected > 0.49)
  }

  @Test("asynchrony shows as momentum, and the algorithmic one becomes negative to make up for it")
  func manyWorkers() {
    // A random worker of 8 pushes: staleness is geometric, and its mean effect is a momentum of 1 − 1/8.
    let workers = 8
    let schedule = schedule(
      workers: workers, target: 0, gain: 0.01, initial: (1...40).map { 0.1 * Float($0) }, learningRate: 0.01)
    var stream = RandomStream(testCase: 73)
    for _ in 0..<300 {
      let worker = Int(stream.uniform(below: UInt32(workers)))
      schedule.run("\(["A", "B", "C", "D", "E", "F", "G", "H"][worker]).push")
    }
    let momentum = momentum(of: schedule)
    #expect(momentum < 0 && momentum >= -0.99)
  }

  @Test("the median is the middle value, or the mean of the two in the middle")
  func medians() {
    var stream = RandomStream(testCase: 75)
    for count in [1, 2, 3, 4, 5, 8, 9, 100, 255] {
      for distinct: UInt32 in [1, 3, 1000] {
        var values = (0..<count).map { _ in Float(stream.uniform(below: distinct)) }
        let sorted = values.sorted()
        let expected = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
        #expect(values.withUnsafeMutableBufferPointer(medianReordering) == expected)
        #expect(values.sorted() == sorted)
      }
    }
    var none: [Float] = []
    #expect(none.withUnsafeMutableBufferPointer(medianReordering) == nil)
  }

  @Test("the parameters that are measured are distinct, in order, and from all over")
  func coordinates() {
    for count in [1, 3, 254, 255, 256, 257, 1000, 61706] {
      let coordinates = IterateHistory(count: count, iterates: 1).coordinates
      #expect(coordinates.count == min(count, 255))
      #expect(zip(coordinates, coordinates.dropFirst()).allSatisfy { $0 < $1 })
      #expect(coordinates.allSatisfy { (0..<count).contains($0) })
      #expect((coordinates.last ?? 0) >= count - 1 - count / min(count, 255))
    }
  }
}
