internal import Foundation

/// Names the cause of what was seen and the remedies that apply to this very configuration.
///
/// A remedy is named only if it changes the configuration, if what it makes of it is a combination that means something,
/// and, where the step was measured, if the step is stable afterwards by the same bound; what no bound is known for is named
/// only where the step is not far beyond it.
struct Advisor {
  /// From this multiple of the stable step on, the step explains a run that fails; a remedy must bring it below.
  ///
  /// Measured on `lenet5`, whose rectifiers can die: with eight workers runs at 0.57 learned as well as any, at 0.85 they
  /// stumbled, and beyond 1.2 they failed.
  static let explains = 0.6
  /// A run that has made less than this many steps of 1/λ has not come to the bottom of even the steepest slope.
  ///
  /// A step is η/(1 − μ). A run of `lenet5` with a healthy rate and shuffled labels had made 15 when it was told to stay at
  /// chance.
  static let leastTravel = 5.0
  /// Parameters that have moved by less than this share of their length have hardly moved.
  ///
  /// Measured after an epoch of digits, with four models in five ways: nets that were right for half of the images had moved
  /// by 0.17 to 1.5, those that had just left chance by 0.04.
  static let hardlyMoved = 0.01
  /// Parameters that are shorter than this share of what they were have shrunk.
  static let shrunk = 0.5
  /// A loss below this multiple of a guesser's is that of a net which guesses calmly: it has not begun, or has collapsed.
  static let calm = 1.05
  /// The share of the stable learning rate that is recommended: curvature grows on the way.
  static let margin = 0.25
  /// Up to this multiple of the stable step, what no bound is known for may help.
  static let unproven = 2.0
  /// Learning rates that suit every model of the zoo, for what the step was not measured for.
  static let gentle = TrainingRecipe(
    epochs: 1, batchSize: 8, learningRate: 0.01, adaptiveLearningRate: 0.0003, adagradLearningRate: 0.01)
  /// The norm that gradients are recommended to be clipped to; those of healthy runs are mostly smaller.
  static let clipNorm = 1.0
  /// The most remedies that are named.
  static let mostRemedies = 6

  /// What is run.
  let configuration: TrainingConfiguration
  /// What is run, as far as a bound is known for it.
  let model: StepModel?

  init(_ configuration: TrainingConfiguration) {
    self.configuration = configuration
    model = StepModel(configuration)
  }

  /// What was measured.
  struct Evidence {
    /// The step against the bound, where there is one.
    var stability: StepStability?
    /// The staleness of the run's updates.
    var staleness: StalenessSummary
    /// The layer that passes no gradient, if there is one.
    var silent: SilentUnits?
    /// How far the parameters have come.
    var movement: Movement?
    /// The updates since the run began.
    var updates = Int.max
    /// Whether the run was better than chance before.
    var hadLearned = false
  }

  /// Returns the cause of a symptom and its remedies.
  func advice(on symptom: TrainingWarning.Symptom, _ evidence: Evidence) -> Advice {
    let cause = cause(of: symptom, evidence)
    var remedies = remedies(for: cause, evidence)
    if case .nonFiniteGradientSkipped = symptom, isMeaningful(.skipNonFinite) { remedies.append(.skipNonFinite) }
    return Advice(cause: cause, remedies: remedies)
  }

  private func cause(of symptom: TrainingWarning.Symptom, _ evidence: Evidence) -> Cause {
    if case .centerBehind = symptom {
      return .looseTies(
        movingRate: configuration.number(.movingRate), period: configuration.integer(.communicationPeriod))
    }
    if let movement = evidence.movement, configuration.weightDecay > 0, movement.length < Self.shrunk {
      return .shrunk(movement, weightDecay: configuration.weightDecay)
    }
    if case .stuckAtChance(_, let chance, let loss, _) = symptom {
      // Guessing costs ln(1 / chance) or less; steps that are too large cost more.
      let isCalm = loss < Self.calm * -log(max(chance, .leastNormalMagnitude))
      let hasHardlyMoved = evidence.movement.map { $0.distance < Self.hardlyMoved } ?? false
      if let stability = evidence.stability, evidence.silent == nil {
        let rate = stability.learningRate / (1 - stability.momentum)
        let travel = rate * stability.sharpness * Double(evidence.updates)
        if isCalm && travel < Self.leastTravel { return .stepTooSmall(stability) }
        // A net that has collapsed is calm as well: a step beyond the bound explains it.
        if stability.ratio < (isCalm ? 1 : Self.explains) { return .notTheStep(stability) }
      }
      if isCalm, hasHardlyMoved, evidence.silent == nil, let movement = evidence.movement {
        return .hardlyMoved(movement)
      }
    }
    if let stability = evidence.stability, stability.ratio >= Self.explains { return .stepTooLarge(stability) }
    return evidence.silent.map { .unitsSilent($0) }
      ?? .probablyTheStep(staleness: evidence.staleness.mean, momentum: configuration.momentum)
  }

  private func remedies(for cause: Cause, _ evidence: Evidence) -> [Remedy] {
    let candidates: [Remedy]
    let staleness = evidence.staleness
    switch cause {
    case .stepTooLarge(let stability):
      let rate = rounded(recommendedRate(stability))
      candidates =
        [.momentum(0)] + smallerBatches(rate) + [.learningRate(rate), .rule(.dana)] + delayRules(staleness)
        + [.clipNorm(Self.clipNorm)] + workers(stability) + starts(hadLearned: evidence.hadLearned) + [.mode(.sync)]
      return Array(candidates.filter { isUseful($0, stability) }.prefix(Self.mostRemedies))
    case .stepTooSmall(let stability):
      let rate = max(2 * configuration.learningRate, Self.margin * stability.stableLearningRate)
      candidates = [.learningRate(rounded(rate)), .checkData]
    case .hardlyMoved:
      candidates =
        [.clipNorm(0), .wholeGradients]
        + (configuration.learningRate < usualRate ? [.learningRate(rounded(usualRate))] : [])
        + [.checkData]
    case .shrunk:
      candidates = [.weightDecay(0)]
    case .looseTies(let movingRate, _):
      let usual = rounded(Hyperparameters().number(.movingRate, in: configuration.setting))
      candidates = (movingRate < usual ? [.movingRate(usual)] : []) + [.mode(.localSGD)]
    case .unitsSilent, .probablyTheStep:
      // Far beyond what is usual, nothing else helps.
      let isFar = configuration.learningRate > 4 * usualRate
      let half = configuration.learningRate / 2
      let gentler: [Remedy] =
        [.learningRate(rounded(half))] + smallerBatches(half) + starts(hadLearned: evidence.hadLearned)
        + (staleness.mean >= 1 ? delayRules(staleness) + [.mode(.sync)] : [])
      candidates =
        (isFar ? [.learningRate(rounded(usualRate))] : [])
        + (configuration.optimizer.isAdaptive ? [.optimizer(.sgd, learningRate: Self.gentle.learningRate)] : [])
        + [.momentum(0)] + (isFar ? [] : gentler)
    case .notTheStep:
      candidates =
        [.checkData, .learningRate(rounded(configuration.learningRate / 2))]
        + starts(hadLearned: evidence.hadLearned)
    }
    return Array(candidates.filter { isMeaningful($0) }.prefix(Self.mostRemedies))
  }

  // MARK: Candidates

  /// A learning rate well below the stable one, and below the one that failed.
  ///
  /// Where the curvature was measured on the way, not less than a tenth of it: descent that has left the stable region has
  /// come to where the curvature is far beyond what it was.
  private func recommendedRate(_ stability: StepStability) -> Double {
    let stable = Self.margin * stability.stableLearningRate
    return min(
      configuration.learningRate / 2, stability.update == 0 ? stable : max(stable, configuration.learningRate / 10))
  }

  /// A learning rate that suits this algorithm with any model.
  private var usualRate: Double {
    Self.gentle.learningRate(
      mode: configuration.mode, rule: configuration.rule, optimizer: configuration.optimizer,
      momentum: configuration.momentum, workers: configuration.workers,
      hyperparameters: configuration.hyperparameters)
  }

  /// Smaller steps for as much training: the size of the minibatches falls in proportion to the learning rate.
  private func smallerBatches(_ rate: Double) -> [Remedy] {
    let size = Double(configuration.batchSize) * rate / configuration.learningRate
    guard size.isFinite, size < Double(configuration.batchSize) else { return [] }
    let power = max(0, Int(log2(max(1, size))))
    let batchSize = min(1 << power, configuration.batchSize)
    return batchSize < configuration.batchSize && configuration.batchSize > 8
      ? [.smallerSteps(learningRate: rate, batchSize: max(4, batchSize))] : []
  }

  /// The most workers whose staleness the step would bear.
  private func workers(_ stability: StepStability) -> [Remedy] {
    guard let model, configuration.workers > 1, stability.stalenessMean > 0 else { return [] }
    let perWorker = stability.stalenessMean / Double(configuration.workers - 1)
    let count = (1..<configuration.workers).last { workers in
      configuration.learningRate
        < Self.explains
        * model.stableLearningRate(sharpness: stability.sharpness, staleness: perWorker * Double(workers - 1))
    }
    return count.map { [.workers($0)] } ?? []
  }

  /// Rules that take smaller steps with older gradients.
  private func delayRules(_ staleness: StalenessSummary) -> [Remedy] {
    guard configuration.rule == .plain, configuration.workers > 1, staleness.mean > 0 else { return [] }
    // Only a long tail exceeds what the number of workers explains.
    let hasTail = staleness.p95 > 3 * configuration.workers
    return (hasTail ? [.rule(.delayAdaptive), .mode(.ringmaster)] : []) + [.rule(.stalenessAware), .rule(.gapAware)]
  }

  /// Gentler starts, for a run that never got going.
  private func starts(hadLearned: Bool) -> [Remedy] {
    guard !hadLearned else { return [] }
    var remedies: [Remedy] = []
    if configuration.warmup == 0 { remedies.append(.warmup(0.1)) }
    if configuration.mode == .async, configuration.workers > 1, configuration.epochs > 1,
      configuration.number(.warmStart) == 0
    {
      remedies.append(.warmStart(1))
    }
    return remedies
  }

  // MARK: Which of them are named

  /// Whether a remedy changes something, and what it makes means something.
  private func isMeaningful(_ remedy: Remedy) -> Bool {
    if remedy == .checkData { return true }
    guard let changed = remedy.applied(to: configuration) else { return false }
    if case .rule(.dana) = remedy, configuration.momentum == 0 { return false }
    // What was given must still belong to what is run.
    let names = Set(changed.combination.hyperparameters.map(\.name))
    return changed.hyperparameters.given.keys.allSatisfy(names.contains) && changed.conflict() == nil
  }

  /// Whether a remedy is meaningful, and the step is stable with it as far as a bound is known.
  private func isUseful(_ remedy: Remedy, _ stability: StepStability) -> Bool {
    guard isMeaningful(remedy), let changed = remedy.applied(to: configuration) else { return false }
    if case .learningRate = remedy { return true }
    if case .smallerSteps = remedy { return true }
    if case .warmup = remedy { return stability.ratio < Self.unproven }
    if case .warmStart = remedy { return stability.ratio < Self.unproven }
    guard let model = StepModel(changed) else { return stability.ratio < Self.unproven }
    let staleness = changed.mode.hasStaleness ? stability.stalenessMean : 0
    let perWorker = staleness / Double(max(1, configuration.workers - 1))
    let rate = model.stableLearningRate(
      sharpness: stability.sharpness, staleness: perWorker * Double(changed.workers - 1))
    return changed.learningRate / rate < min(Self.explains, stability.ratio / 2)
  }

  /// Rounds down to two digits that count.
  private func rounded(_ value: Double) -> Double {
    guard value.isFinite, value > 0 else { return value }
    let exponent = floor(log10(value)) - 1
    // Division by a power of ten is exact where multiplication by its inverse is not; a number that has two digits may be
    // the rounding error of a product below itself.
    let power = pow(10, abs(exponent))
    let digits = floor((exponent < 0 ? value * power : value / power) + 1e-9)
    return exponent < 0 ? digits / power : digits * power
  }
}
