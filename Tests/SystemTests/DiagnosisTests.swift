import AsyncSGD
import DataPipeline
import Kernels
import Testing

/// Runs that do not learn are told why, and runs that do are left in peace: whole trainings on the embedded digits.
///
/// Those with one worker repeat the same minibatches on the same parameters each time. Where in the run a window of the
/// monitor ends depends on the clock, so a test asks that a symptom is seen, and not when.
@Suite("Runs that do not learn", .serialized)
struct DiagnosisTests {
  private func warning(_ name: String, of run: DigitsTraining.Run) throws -> TrainingWarning {
    try #require(
      run.warnings.first { $0.symptom.name == name }, "\(name) is not among \(run.symptoms), \(run.accuracy)")
  }

  /// Trains with one worker at one constant rate.
  private func train(
    _ model: String = "lenet5", learningRate: Double, on data: DatasetPair = DigitsTraining.digits,
    divergencePolicy: DivergencePolicy = .stop
  ) throws -> DigitsTraining.Run {
    try DigitsTraining.run(workers: 1, model: model, on: data, seed: 1) {
      ($0.epochs, $0.learningRate, $0.schedule, $0.warmup) = (1, learningRate, .constant, 0)
      $0.divergencePolicy = divergencePolicy
    }
  }

  @Test("a rate that is hardly one: stuck at chance, the step is too small")
  func tooSmall() throws {
    let run = try train(learningRate: 1e-7)
    let warning = try warning("stuckAtChance", of: run)
    guard case .stuckAtChance(let accuracy, let chance, let loss, let examples) = warning.symptom,
      case .stepTooSmall(let stability)? = warning.advice?.cause
    else {
      Issue.record("\(warning)")
      return
    }
    #expect(accuracy < 0.2 && chance < 0.12 && loss > 2 && examples >= 4000)
    #expect(stability.learningRate == 1e-7 && stability.stableLearningRate > 1e-4)
    #expect(warning.advice?.remedies.last == .checkData)
    #expect(run.symptoms == ["stuckAtChance"])
  }

  @Test("labels that say nothing: stuck at chance, and it is not the step")
  func nothingToLearn() throws {
    let digits = DigitsTraining.digits
    let shuffled = DatasetPair(training: digits.training.withShuffledLabels(seed: 1), test: digits.test)
    let run = try train(learningRate: 0.01, on: shuffled)
    let warning = try warning("stuckAtChance", of: run)
    guard case .notTheStep? = warning.advice?.cause else {
      Issue.record("\(warning)")
      return
    }
    #expect(warning.advice?.remedies.first == .checkData)
  }

  @Test("a rate that rises too far: what was learned is lost, and the step is too large")
  func collapse() throws {
    let run = try DigitsTraining.run(workers: 1, seed: 2) {
      ($0.epochs, $0.learningRate, $0.warmup) = (2, 0.5, 0.9)
    }
    let warning = try warning("collapsedToChance", of: run)
    guard case .collapsedToChance(let accuracy, let bestAccuracy, let chance) = warning.symptom,
      case .stepTooLarge? = warning.advice?.cause
    else {
      Issue.record("\(warning)")
      return
    }
    #expect(accuracy < 0.2 && bestAccuracy > chance + 0.18)
    #expect(run.accuracy < 0.3)
  }

  @Test("a loss that rises far above its best is told before all is lost")
  func rising() throws {
    let run = try DigitsTraining.run(workers: 1, seed: 1) {
      ($0.epochs, $0.learningRate, $0.warmup) = (2, 0.5, 0.9)
    }
    let warning = try warning("lossRising", of: run)
    guard case .lossRising(let loss, let bestLoss) = warning.symptom, case .stepTooLarge? = warning.advice?.cause else {
      Issue.record("\(warning)")
      return
    }
    #expect(loss > bestLoss + 0.9)
  }

  @Test("a linear classifier whose rate is a hundred times too large: the loss explodes")
  func exploding() throws {
    let run = try train("softmax", learningRate: 3)
    let warning = try warning("lossExploding", of: run)
    guard case .lossExploding(let loss, let guessingLoss) = warning.symptom,
      case .stepTooLarge(let stability)? = warning.advice?.cause
    else {
      Issue.record("\(warning)")
      return
    }
    #expect(loss > 3 * guessingLoss && stability.ratio > 2)
  }

  /// Trains a net of rectifiers far beyond what is stable, until the learning rate has fallen to 0.
  private func rectifiers() throws -> DigitsTraining.Run {
    try DigitsTraining.run(workers: 1, model: "mlp", activation: .relu, seed: 1) {
      ($0.epochs, $0.learningRate) = (2, 1)
    }
  }

  @Test("a loss above guessing and a step beyond the bound: the step is too large")
  func stepTooLarge() throws {
    // Units that cannot die go on with a loss of several times guessing, and learn in the end.
    let run = try DigitsTraining.run(workers: 1, model: "mlp", activation: .tanh, seed: 1) {
      ($0.epochs, $0.learningRate, $0.warmup) = (2, 0.5, 0)
    }
    let warning = try warning("stepTooLarge", of: run)
    guard case .stepTooLarge(let loss, let guessingLoss) = warning.symptom,
      case .stepTooLarge(let stability)? = warning.advice?.cause
    else {
      Issue.record("\(warning)")
      return
    }
    #expect(loss > 1.2 * guessingLoss && stability.ratio > 1)
    #expect(warning.advice?.remedies.contains { if case .learningRate = $0 { true } else { false } } == true)
  }

  @Test("rectifiers that are dead are told, by layer and number")
  func dead() throws {
    let run = try rectifiers()
    guard case .unitsSilent(let units) = try warning("unitsSilent", of: run).symptom else { return }
    #expect(units.condition == .dead && units.layer == "fc1" && units.units == 500)
    #expect(units.share >= 0.8)
  }

  /// The parameters of the hidden layer of `mlp`: 784 · 500 weights, then 500 biases.
  private static let hiddenWeights = 0..<392_000
  private static let hiddenBiases = 392_000..<392_500

  private func gentle() -> TrainingConfiguration {
    var configuration = TrainingConfiguration(TrainingRecipe.recommended(forModel: "mlp"), workers: 1)
    (configuration.epochs, configuration.learningRate) = (1, 0.001)
    return configuration
  }

  @Test("units that are saturated from the start are told, though the loss says nothing")
  func saturated() throws {
    let run = try DigitsTraining.run(gentle(), model: "mlp", activation: .tanh) { parameters in
      for index in Self.hiddenWeights { parameters[index] *= 1e7 }
    }
    guard case .unitsSilent(let units) = try warning("unitsSilent", of: run).symptom else { return }
    #expect(units.condition == .saturated && units.layer == "fc1" && units.units == 500)
    #expect(units.share >= 0.8)
  }

  @Test("a layer that passes no gradient: stuck at chance, and it is the units")
  func deadFromTheStart() throws {
    let run = try DigitsTraining.run(gentle(), model: "mlp", activation: .relu) { parameters in
      for index in Self.hiddenBiases { parameters[index] = -1000 }
    }
    let warning = try warning("stuckAtChance", of: run)
    guard case .unitsSilent(let units)? = warning.advice?.cause else {
      Issue.record("\(warning)")
      return
    }
    #expect(units.condition == .dead && units.layer == "fc1" && units.silent == 500)
  }

  @Test("workers that learn while the center does not: it is tied too loosely, and a healthy one is left in peace")
  func centerBehind() throws {
    func run(movingRate: Double?) throws -> DigitsTraining.Run {
      try DigitsTraining.run(workers: 4, mode: .easgd, seed: 1) {
        $0.epochs = 2
        if let movingRate { $0.hyperparameters[.movingRate] = .number(movingRate) }
      }
    }
    let warning = try warning("centerBehind", of: run(movingRate: 0.0001))
    guard case .centerBehind(let testAccuracy, let trainAccuracy) = warning.symptom else { return }
    #expect(testAccuracy < 0.6 * trainAccuracy && trainAccuracy > 0.3)
    #expect(warning.advice?.cause == .looseTies(movingRate: 0.0001, period: 10))
    #expect(warning.advice?.remedies.first == .movingRate(0.22), "0.9 over the workers, to two digits")
    #expect(try run(movingRate: nil).symptoms.isEmpty)
  }

  @Test("a gradient that is not finite is left out, and told")
  func notFinite() throws {
    let run = try train(learningRate: 1e30, divergencePolicy: .skip)
    guard case .nonFiniteGradientSkipped(let divergence) = try warning("nonFiniteGradientSkipped", of: run).symptom
    else { return }
    #expect(divergence.worker == 0 && divergence.update > 0)
    #expect(run.report.refusedPushes > 0)
  }
}
