import Dispatch
import Kernels
import Randomness
import TestSupport
import Testing

@testable import AsyncSGD

/// What a rule has in common with another, to the bit.
@Suite("Identities of the rules")
struct RuleIdentityTests {
  /// A rule with hyperparameters.
  struct Variant: Sendable, CustomTestStringConvertible {
    let rule: UpdateRuleKind
    var given: [(Hyperparameter, Hyperparameter.Value)] = []

    var testDescription: String {
      ([rule.rawValue] + given.map { "\($0.0.name) \($0.1)" }).joined(separator: " ")
    }

    var hyperparameters: Hyperparameters {
      var hyperparameters = Hyperparameters()
      for (hyperparameter, value) in given { hyperparameters[hyperparameter] = value }
      return hyperparameters
    }
  }

  private static let stalenessFunctions = ["inverse", "inverse-plus-one", "polynomial", "hinge", "threshold"].map {
    Variant(rule: .stalenessAware, given: [(.stalenessFunction, .choice($0))])
  }

  /// The parameters after every event of a script, of 37 parameters: more than a register, and a remainder.
  private func bits(
    _ variant: Variant, workers: Int, script: [String], momentum: Float? = nil, weightDecay: Float = 0.01
  ) throws -> [[UInt32]] {
    var stream = RandomStream(testCase: 70)
    let schedule = ManualSchedule(
      mode: .async, workers: workers, hyperparameters: variant.hyperparameters, initial: stream.uniformFloats(37),
      learningRate: 0.3, rule: variant.rule, momentum: momentum, slope: 0.7,
      offsets: (0..<workers).map { 0.1 * Float($0) - 0.15 }, weightDecay: weightDecay,
      backend: try KernelBackends.make(named: "simd"))
    return script.map { event in
      schedule.run(event)
      return schedule.parameters.map(\.bitPattern)
    }
  }

  private func randomScript(workers: Int, pushes: Int) -> [String] {
    var stream = RandomStream(testCase: 69)
    return (0..<pushes).map { _ in "\(["A", "B", "C"][Int(stream.uniform(below: UInt32(workers)))]).push" }
  }

  @Test("delay compensation of weight 0 is none", arguments: [nil, 0.5] as [Float?])
  func noCompensation(momentum: Float?) throws {
    let script = randomScript(workers: 3, pushes: 60)
    let plain = try bits(Variant(rule: .plain), workers: 3, script: script, momentum: momentum)
    for variant in [
      Variant(rule: .dcASGDc, given: [(.compensation, .number(0))]),
      Variant(rule: .dcASGDa, given: [(.adaptiveCompensation, .number(0))]),
    ] {
      #expect(try bits(variant, workers: 3, script: script, momentum: momentum) == plain)
    }
    // And one that is not 0 does something.
    #expect(try bits(Variant(rule: .dcASGDc), workers: 3, script: script, momentum: momentum) != plain)
    #expect(try bits(Variant(rule: .dcASGDa), workers: 3, script: script, momentum: momentum) != plain)
  }

  @Test(
    "with one worker no gradient is stale, and rules of staleness are plain",
    arguments: [.dcASGDc, .dcASGDa, .delayAdaptive, .gapAware].map { Variant(rule: $0) } + stalenessFunctions,
    [nil, 0.5] as [Float?])
  func fresh(variant: Variant, momentum: Float?) throws {
    let script = Array(repeating: "A.push", count: 40)
    let plain = try bits(Variant(rule: .plain), workers: 1, script: script, momentum: momentum)
    #expect(try bits(variant, workers: 1, script: script, momentum: momentum) == plain)
  }

  @Test("delay-adaptive is plain while no staleness exceeds the number of workers", arguments: ["workers", "one"])
  func delayAdaptive(scaling: String) throws {
    // In turns the staleness is 2, and 3 where two change places.
    let turns = "ABCBACABC".map { "\($0).push" }
    let variant = Variant(rule: .delayAdaptive, given: [(.delayScaling, .choice(scaling))])
    #expect(
      try bits(variant, workers: 3, script: turns) == bits(Variant(rule: .plain), workers: 3, script: turns))
    // One gradient of staleness 4 makes a difference.
    let late = ["A.push", "A.push", "A.push", "A.push", "B.push"]
    #expect(try bits(variant, workers: 3, script: late) != bits(Variant(rule: .plain), workers: 3, script: late))
  }

  @Test(
    "without momentum, the rules that have one are plain",
    arguments: [UpdateRuleKind.dana, .smega2, .ormo])
  func withoutMomentum(rule: UpdateRuleKind) throws {
    let script = randomScript(workers: 3, pushes: 60)
    let plain = try bits(Variant(rule: .plain), workers: 3, script: script)
    #expect(try bits(Variant(rule: rule), workers: 3, script: script, momentum: 0) == plain)
  }

  @Test(
    "a run that is interrupted goes on with the same bits, whatever the rule, and workers pull the same",
    arguments: UpdateRuleKind.allCases)
  func resuming(rule: UpdateRuleKind) throws {
    func schedule(_ state: (carried: CarriedState, version: Int)? = nil, initial: [Float]) -> ManualSchedule {
      ManualSchedule(
        mode: .async, workers: 1, initial: initial, learningRate: 0.05, rule: rule, momentum: 0.5, slope: 0.7,
        offsets: [-0.15], weightDecay: 0.01, resuming: state)
    }
    var stream = RandomStream(testCase: 68)
    let whole = schedule(initial: stream.uniformFloats(37))
    for _ in 0..<7 { whole.run("A.push") }
    let rest = schedule((whole.server.carriedState(), 7), initial: whole.parameters)
    try FloatAgreement.checkSameBits(rest.parameters(heldBy: 0), as: whole.parameters(heldBy: 0))
    for _ in 0..<7 {
      whole.run("A.push")
      rest.run("A.push")
      try FloatAgreement.checkSameBits(rest.parameters, as: whole.parameters)
      try FloatAgreement.checkSameBits(rest.parameters(heldBy: 0), as: whole.parameters(heldBy: 0))
    }
    let (first, second) = (whole.server.carriedState(), rest.server.carriedState())
    #expect(first.vectors == second.vectors && first.scalars == second.scalars)
  }
}

/// Checks what the server tells a rule of each gradient.
///
/// Every gradient is −1 at η = 1 from θ₀ = 0, so that version v is v everywhere.
private final class WitnessRule: UpdateRule {
  private(set) var contradictions = 0
  private(set) var largestStaleness = 0
  private var version = 0

  func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    let isTrue =
      gradient.version == version && gradient.parameters[0] == Float(version)
      && gradient.pulled[0] == Float(gradient.pulledVersion) && gradient.values[0] == -1
    if !isTrue { contradictions += 1 }
    version += 1
    largestStaleness = max(largestStaleness, gradient.staleness)
    return 1
  }

  var scalars: [String: Double] {
    get { ["contradictions": Double(contradictions), "largestStaleness": Double(largestStaleness)] }
    set {}
  }
}

@Suite("What rules are told, with racing workers")
struct RuleWitnessTests {
  @Test(
    "the staleness is that of the moment of the update, and the pulled parameters are that worker's",
    arguments: [CoordinationMode.async, .ssp, .softSync])
  func races(mode: CoordinationMode) {
    let workers = 8
    let backend = ReferenceBackend<Float>()
    nonisolated(unsafe) let rule = WitnessRule()  // the server's from here on
    let server = ParameterServer(
      initial: [0, 0, 0], coordinator: Coordinator(mode: mode, workers: workers, hyperparameters: Self.alone),
      rule: rule, optimizer: SGD(backend: backend),
      schedule: LearningRateSchedule(peak: 1, shape: .constant, warmup: 0, plannedMinibatches: 1), backend: backend,
      parameterName: { "\($0)" })
    let boxes = (0..<workers).map { _ in SnapshotBox(server.servedSnapshot()) }
    let group = DispatchGroup()
    for worker in 0..<workers {
      DispatchQueue(label: "witness.\(worker)").async(group: group) {
        for _ in 0..<200 {
          let gradient = server.takeGradientBuffer()
          gradient.values.update(repeating: -1, count: 3)
          let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
          if server.push(push, snapshot: &boxes[worker].snapshot) == .wait {
            _ = server.wait(worker: worker, snapshot: &boxes[worker].snapshot)
          }
        }
        server.leave(worker: worker, snapshot: &boxes[worker].snapshot)
      }
    }
    group.wait()
    let seen = server.carriedState().scalars
    #expect(seen["rule.contradictions"] == 0)
    #expect(seen["rule.largestStaleness"] == Double(server.coordination.staleness.applied.max))
    #expect(server.coordination.version == workers * 200)
  }

  /// In soft-sync, too, one gradient makes an update, so that versions can be read from the parameters.
  private static var alone: Hyperparameters {
    var hyperparameters = Hyperparameters()
    hyperparameters[.gradientsToWait] = .integer(1)
    return hyperparameters
  }
}
