import AsyncSGD
import Testing

@Suite("What goes together")
struct CombinationTests {
  @Test("every choice runs with only its name given", arguments: AlgorithmFamily.allCases)
  func alone(family: AlgorithmFamily) throws {
    for member in family.members {
      var combination = Combination()
      switch family {
      case .mode: combination.mode = try #require(CoordinationMode(rawValue: member.rawValue))
      case .rule: combination.rule = try #require(UpdateRuleKind(rawValue: member.rawValue))
      case .optimizer: combination.optimizer = try #require(OptimizerKind(rawValue: member.rawValue))
      case .compression: combination.compression = try #require(CompressionKind(rawValue: member.rawValue))
      }
      if family != .optimizer { combination.optimizer = combination.optimizer(preferring: .sgd) }
      #expect(combination.conflict == nil, "\(member.rawValue)")
      #expect(combination.name(in: family) == member.rawValue)
    }
  }

  @Test("where no gradient is stale, and where none reaches a server, there is only the plain rule")
  func plainOnly() {
    let plainOnly: Set<CoordinationMode> = [.sequential, .sync, .localSGD, .rennala, .hogwild, .easgd, .eamsgd]
    for mode in CoordinationMode.allCases {
      for rule in UpdateRuleKind.allCases where rule != .plain {
        let combination = Combination(mode: mode, rule: rule)
        let conflict = combination.conflict
        if plainOnly.contains(mode) {
          #expect(conflict?.option == "--rule" && conflict?.value == rule.rawValue)
          #expect(conflict?.partner == "--mode \(mode.rawValue)")
        } else {
          #expect(conflict?.partner != "--mode \(mode.rawValue)" || !mode.takesSingleGradients)
        }
      }
    }
  }

  @Test("rules with a momentum of their own, or that measure it, need single gradients")
  func singleGradients() {
    let rules: [UpdateRuleKind] = [.dana, .smega2, .ormo, .closedLoopMomentum]
    for rule in rules {
      for mode in CoordinationMode.allCases {
        var combination = Combination(mode: mode, rule: rule)
        combination.optimizer = combination.optimizer(preferring: .sgd)
        #expect((combination.conflict == nil) == (mode.hasStaleness && mode.takesSingleGradients))
      }
    }
  }

  @Test("there is one momentum, and not two")
  func momentum() {
    for optimizer in OptimizerKind.allCases {
      for rule in [UpdateRuleKind.dana, .smega2, .ormo] {
        let conflict = Combination(rule: rule, optimizer: optimizer).conflict
        #expect((conflict == nil) == (optimizer == .sgd))
        #expect(Combination(rule: rule, optimizer: .sgd).hasMomentum)
      }
      let steered = Combination(rule: .closedLoopMomentum, optimizer: optimizer)
      #expect((steered.conflict == nil) == (optimizer == .momentum), "it measures a heavy ball")
      let dgc = Combination(optimizer: optimizer, compression: .dgc)
      #expect((dgc.conflict == nil) != optimizer.hasMomentum)
    }
    for rule in UpdateRuleKind.allCases {
      var dgc = Combination(rule: rule, compression: .dgc)
      dgc.optimizer = dgc.optimizer(preferring: .sgd)
      #expect((dgc.conflict == nil) != (rule.hasMomentum || rule == .closedLoopMomentum), "\(rule)")
    }
  }

  @Test("what discounts staleness is not discounted again")
  func fedBuff() {
    let refused = UpdateRuleKind.allCases.filter { Combination(mode: .fedBuff, rule: $0).conflict != nil }
    #expect(
      refused == [.stalenessAware, .delayAdaptive, .fasgd, .dana, .smega2, .ormo, .closedLoopMomentum])
  }

  @Test("elastic modes have no optimizer on the server, and send no gradients to compress")
  func elastic() {
    for mode in [CoordinationMode.easgd, .eamsgd] {
      for optimizer in OptimizerKind.allCases {
        #expect((Combination(mode: mode, optimizer: optimizer).conflict == nil) == (optimizer == .sgd))
      }
    }
    for compression in CompressionKind.allCases where compression != .none {
      let modes = CoordinationMode.allCases.filter { Combination(mode: $0, compression: compression).conflict != nil }
      #expect(modes == [.hogwild, .easgd, .eamsgd])
    }
  }

  @Test("an optimizer that was not chosen gives way to one that goes with the rest")
  func defaultOptimizer() {
    #expect(Combination().optimizer(preferring: .adam) == .adam)
    #expect(Combination(mode: .easgd).optimizer(preferring: .momentum) == .sgd)
    #expect(Combination(rule: .dana).optimizer(preferring: .momentum) == .sgd)
    #expect(Combination(rule: .closedLoopMomentum).optimizer(preferring: .sgd) == .momentum)
    #expect(Combination(rule: .closedLoopMomentum).optimizer(preferring: .nesterov) == .momentum)
  }

  @Test("a conflict names both choices, the reason, and what to do")
  func message() throws {
    let conflict = try #require(Combination(mode: .sync, rule: .dana).conflict)
    #expect(
      conflict.message(isGiven: true)
        == "'--rule dana' does not go with '--mode sync', in which no gradient is stale: drop '--rule', or choose --mode "
        + "async, ssp, dssp, agn or ringmaster")
    #expect(
      conflict.message(isGiven: false)
        == "'--rule dana' does not go with '--mode sync', in which no gradient is stale: choose --mode async, ssp, dssp, "
        + "agn or ringmaster")
    #expect("\(conflict)" == conflict.message(isGiven: true))
    let bare = Conflict(option: "--a", value: "1", partner: "--b 2", alternatives: [])
    #expect(bare.message(isGiven: false) == "'--a 1' does not go with '--b 2'")
  }
}

extension CoordinationMode {
  /// Whether each update takes one gradient, by the literature.
  fileprivate var takesSingleGradients: Bool {
    ![.sync, .softSync, .localSGD, .rennala, .fedBuff, .hogwild, .easgd, .eamsgd].contains(self)
  }
}
