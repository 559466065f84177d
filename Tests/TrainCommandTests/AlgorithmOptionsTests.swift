import AsyncSGD
import Reporting
import Testing

@testable import TrainCommand

private let conflicts: [Mistake] = [
  // Choices of which none has the hyperparameter.
  Mistake(
    "--staleness-bound 3", "'--staleness-bound' does not go with '--mode async': drop it, or choose --mode ssp or dssp"),
  Mistake(
    "--mode ssp --beta1 0.5",
    "'--beta1' does not go with '--optimizer sgd': drop it, or choose --optimizer adam or adamw"),
  Mistake(
    "--model hogwild --epsilon 1e-3",
    "'--epsilon' does not go with '--optimizer momentum': drop it, or choose --optimizer adagrad, rmsprop, adam or "
      + "adamw"),
  Mistake(
    "--mode ssp --staleness-bond 3", "unknown option '--staleness-bond'; did you mean '--staleness-bound'?"),
  // Values out of their domain.
  Mistake(
    "--staleness-bound -1", "'-1' is no value for '--staleness-bound', which takes a whole number from 0 to 1000000"),
  Mistake("--beta1 1", "'1' is no value for '--beta1', which takes a number from 0 to below 1"),
  Mistake("--moving-rate nan", "'nan' is no value for '--moving-rate', which takes a number from 0 to 1"),
  Mistake("--epsilon 0", "'0' is no value for '--epsilon', which takes a number above 0, up to 1"),
  // Choices that mean nothing together.
  Mistake(
    "--mode sync --rule dc-asgd-a",
    "'--rule dc-asgd-a' does not go with '--mode sync', in which no gradient is stale: drop '--rule', or choose --mode "
      + "soft-sync, async, ssp, dssp, agn, ringmaster or fedbuff"),
  Mistake(
    "--mode hogwild --rule gap-aware",
    "'--rule gap-aware' does not go with '--mode hogwild', in which workers apply their gradients themselves: drop "
      + "'--rule', or choose --mode soft-sync, async, ssp, dssp, agn, ringmaster or fedbuff"),
  Mistake(
    "--mode easgd --optimizer adam",
    "'--optimizer adam' does not go with '--mode easgd', whose workers take the steps, and the server none: drop "
      + "'--optimizer', or choose --optimizer sgd"),
  Mistake(
    "--mode easgd --momentum 0.9",
    "'--momentum 0.9' does not go with '--mode easgd', whose workers take the steps, and the server none: drop "
      + "'--momentum'"),
  Mistake(
    "--rule ormo --optimizer momentum",
    "'--optimizer momentum' does not go with '--rule ormo', which takes the step itself, with a momentum of its own: "
      + "drop '--optimizer', or choose --optimizer sgd"),
  Mistake(
    "--rule closed-loop-momentum --optimizer sgd",
    "'--optimizer sgd' does not go with '--rule closed-loop-momentum', which steers the coefficient of heavy-ball "
      + "momentum: drop '--optimizer', or choose --optimizer momentum"),
  Mistake(
    "--mode fedbuff --rule staleness-aware",
    "'--rule staleness-aware' does not go with '--mode fedbuff', which weighs gradients by their staleness itself: drop "
      + "'--rule', or choose --mode soft-sync, async, ssp, dssp, agn or ringmaster"),
  Mistake(
    "--mode hogwild --compression qsgd",
    "'--compression qsgd' does not go with '--mode hogwild', in which nothing is sent: drop '--compression', or choose "
      + "another --mode"),
  Mistake(
    "--mode sequential --workers 2",
    "'--workers 2' does not go with '--mode sequential', which has one worker: drop '--workers', or choose --mode async "
      + "or sync"),
  Mistake(
    "--mode sync --workers 4 --backup-workers 4",
    "'--backup-workers 4' does not go with '--workers 4', of which a round needs at least one: drop '--backup-workers', "
      + "or choose --backup-workers 3 or fewer, or more --workers"),
  Mistake(
    "--mode sync --workers 4 --gradients-to-wait 5",
    "'--gradients-to-wait 5' does not go with '--workers 4', each of which gives a round one gradient: drop "
      + "'--gradients-to-wait', or choose --gradients-to-wait 4 or fewer, or --gradients-from any"),
  Mistake(
    "--mode sync --workers 4 --gradients-to-wait 2 --backup-workers 1",
    "'--gradients-to-wait 2' does not go with '--backup-workers 1', which leaves 3 of 4 workers: drop "
      + "'--gradients-to-wait', or choose --gradients-to-wait 3"),
]

@Suite("Options of modes, rules, optimizers and compressors")
struct AlgorithmOptionsTests {
  @Test("what makes no sense is explained", arguments: conflicts)
  func mistakes(_ mistake: Mistake) {
    #expect(throws: UsageError(mistake.message)) { try parse(mistake.arguments) }
  }

  @Test("every choice is an option's value", arguments: AlgorithmFamily.allCases)
  func choices(family: AlgorithmFamily) throws {
    for member in family.members {
      guard case .train(let options) = try parse("\(family.option) \(member.rawValue)") else {
        Issue.record("no training")
        continue
      }
      let chosen = [
        AlgorithmFamily.mode: options.mode.rawValue, .rule: options.rule.rawValue,
        .optimizer: options.optimizer?.rawValue, .compression: options.compression.rawValue,
      ]
      #expect(chosen[family] == member.rawValue)
    }
  }

  @Test(
    "every hyperparameter is an option of whatever has it, and takes the ends of its domain",
    arguments: Hyperparameter.all.map(\.name))
  func hyperparameters(name: String) throws {
    let hyperparameter = try #require(Hyperparameter.named(name))
    let specifications =
      TrainOptions.specifications(vocabulary: sampleVocabulary, cores: 4).flatMap(\.options)
      + TrainOptions.hyperparameterSpecifications
    // Its name is that of no other option.
    #expect(specifications.filter { $0.name == hyperparameter.option }.count == 1)
    let specification = try #require(specifications.first { $0.name == hyperparameter.option })
    for value in hyperparameter.ends {
      var options = TrainOptions(cores: 4)
      try specification.set(&options, OptionValue(option: hyperparameter.option, text: "\(value)"))
      #expect(options.hyperparameters[hyperparameter] == value)
      #expect(options.givenHyperparameters.map(\.name) == [hyperparameter.name])
    }
    for text in ["", "nan", "none of these", "1e999"] {
      var options = TrainOptions(cores: 4)
      let error = #expect(throws: UsageError.self) {
        try specification.set(&options, OptionValue(option: hyperparameter.option, text: text))
      }
      #expect(
        error?.message.hasPrefix(
          "'\(text)' is no value for '\(hyperparameter.option)', which takes \(hyperparameter.domain)") == true)
    }
  }

  @Test("sequential training has one worker unless told otherwise")
  func sequential() throws {
    #expect(try parse("--mode sequential") == trainCommand { ($0.mode, $0.workers) = (.sequential, 1) })
    #expect(try parse("--mode sequential --workers 1") == trainCommand { ($0.mode, $0.workers) = (.sequential, 1) })
  }

  @Test("a momentum goes with a rule that has one, and with the optimizer that the rule needs")
  func momentumOfRule() throws {
    #expect(
      try parse("--rule dana --momentum 0.9 --optimizer sgd")
        == trainCommand { ($0.rule, $0.momentum, $0.optimizer) = (.dana, 0.9, .sgd) })
    #expect(try parse("--rule ormo --momentum 0.9") == trainCommand { ($0.rule, $0.momentum) = (.ormo, 0.9) })
  }

  @Test("the command of any combination is read back as the same run", arguments: CoordinationMode.allCases)
  func commandLine(mode: CoordinationMode) throws {
    for rule in UpdateRuleKind.allCases {
      for optimizer in OptimizerKind.allCases {
        for compression in CompressionKind.allCases
        where Combination(mode: mode, rule: rule, optimizer: optimizer, compression: compression).conflict == nil {
          let configuration = TrainingConfiguration(
            TrainingRecipe.recommended(forModel: "lenet5"), workers: mode == .sequential ? 1 : 6, mode: mode,
            rule: rule,
            optimizer: optimizer, compression: compression)
          let settings = try settings(of: description(of: configuration))
          #expect(settings.mode == mode && settings.rule == rule)
          #expect(settings.optimizer == optimizer && settings.compression == compression)
          #expect(settings.momentum == configuration.momentum)
          #expect(settings.effectiveHyperparameters == configuration.effectiveHyperparameters)
        }
      }
    }
  }

  @Test("the command of a run with backup workers waits for the same gradients")
  func backupWorkers() throws {
    var configuration = TrainingConfiguration(workers: 6, mode: .sync, epochs: 1, batchSize: 1, learningRate: 1)
    configuration.hyperparameters[.backupWorkers] = .integer(2)
    let settings = try settings(of: description(of: configuration))
    #expect(settings.effectiveHyperparameters == configuration.effectiveHyperparameters)
  }

  /// What the command of a run settles.
  private func settings(of run: RunDescription) throws -> TrainingConfiguration {
    let arguments = run.commandLine().split(separator: " ").dropFirst().map(String.init)
    guard case .train(let options) = try parse(arguments) else { throw UsageError("no training: \(arguments)") }
    return RunSettings(options).configuration
  }

  private func description(of configuration: TrainingConfiguration) -> RunDescription {
    RunDescription(
      programVersion: "", model: "lenet5", parameters: 1, dataset: "digits", trainingExamples: 1, testExamples: 1,
      classes: 2, mode: configuration.mode.rawValue, rule: configuration.rule.rawValue,
      optimizer: configuration.optimizer.rawValue, workers: configuration.workers, epochs: configuration.epochs,
      batchSize: configuration.batchSize, examplesPerUpdate: 1, plannedUpdates: 1,
      learningRate: configuration.learningRate, schedule: configuration.schedule.rawValue,
      warmup: configuration.warmup, momentum: configuration.momentum, weightDecay: configuration.weightDecay,
      seed: configuration.seed, kernels: "simd", instructionSet: "", compression: configuration.compression.rawValue,
      hyperparameters: configuration.effectiveHyperparameters)
  }
}

extension Hyperparameter {
  /// The values at both ends of the domain.
  fileprivate var ends: [Value] {
    switch domain {
    case .integer(let range):
      return [.integer(range.lowerBound), .integer(range.upperBound)]
    case .number(let range, let excludesLower, let excludesUpper):
      return [
        .number(excludesLower ? range.lowerBound.nextUp : range.lowerBound),
        .number(excludesUpper ? range.upperBound.nextDown : range.upperBound),
      ]
    case .choice(let choices):
      return choices.map { .choice($0.name) }
    }
  }
}
