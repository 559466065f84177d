import Randomness
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("Rules with a momentum of their own")
struct MomentumRuleTests {
  /// Runs a script event by event; returns the server's first parameter and what the worker got, after each.
  private func trace(_ schedule: ManualSchedule, _ script: String) -> [[Float]] {
    script.split(separator: " ").map { event in
      schedule.run(String(event))
      return [schedule.parameters[0], schedule.parameters(heldBy: event.hasPrefix("A") ? 0 : 1)[0]]
    }
  }

  @Test("dana keeps a velocity a worker, and serves where all velocities will take the parameters")
  func dana() {
    // η = ⅛, μ = ½, g = what the worker got, θ₀ = 1.
    // 1. A, g = 1:      v_A = 1,            V = 1,     θ = 1 − ⅛ = 0.875;        A gets 0.875 − 1/16·1 = 0.8125.
    // 2. B, g = 1:      v_B = 1,            V = 2,     θ = 0.75;                 B gets 0.75 − 2/16 = 0.625.
    //    One velocity for all would be 1.5 here.
    // 3. A, g = 0.8125: v_A = 1.3125,       V = 2.3125, θ = 0.5859375;           A gets θ − V/16 = 0.44140625.
    // 4. A, g = 0.44140625: v_A = 1.09765625, V = 2.09765625, θ = 0.44873046875; A gets 0.317626953125.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [1], learningRate: 0.125, rule: .dana, momentum: 0.5, slope: 1,
      offsets: [0, 0])
    #expect(
      trace(schedule, "A.push B.push A.push A.push") == [
        [0.875, 0.8125], [0.75, 0.625], [0.5859375, 0.44140625], [0.44873046875, 0.317626953125],
      ])
    let vectors = schedule.server.carriedState().vectors
    #expect(vectors["rule.velocity.0"] == [1.09765625] && vectors["rule.velocity.1"] == [1])
    #expect(vectors["rule.velocitySum"] == [2.09765625])
  }

  @Test("what dana serves is what DANA-Slim has, where workers keep the velocities and the server nothing")
  func slim() throws {
    // Slim: vᵢ ← μ·vᵢ + g, and the server takes Θ ← Θ − η·(μ·vᵢ + g). Then Θ = θ − η·μ·V at any time.
    let (rate, momentum, workers) = (0.05, 0.875, 3)
    var stream = RandomStream(testCase: 71)
    let schedule = ManualSchedule(
      mode: .async, workers: workers, initial: [1, -2], learningRate: rate, rule: .dana, momentum: Float(momentum),
      slope: 0.5, offsets: [0.1, -0.2, 0.3])
    var center = [1.0, -2.0]
    var pulled = Array(repeating: center, count: workers)
    var velocities = Array(repeating: [0.0, 0.0], count: workers)
    for _ in 0..<100 {
      let worker = Int(stream.uniform(below: UInt32(workers)))
      for index in 0..<2 {
        let gradient = 0.5 * pulled[worker][index] + [0.1, -0.2, 0.3][worker]
        velocities[worker][index] = momentum * velocities[worker][index] + gradient
        center[index] -= rate * (momentum * velocities[worker][index] + gradient)
      }
      pulled[worker] = center
      schedule.run("\(["A", "B", "C"][worker]).push")
      // A rounding a step of values up to 4, and the recursion forgets them.
      try FloatAgreement.check(
        schedule.parameters(heldBy: worker), against: center, tolerances: [1e-5, 1e-5])
    }
  }

  @Test(
    "with one worker, dana and smega2 serve what Nesterov's momentum has",
    arguments: [UpdateRuleKind.dana, .smega2])
  func oneWorkerLooksAhead(rule: UpdateRuleKind) throws {
    // dana: θ̂ = θ − η·μ·v, and the next is θ − η·v′ − η·μ·v′ with v′ = μ·v + g: θ̂ − η·(g + μ·v′), as Nesterov's.
    // smega2 with N = 1: θ − η·(g + μ·v) is θ − η·v′, and the rest is the same.
    let schedule = ManualSchedule(
      mode: .async, workers: 1, initial: [1, -3], learningRate: 0.1, rule: rule, momentum: 0.75, slope: 0.5,
      offsets: [0.25])
    let nesterov = NesterovIterates(initial: [1, -3], rate: 0.1, momentum: 0.75) { 0.5 * $0 + 0.25 }
    for iterate in nesterov.prefix(50) {
      schedule.run("A.push")
      try FloatAgreement.check(
        schedule.parameters(heldBy: 0), against: iterate, tolerances: [1e-5, 1e-5])
    }
  }

  /// Nesterov's momentum in double precision.
  private struct NesterovIterates: Sequence, IteratorProtocol {
    private var iterate: [Double]
    private var velocity: [Double]
    private let rate: Double
    private let momentum: Double
    private let gradient: (Double) -> Double

    init(initial: [Double], rate: Double, momentum: Double, gradient: @escaping (Double) -> Double) {
      iterate = initial
      velocity = initial.map { _ in 0 }
      self.rate = rate
      self.momentum = momentum
      self.gradient = gradient
    }

    mutating func next() -> [Double]? {
      for index in iterate.indices {
        let slope = gradient(iterate[index])
        velocity[index] = momentum * velocity[index] + slope
        iterate[index] -= rate * (slope + momentum * velocity[index])
      }
      return iterate
    }
  }

  @Test("smega2 changes its momentum once in N gradients, and serves N updates ahead")
  func smega2() {
    // N = 2, η = ⅛, μ = ½, g = 1 (A), 3 (B), θ₀ = 1.
    // 1. A: θ = 1 − ⅛·1 = 0.875, G = 1, c = 1;  A gets θ − 1/16·((2 − ½)·0 + ½·1) = 0.84375.
    // 2. B: θ = 0.875 − ⅛·3 = 0.5 (v is 0 still), G = 4, c = 0: v = 4/2 = 2, G = 0;
    //       B gets 0.5 − 1/16·2·2 = 0.25.
    // 3. A: θ = 0.5 − ⅛·(1 + ½·2) = 0.25, G = 1, c = 1;  A gets 0.25 − 1/16·(1.5·2 + ½·1) = 0.03125.
    // 4. A: θ = 0.25 − ⅛·(1 + 1) = 0, G = 2, c = 0: v = 1 + 2/2 = 2;  A gets 0 − 1/16·4 = −0.25.
    // 5. B: θ = 0 − ⅛·(3 + 1) = −0.5, G = 3, c = 1;  B gets −0.5 − 1/16·(3 + 1.5) = −0.78125.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [1], learningRate: 0.125, rule: .smega2, momentum: 0.5, offsets: [1, 3])
    #expect(
      trace(schedule, "A.push B.push A.push A.push B.push") == [
        [0.875, 0.84375], [0.5, 0.25], [0.25, 0.03125], [0, -0.25], [-0.5, -0.78125],
      ])
  }

  @Test("ormo adds a late gradient with the weight that it would have by now")
  func ormo() {
    // K = 2, β = ½, η = 1, g = 1 (A), 8 (B), θ₀ = 0. Versions 1 and 2 are bucket 1, versions 3 and 4 bucket 2.
    // 1. A of version 0, bucket 0:  u = 1, θ = −1.
    // 2. A of version 1, bucket 1:  opens it: θ = −1 − ½·1 = −1.5, u = ½; then u = 1.5, θ = −2.5.
    //    With ⌊j/K⌋ version 1 would be bucket 0: θ = −2.
    // 3. B of version 0, bucket 0:  one late: u = 1.5 + ½·8 = 5.5, θ = −2.5 − (1 + ½)·8 = −14.5.
    // 4. A of version 2, bucket 1:  u = 6.5, θ = −15.5.
    // 5. B of version 3, bucket 2:  opens it: θ = −15.5 − ½·6.5 = −18.75, u = 3.25; then u = 11.25, θ = −26.75.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [0], rule: .ormo, momentum: 0.5, offsets: [1, 8])
    let seen = trace(schedule, "A.push A.push B.push A.push B.push").map { $0[0] }
    #expect(seen == [-1, -2.5, -14.5, -15.5, -26.75])
    let carried = schedule.server.carriedState()
    #expect(carried.vectors["rule.velocity"] == [11.25] && carried.scalars["rule.bucket"] == 2)
  }

  @Test("whatever the order, ormo has the momentum and the parameters of all gradients in their rounds")
  func ormoInvariant() throws {
    // u = Σ β^(b − k)·η·g and θ = θ₀ − Σ η·g·(1 + β + … + β^(b − k)), over all gradients and their buckets k.
    let (workers, momentum, rate) = (4, 0.75, 0.125)
    let gradients: [Float] = [1, -2, 3, 0.5]
    for testCase in 80..<100 {
      var stream = RandomStream(testCase: testCase)
      let schedule = ManualSchedule(
        mode: .async, workers: workers, initial: [10], learningRate: rate, rule: .ormo, momentum: Float(momentum),
        offsets: gradients)
      var pulled = Array(repeating: 0, count: workers)
      var arrived: [(bucket: Int, gradient: Double)] = []
      for version in 0..<60 {
        // The square makes the last workers rare.
        let share = Double(stream.uniform())
        let worker = Int(Double(workers) * share * share)
        arrived.append(((pulled[worker] + workers - 1) / workers, Double(gradients[worker])))
        pulled[worker] = version + 1
        schedule.run("\(["A", "B", "C", "D"][worker]).push")
        let newest = arrived.map(\.bucket).max() ?? 0
        var (sum, place) = (0.0, 10.0)
        for (bucket, gradient) in arrived {
          let powers = (0...newest - bucket).map { index in (0..<index).reduce(1.0) { power, _ in power * momentum } }
          sum += powers[newest - bucket] * rate * gradient
          place -= powers.reduce(0, +) * rate * gradient
        }
        let velocity = try #require(schedule.server.carriedState().vectors["rule.velocity"])
        // 60 steps of values up to 60, each rounded a few times.
        try FloatAgreement.check(
          velocity + schedule.parameters, against: [sum, place], tolerances: [1e-3, 1e-3])
      }
    }
  }

  @Test("in rounds, ormo is momentum on the sum of a round's gradients")
  func ormoRounds() {
    // Both workers pull after each round. K = 2, β = ½, η = ⅛, g = 2 (A), 6 (B): u ← ½·u + ⅛·8, θ ← θ − u.
    // u = 1, 1.5, 1.75: θ = −1, −2.5, −4.25.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [0], learningRate: 0.125, rule: .ormo, momentum: 0.5, offsets: [2, 6])
    var seen: [Float] = []
    for round in ["A.push B.push", "B.push A.push", "A.push B.push"] {
      schedule.run("A.pull B.pull \(round)")
      seen += schedule.parameters
    }
    #expect(seen == [-1, -2.5, -4.25])
  }

  @Test("with one worker, ormo is the server's momentum")
  func ormoOneWorker() throws {
    func schedule(_ rule: UpdateRuleKind) -> ManualSchedule {
      ManualSchedule(
        mode: .async, workers: 1, initial: [1, -3], learningRate: 0.125, rule: rule, momentum: 0.75, slope: 0.5,
        offsets: [0.25], weightDecay: 0.125)
    }
    let (ormo, momentum) = (schedule(.ormo), schedule(.plain))
    for _ in 0..<50 {
      ormo.run("A.push")
      momentum.run("A.push")
      try FloatAgreement.check(ormo.parameters, against: momentum.parameters, tolerances: [1e-5, 1e-5])
    }
  }

  @Test("dana sums up the velocities anew where a run goes on with other workers")
  func fewerWorkers() {
    let first = ManualSchedule(
      mode: .async, workers: 3, initial: [1], learningRate: 0.125, rule: .dana, momentum: 0.5, offsets: [1, 2, 4])
    first.run("A.push B.push C.push")
    #expect(first.server.carriedState().vectors["rule.velocitySum"] == [7])
    let second = ManualSchedule(
      mode: .async, workers: 2, initial: first.parameters, learningRate: 0.125, rule: .dana, momentum: 0.5,
      offsets: [1, 2], resuming: (first.server.carriedState(), 3))
    #expect(second.server.carriedState().vectors["rule.velocitySum"] == [3])
    // θ = 1 − ⅛·7 = ⅛; what is served looks ahead before the first push: ⅛ − 1/16·3.
    #expect(second.parameters == [0.125] && second.parameters(heldBy: 0) == [0.125 - 0.1875])
  }
}
