import Testing

@testable import AsyncSGD

/// Rules whose factor is a function of the staleness.
///
/// Where nothing else is said, worker A's gradient is always 1 and B's always 16, η = 1 and θ₀ = 0.
@Suite("Rules that scale the learning rate by the staleness")
struct StalenessRuleTests {
  private static func hyperparameters(
    _ function: String, _ values: [(Hyperparameter, Double)] = []
  ) -> Hyperparameters {
    var hyperparameters = Hyperparameters()
    hyperparameters[.stalenessFunction] = .choice(function)
    for (hyperparameter, value) in values {
      if case .integer = hyperparameter.domain {
        hyperparameters[hyperparameter] = .integer(Int(value))
      } else {
        hyperparameters[hyperparameter] = .number(value)
      }
    }
    return hyperparameters
  }

  @Test("each staleness function has its values by the formula")
  func functions() {
    func inverses(_ values: [Float]) -> [Float] { values.map { 1 / $0 } }
    func factors(_ function: StalenessFunction) -> [Float] {
      [0, 1, 2, 3, 4, 5, 6, 8].map { function.factor(staleness: $0) }
    }
    #expect(factors(.inverse) == inverses([1, 1, 2, 3, 4, 5, 6, 8]))
    #expect(factors(.inversePlusOne) == inverses([1, 2, 3, 4, 5, 6, 7, 9]))
    #expect(factors(.polynomial(exponent: 0)) == inverses([1, 1, 1, 1, 1, 1, 1, 1]))
    // (1 + 3)^−½ = ½, (1 + 8)^−½ = ⅓.
    let roots = factors(.polynomial(exponent: 0.5))
    #expect([roots[0], roots[3], roots[7]] == inverses([1, 2, 3]))
    // FedAsync's a = 10 and b = 4: 1/(10·1 + 1), 1/(10·2 + 1), 1/(10·4 + 1).
    #expect(factors(.hinge(slope: 10, cutoff: 4)) == inverses([1, 1, 1, 1, 1, 11, 21, 41]))
    #expect(factors(.threshold(cutoff: 2, weightBeyond: 0.125)) == inverses([1, 1, 1, 8, 8, 8, 8, 8]))
  }

  @Test(
    "a gradient is weighed by the updates since its own worker pulled, counted where it is applied",
    arguments: [
      // The fifth update is B's, τ = 4; then A's, which pulled after the fourth, and B's: τ = 1 for both.
      // inverse: −4 − 16/4 = −8, then −1 and −16: a rule that takes τ + 1 would halve these two.
      (hyperparameters("inverse"), [-4, -8, -9, -25]),
      // b = 1, a = 1: 1/(1·(4 − 1) + 1) = 1/4, and 1 for τ = 1.
      (hyperparameters("hinge", [(.hingeSlope, 1), (.stalenessCutoff, 1)]), [-4, -8, -9, -25]),
      // a = 2: (1 + 4)⁻² would not be exact; a = 0 weighs nothing.
      (hyperparameters("polynomial", [(.stalenessExponent, 0)]), [-4, -20, -21, -37]),
      // Beyond b = 3 nothing is left; b is the number of workers, 2, where none is given.
      (hyperparameters("threshold", [(.stalenessCutoff, 3)]), [-4, -4, -5, -21]),
      (hyperparameters("threshold", [(.weightBeyondCutoff, 0.5)]), [-4, -12, -13, -29]),
    ] as [(Hyperparameters, [Float])])
  func trace(hyperparameters: Hyperparameters, expected: [Float]) {
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters, initial: [0], rule: .stalenessAware,
      offsets: [1, 16])
    schedule.run("A.push A.push A.push A.push")
    var seen = schedule.parameters
    for event in ["B.push", "A.push", "B.push"] {
      schedule.run(event)
      seen += schedule.parameters
    }
    #expect(seen == expected)
  }

  @Test("1/(τ + 1) and the root of it, where they are exact")
  func tracePlusOne() {
    // τ = 0, 0, 0, 3: −3 − 16/4 = −7 and −3 − 16/√4 = −11; then A with τ = 1 the half: −7.5.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: Self.hyperparameters("inverse-plus-one"), initial: [0],
      rule: .stalenessAware, offsets: [1, 16])
    schedule.run("A.push A.push A.push B.push")
    #expect(schedule.parameters == [-7])
    schedule.run("A.push")
    #expect(schedule.parameters == [-7.5])
    let root = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: Self.hyperparameters("polynomial"), initial: [0],
      rule: .stalenessAware, offsets: [1, 16])
    root.run("A.push A.push A.push B.push")
    #expect(root.parameters == [-11])
  }

  @Test("the staleness of a worker that waited counts from when it was let go, and nobody else's changes then")
  func blockedWorkers() {
    // Bound 1. Gradients 1 (A), 8 (B), 48 (C); every one is divided by its τ.
    let schedule = ManualSchedule(
      mode: .ssp, workers: 3, hyperparameters: Self.bound(1), initial: [0], rule: .stalenessAware, offsets: [1, 8, 48])
    schedule.run("A.pull B.pull C.pull")
    // A: τ = 0 → −1, version 1. A again: −2, version 2; two steps ahead of B and C, it waits.
    #expect(schedule.run("A.push A.push").suffix(2) == ["A.push@0:proceed", "A.push@1:wait"])
    // B: τ = 2 → −2 − 8/2 = −6, version 3, which B pulls. C: τ = 3 → −6 − 48/3 = −22, version 4; A is let go with it.
    let log = schedule.run("B.push C.push A.wait").suffix(3)
    #expect(log == ["B.push@0:proceed", "C.push@0:proceed", "A.wait@4:proceed"])
    #expect(schedule.parameters == [-22])
    // A: τ = 0 (its gradient is of version 4, not of version 2, when it pushed) → −23.
    // B: of version 3, which it pulled before A was let go: τ = 2 → −23 − 8/2 = −27.
    schedule.run("A.push B.push")
    #expect(schedule.parameters == [-27])
    #expect(schedule.server.coordination.staleness.applied.sum == 0 + 0 + 2 + 3 + 0 + 2)
  }

  private static func bound(_ steps: Int) -> Hyperparameters {
    var hyperparameters = Hyperparameters()
    hyperparameters[.stalenessBound] = .integer(steps)
    return hyperparameters
  }

  @Test("with momentum the factor scales what a gradient adds to the velocity, and not the velocity")
  func momentum() {
    // v = 1, θ = −1; v = 1.5, θ = −2.5; B: τ = 2: v = 0.75 + 16/2 = 8.75, θ = −11.25.
    // A learning rate of ½ for the whole step would give −2.5 − (0.75 + 16)/2.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [0], rule: .stalenessAware, momentum: 0.5, offsets: [1, 16])
    schedule.run("A.push A.push B.push")
    #expect(schedule.parameters == [-11.25])
    #expect(schedule.server.carriedState().vectors["velocity"] == [8.75])
  }

  @Test("in n-softsync each gradient of an update has its own factor, and the sum is divided by their number")
  func softSync() {
    // c = 2, η = ¼, g = θ, θ₀ = 1; a push does not wait for its update, so A pulls version 0 again.
    // A, B: τ = 0, 0, g = 1, 1: θ = 1 − ¼·(1 + 1)/2 = 0.75, version 1, which B pulls, whose push completed it.
    // A, C: g = 1 (version 0), τ = 1, 1: θ = 0.75 − ¼·(1 + 1)/2 = 0.5, version 2.
    // D: g = 1 (version 0), τ = 2, half of it; B: g = 0.75, τ = 1: θ = 0.5 − ¼·(0.5 + 0.75)/2 = 0.34375.
    // With the sum of the weights, 1.5, in place of 2 it would be 0.5 − ¼·1.25/1.5.
    var hyperparameters = Hyperparameters()
    hyperparameters[.gradientsToWait] = .integer(2)
    let schedule = ManualSchedule(
      mode: .softSync, workers: 4, hyperparameters: hyperparameters, initial: [1], learningRate: 0.25,
      rule: .stalenessAware, slope: 1, offsets: [0, 0, 0, 0], examples: [1, 1, 1, 1])
    schedule.run("A.push B.push")
    #expect(schedule.parameters == [0.75])
    schedule.run("A.push C.push")
    #expect(schedule.parameters == [0.5])
    schedule.run("D.push B.push")
    #expect(schedule.parameters == [0.34375])
  }

  @Test(
    "what divides by the size of the gradients takes the factors of a mean with the learning rate, and not out again")
  func softSyncAdagrad() {
    // Two groups of two; A's and B's gradients are 0, so that C and D push gradients 1 and 3 with τ = 2 and factor ½ each.
    var hyperparameters = Hyperparameters()
    hyperparameters[.gradientsToWait] = .integer(2)
    let schedule = ManualSchedule(
      mode: .softSync, workers: 4, hyperparameters: hyperparameters, initial: [1], learningRate: 0.5,
      rule: .stalenessAware, optimizer: .adagrad, offsets: [0, 0, 1, 3], examples: [1, 1, 1, 1])
    schedule.run("A.push B.push A.push B.push C.push D.push")
    // The mean is 2 and its square sum 4, so the step is ½·η · 2/2; scaled by ½ it would be 1 with square sum 1, and η.
    #expect(schedule.parameters == [0.75])
  }

  @Test(
    "delay-adaptive keeps the rate up to n, and falls beyond it with n/τ, or at once to 1/τ",
    arguments: [("workers", [-4, -12, -13, -29]), ("one", [-4, -8, -9, -25])] as [(String, [Float])])
  func delayAdaptive(scaling: String, expected: [Float]) {
    // n = 2; B's τ = 4: 16·2/4 = 8 or 16·1/4 = 4; τ = 1 for A and B after that. At τ = n the rate is whole.
    var hyperparameters = Hyperparameters()
    hyperparameters[.delayScaling] = .choice(scaling)
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters, initial: [0], rule: .delayAdaptive,
      offsets: [1, 16])
    schedule.run("A.push A.push A.push A.push")
    var seen = schedule.parameters
    for event in ["B.push", "A.push", "B.push"] {
      schedule.run(event)
      seen += schedule.parameters
    }
    #expect(seen == expected)
    schedule.run("B.push A.push B.push")
    let whole = schedule.parameters
    // A pulled with its last push: B's two make it τ = 2 = n.
    schedule.run("B.push A.push")
    #expect(schedule.parameters == [whole[0] - 16 - 1])
  }
}
