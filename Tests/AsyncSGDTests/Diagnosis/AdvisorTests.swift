import Testing

@testable import AsyncSGD

@Suite("Advice fits the configuration")
struct AdvisorTests {
  private let stuck = TrainingWarning.Symptom.stuckAtChance(accuracy: 0.1, chance: 0.1, loss: 2.9, examples: 6000)
  private let collapsed = TrainingWarning.Symptom.collapsedToChance(accuracy: 0.1, bestAccuracy: 0.8, chance: 0.1)
  private let fresh = StalenessSummary(mean: 0, p50: 0, p95: 0, p99: 0, max: 0)
  private let stale = StalenessSummary(mean: 7, p50: 7, p95: 9, p99: 12, max: 20)
  private let calm = TrainingWarning.Symptom.stuckAtChance(accuracy: 0.1, chance: 0.1, loss: 2.31, examples: 6000)
  private let dead = SilentUnits(layer: "fc2", condition: .dead, silent: 80, units: 84)

  /// Eight workers with momentum, beyond the cliff of `lenet5`.
  private func configuration(_ change: (inout TrainingConfiguration) -> Void = { _ in }) -> TrainingConfiguration {
    var configuration = TrainingConfiguration(
      workers: 8, optimizer: .momentum, momentum: 0.9, epochs: 5, batchSize: 64, learningRate: 0.02, warmup: 0.1)
    change(&configuration)
    return configuration
  }

  private func stability(
    _ configuration: TrainingConfiguration, _ staleness: StalenessSummary, sharpness: Double = 3
  ) throws -> StepStability {
    let model = try #require(StepModel(configuration))
    return StepStability(
      model, sharpness: sharpness, update: 0, staleness: staleness, rate: configuration.learningRate)
  }

  private func advice(
    _ symptom: TrainingWarning.Symptom, _ configuration: TrainingConfiguration, _ staleness: StalenessSummary,
    sharpness: Double = 3, silent: SilentUnits? = nil, movement: Movement? = nil, hadLearned: Bool = false
  ) throws -> Advice {
    Advisor(configuration).advice(
      on: symptom,
      Advisor.Evidence(
        stability: try stability(configuration, staleness, sharpness: sharpness), staleness: staleness, silent: silent,
        movement: movement, updates: 1000, hadLearned: hadLearned))
  }

  /// The advice on a run for whose steps no bound is known.
  private func unmeasured(
    _ symptom: TrainingWarning.Symptom, movement: Movement? = nil, _ change: (inout TrainingConfiguration) -> Void
  ) -> Advice {
    let configuration = configuration(change)
    #expect(StepModel(configuration) == nil)
    return Advisor(configuration).advice(
      on: symptom, Advisor.Evidence(staleness: stale, movement: movement, hadLearned: false))
  }

  @Test("momentum with staleness: less momentum, a rule for it, or the learning rate that the bound allows")
  func momentum() throws {
    let configuration = configuration()
    let advice = try advice(stuck, configuration, stale)
    // The bound for a delay of 7 and a momentum of 0.9 is 0.01575; 0.01575 / 3 = 0.00525, and a quarter of it 0.0013. The
    // step is 3.8 times the stable one: what no bound is known for is left out.
    guard case .stepTooLarge(let stability) = advice.cause else {
      Issue.record("\(advice.cause)")
      return
    }
    #expect(abs(stability.stableLearningRate - 0.00525) < 1e-5)
    #expect(
      advice.remedies == [
        .momentum(0), .smallerSteps(learningRate: 0.0013, batchSize: 4), .learningRate(0.0013),
        .rule(.stalenessAware), .workers(2), .mode(.sync),
      ])
    let closer = try self.advice(stuck, self.configuration { $0.learningRate = 0.008 }, stale)
    #expect(closer.remedies.contains(.rule(.dana)) && closer.remedies.contains(.rule(.gapAware)))
  }

  @Test("without momentum there is none to lower, and workers may be fewer")
  func workers() throws {
    let configuration = configuration {
      ($0.optimizer, $0.momentum, $0.learningRate, $0.batchSize, $0.workers) = (.sgd, 0, 0.02, 8, 32)
    }
    let staleness = StalenessSummary(mean: 31, p50: 31, p95: 40, p99: 50, max: 60)
    let advice = try advice(collapsed, configuration, staleness, hadLearned: true)
    // 2 sin(π / 126) = 0.04986; / 3 = 0.01662; a quarter of it 0.0041. A mean staleness of n − 1 bears 0.02 below
    // 0.6 · 2 sin(π / (2 (2n − 1))) / 3, for n ≤ 16.
    #expect(
      advice.remedies == [
        .learningRate(0.0041), .rule(.stalenessAware), .rule(.gapAware), .clipNorm(1), .workers(16), .mode(.sync),
      ])
  }

  @Test("what is in use already is not recommended")
  func inUse() throws {
    let configuration = configuration {
      ($0.optimizer, $0.momentum, $0.rule, $0.learningRate) = (.sgd, 0, .stalenessAware, 0.5)
      $0.hyperparameters[.clipNorm] = .number(0)
      $0.hyperparameters[.warmStart] = .number(2)
    }
    let remedies = try advice(stuck, configuration, stale).remedies
    for remedy in remedies {
      switch remedy {
      case .rule, .momentum, .warmStart, .warmup: Issue.record("\(remedy)")
      default: break
      }
    }
  }

  @Test("one worker has no staleness to lower")
  func fresh1() throws {
    let configuration = configuration {
      ($0.optimizer, $0.momentum, $0.learningRate, $0.workers, $0.batchSize) = (.sgd, 0, 1, 1, 8)
    }
    // A quarter of 2 / 3 is 0.166.
    #expect(try advice(stuck, configuration, fresh).remedies == [.learningRate(0.16), .clipNorm(1)])
  }

  @Test("a rate that is hardly a rate is named as such")
  func tooSmall() throws {
    let configuration = configuration { ($0.optimizer, $0.momentum, $0.learningRate) = (.sgd, 0, 1e-7) }
    let advice = try advice(calm, configuration, stale)
    guard case .stepTooSmall = advice.cause else {
      Issue.record("\(advice.cause)")
      return
    }
    // A quarter of 0.20906 / 3.
    #expect(advice.remedies == [.learningRate(0.017), .checkData])
    // 1,000 updates of 0.0016 go 4.8 times as far as a curvature of 3 is wide, of 0.0017 5.1 times.
    let causes = try [0.0016, 0.0017].map { rate in
      try self.advice(
        calm, self.configuration { ($0.optimizer, $0.momentum, $0.learningRate) = (.sgd, 0, rate) }, stale
      )
      .cause
    }
    guard case .stepTooSmall = causes[0], case .notTheStep = causes[1] else {
      Issue.record("\(causes)")
      return
    }
  }

  @Test("where no bound is known, parameters that hardly moved tell of steps too small, and of what holds them back")
  func hardlyMoved() {
    let movement = Movement(distance: 0.001, length: 1)
    let adam = unmeasured(calm, movement: movement) {
      ($0.optimizer, $0.momentum, $0.learningRate) = (.adam, 0, 1e-7)
    }
    #expect(adam.cause == .hardlyMoved(movement))
    #expect(adam.remedies == [.learningRate(0.0003), .checkData])
    let clipped = unmeasured(calm, movement: movement) { $0.hyperparameters[.clipNorm] = .number(1e-6) }
    #expect(clipped.remedies.first == .clipNorm(0))
    let compressed = unmeasured(calm, movement: movement) {
      $0.compression = .threshold
      $0.hyperparameters[.compressionThreshold] = .number(100)
    }
    #expect(compressed.remedies.first == .wholeGradients)
    // What moves is not too slow.
    let moving = unmeasured(calm, movement: Movement(distance: 0.4, length: 1)) {
      ($0.optimizer, $0.momentum, $0.learningRate) = (.adam, 0, 0.05)
    }
    #expect(moving.cause == .probablyTheStep(staleness: 7, momentum: 0))
  }

  @Test("parameters that shrink under weight decay tell of it, whatever else is seen")
  func shrunk() throws {
    let movement = Movement(distance: 0.9, length: 0.2)
    let decayed = configuration { $0.weightDecay = 1 }
    let advice = try advice(stuck, decayed, stale, silent: dead, movement: movement)
    #expect(advice == Advice(cause: .shrunk(movement, weightDecay: 1), remedies: [.weightDecay(0)]))
    #expect(try self.advice(stuck, configuration(), stale, movement: movement).cause != advice.cause)
  }

  @Test("a center that stays behind is tied too loosely")
  func center() {
    let advice = unmeasured(.centerBehind(testAccuracy: 0.2, trainAccuracy: 0.8)) {
      ($0.mode, $0.optimizer, $0.momentum) = (.easgd, .sgd, 0)
      $0.hyperparameters[.movingRate] = .number(0.001)
    }
    #expect(advice.cause == .looseTies(movingRate: 0.001, period: 10))
    #expect(advice.remedies == [.movingRate(0.11)], "local SGD has no moving rate, which was given")
  }

  @Test("no remedy leaves an option without what it belongs to")
  func optionsOfOthers() throws {
    let downpour = configuration {
      $0.hyperparameters[.pushEvery] = .integer(8)
      $0.hyperparameters[.fetchEvery] = .integer(8)
    }
    #expect(try !advice(stuck, downpour, stale).remedies.contains(.mode(.sync)))
  }

  @Test("a run at chance whose step is stable has a reason elsewhere; one that guesses calmly may be beyond doubt")
  func elsewhere() throws {
    let stable = configuration { ($0.optimizer, $0.momentum, $0.learningRate) = (.sgd, 0, 0.02) }
    guard case .notTheStep = try advice(stuck, stable, stale).cause else {
      Issue.record("a stable step")
      return
    }
    // 0.76 and 3.8 times the bound: nets that have collapsed guess calmly, too.
    let advice = try advice(calm, configuration { $0.learningRate = 0.004 }, stale)
    guard case .notTheStep = advice.cause, case .stepTooLarge = try self.advice(calm, configuration(), stale).cause
    else {
      Issue.record("\(advice.cause)")
      return
    }
    #expect(advice.remedies.first == .checkData)
  }

  @Test("dead units explain a run at chance whose step is stable, and a step that is not explains them")
  func deadUnits() throws {
    let stable = configuration { ($0.optimizer, $0.momentum, $0.learningRate) = (.sgd, 0, 0.02) }
    #expect(try advice(stuck, stable, stale, silent: dead).cause == .unitsSilent(dead))
    guard case .stepTooLarge = try advice(calm, configuration(), stale, silent: dead).cause else {
      Issue.record("a step beyond the bound")
      return
    }
  }

  @Test("for steps that no bound is known for, the advice says what is probable")
  func unknown() {
    // Far beyond what is usual, a part of it helps as little.
    let far = unmeasured(collapsed) { ($0.optimizer, $0.momentum, $0.learningRate) = (.adam, 0, 0.05) }
    #expect(far.cause == .probablyTheStep(staleness: 7, momentum: 0))
    #expect(far.remedies == [.learningRate(0.0003), .optimizer(.sgd, learningRate: 0.01)])
    let near = unmeasured(collapsed) { ($0.optimizer, $0.momentum, $0.learningRate) = (.adam, 0, 0.001) }
    #expect(
      near.remedies == [
        .optimizer(.sgd, learningRate: 0.01), .learningRate(0.0005),
        .smallerSteps(learningRate: 0.0005, batchSize: 32), .warmStart(1), .rule(.stalenessAware), .rule(.gapAware),
      ])
  }

  @Test("a run that was stopped may be told to go on")
  func divergence() throws {
    let symptom = TrainingWarning.Symptom.nonFiniteGradientSkipped(
      Divergence(worker: 0, update: 1, parameter: "fc1.bias"))
    #expect(try advice(symptom, configuration(), stale).remedies.last == .skipNonFinite)
    let skips = configuration { $0.divergencePolicy = .skip }
    #expect(try !advice(symptom, skips, stale).remedies.contains(.skipNonFinite))
  }

  @Test("every remedy of every algorithm is a change that means something, and none is named twice")
  func meaningful() {
    for mode in CoordinationMode.allCases {
      for rule in UpdateRuleKind.allCases {
        for optimizer in OptimizerKind.allCases {
          let configuration = configuration {
            ($0.mode, $0.rule, $0.optimizer) = (mode, rule, optimizer)
            if mode == .sequential { $0.workers = 1 }
          }
          guard configuration.conflict() == nil else { continue }
          let advisor = Advisor(configuration)
          let staleness = mode.hasStaleness ? stale : fresh
          let stability = advisor.model.map {
            StepStability($0, sharpness: 40, update: 0, staleness: staleness, rate: configuration.learningRate)
          }
          for symptom in [stuck, collapsed] {
            let remedies = advisor.advice(
              on: symptom, Advisor.Evidence(stability: stability, staleness: staleness)
            ).remedies
            #expect(!remedies.isEmpty && remedies.count <= Advisor.mostRemedies)
            #expect(Set(remedies).count == remedies.count, "\(mode) \(rule) \(optimizer): \(remedies)")
            for remedy in remedies where remedy != .checkData {
              guard let changed = remedy.applied(to: configuration) else {
                Issue.record("\(mode) \(rule) \(optimizer): \(remedy) changes nothing")
                continue
              }
              #expect(changed.conflict() == nil, "\(mode) \(rule) \(optimizer): \(remedy)")
            }
          }
        }
      }
    }
  }

  @Test("bounds are known for plain steps along gradients, and for factors that follow from the staleness")
  func models() throws {
    func rate(_ change: (inout TrainingConfiguration) -> Void) throws -> Double {
      let configuration = configuration {
        ($0.optimizer, $0.momentum) = (.sgd, 0)
        change(&$0)
      }
      return try #require(StepModel(configuration)).stableLearningRate(sharpness: 2, staleness: 7)
    }
    let plain = try rate { _ in }
    #expect(abs(plain - 0.20906 / 2) < 1e-5)
    #expect(abs(try rate { $0.rule = .stalenessAware } - 7 * plain) < 1e-4)
    #expect(
      abs(
        try rate {
          $0.rule = .stalenessAware
          $0.hyperparameters[.stalenessFunction] = .choice("inverse-plus-one")
        } - 8 * plain) < 1e-4)
    #expect(abs(try rate { ($0.rule, $0.workers) = (.delayAdaptive, 7) } - plain) < 1e-9)
    #expect(abs(try rate { ($0.rule, $0.workers) = (.delayAdaptive, 2) } - 3.5 * plain) < 1e-6)
    #expect(
      abs(
        try rate {
          $0.hyperparameters[.pushEvery] = .integer(8)
          $0.hyperparameters[.fetchEvery] = .integer(8)
        } - plain / 8) < 1e-9)
    #expect(abs(try rate { ($0.optimizer, $0.momentum) = (.nesterov, 0.5) } - 0.10064 / 2) < 1e-5)
    #expect(
      abs(
        try rate {
          ($0.optimizer, $0.momentum) = (.momentum, 0.9)
          $0.hyperparameters[.momentumAt] = .choice("worker")
        } - 0.02795 / 2) < 1e-5)

    func hasModel(_ change: (inout TrainingConfiguration) -> Void) -> Bool { StepModel(configuration(change)) != nil }
    #expect(!hasModel { $0.compression = .topK })
    #expect(!hasModel { $0.hyperparameters[.clipNorm] = .number(1) })
    #expect(!hasModel { $0.mode = .easgd })
    #expect(!hasModel { $0.rule = .gapAware })
    #expect(!hasModel { $0.optimizer = .rmsprop })
    #expect(hasModel { ($0.mode, $0.optimizer, $0.momentum) = (.hogwild, .sgd, 0) })
  }
}
