internal import DataPipeline
internal import Kernels
internal import NeuralNet

/// Watches a run for signs that it does not learn, and finds out why.
///
/// What costs nothing is watched all the time: the losses and hits that workers push (``LearningMonitor``), and which units
/// respond in an evaluation. The curvature of the loss costs gradients. It is measured once before the run, which tells
/// whether the step to come is too large for the staleness that is then measured; and once more where something was seen
/// that it does not explain, at the last parameters that were still healthy, because those of a network that has collapsed
/// no longer tell why.
///
/// The curvature on the way of a healthy run tells little: descent moves to where its step is just stable, so that the
/// ratio settles near 1 whatever the step is. Sources: Cohen, Kaur, Li, Kolter & Talwalkar, "Gradient Descent on Neural
/// Networks Typically Occurs at the Edge of Stability", ICLR 2021, <https://arxiv.org/abs/2103.00065>.
///
/// Confined to the trainer's event queue.
final class RunDiagnosis {
  /// The most that the measurement before a run may cost, as a share of the run.
  static let budget = 0.02
  /// From this share of silent units in a layer on, they are reported.
  static let silentShare = 0.8
  /// Windows in a row with an alarming loss from which on a step beyond the bound is reported.
  ///
  /// At the curvature before the first update, healthy runs have ratios of 0.3 (`lenet5`) to 10 (`mlp`): nets that cannot
  /// die survive the first jump, and go on where the loss is flatter. So the bound alone is no alarm. With a loss that stays
  /// above guessing it is.
  static let alarmingWindows = 2
  /// A center whose share of right answers is below this part of the workers' is behind them.
  static let behind = 0.6
  /// From this accuracy on, the mean of an epoch, workers have learned what a center can be behind of.
  static let learned = 0.3
  /// Updates a worker after which the mean staleness is near its final value.
  static let settlingUpdates = 4

  private let configuration: TrainingConfiguration
  private let advisor: Advisor
  private let makeProbe: () -> CurvatureProbe
  private let isAffordable: Bool
  private let examplesPerEpoch: Int
  private var monitor: LearningMonitor

  /// The curvature before the first update.
  private var firstSharpness: Double?
  private var firstUpdate = 0
  /// The first parameters, until their curvature is known.
  private var first: Milestone?
  /// The last parameters at which the run was healthy.
  private let healthy: Milestone
  private let beginning: FirstParameters
  /// The largest learning rate that was seen so far.
  private var seenRate = 0.0
  private var resumes = false
  private var hadLearned = false
  private var trained = 0
  private var step = Episode()
  private var silence = Episode()
  private var lag = Episode()

  /// The warnings so far, without repetitions.
  private(set) var warnings: [TrainingWarning] = []

  /// Creates the diagnosis of a run that is about to start.
  ///
  /// - Parameters:
  ///   - configuration: What is run.
  ///   - model: The model.
  ///   - data: The training set, not empty.
  ///   - plan: How it is cut into minibatches.
  ///   - cores: Processors that the workers share.
  ///   - initial: The first parameters.
  ///   - backend: The kernels.
  init(
    _ configuration: TrainingConfiguration, model: ShapedModel, data: Dataset, plan: EpochPlan, cores: Int,
    initial: borrowing ParameterSnapshot, backend: any KernelBackend<Float>
  ) {
    self.configuration = configuration
    advisor = Advisor(configuration)
    let seed = configuration.seed
    makeProbe = { CurvatureProbe(model, data: data, capacity: plan.capacity, seed: seed, backend: backend) }
    examplesPerEpoch = data.count
    // A measurement computes on one core what the workers compute on all of theirs.
    let planned = Double(configuration.epochs * data.count) / Double(max(1, min(cores, configuration.workers)))
    isAffordable = Double(CurvatureProbe.price(examples: data.count)) <= Self.budget * planned
    monitor = LearningMonitor(
      classes: data.classes, chance: data.largestClassShare, plannedExamples: configuration.epochs * data.count,
      warmup: configuration.warmup, workers: configuration.workers)
    healthy = Milestone(initial)
    beginning = FirstParameters(UnsafeBufferPointer(start: initial.values, count: initial.count))
    firstUpdate = initial.version
  }

  /// Measures the curvature before the run, unless it is resumed: a run under way has found a curvature that suits its step.
  func begin(resumes: Bool) {
    self.resumes = resumes
    guard !resumes, advisor.model != nil else { return }
    if isAffordable { firstSharpness = makeProbe().sharpness(at: healthy.values) } else { first = healthy.copy() }
  }

  /// Looks at what workers pushed since the last call; returns what deserves attention.
  func observe(_ status: ServerStatus, server: any TrainingServer) -> [TrainingWarning] {
    trained += status.recent.examples
    seenRate = max(seenRate, status.nextLearningRate)
    var said: [TrainingWarning] = []
    switch monitor.observe(status.recent, updates: status.version - firstUpdate) {
    case .nothing: break
    case .healthy(let learns):
      hadLearned = hadLearned || learns
      healthy.move(to: server.latest())
    case .symptom(let symptom, let isRepetition):
      said.append(
        warning(symptom, update: status.version, isRepetition: isRepetition) { advice(on: symptom, server: server) })
    }
    if let stepWarning = stepWarning(status, server: server) { said.append(stepWarning) }
    return said
  }

  /// Looks whether the step is too large, if nothing worse is known.
  private func stepWarning(_ status: ServerStatus, server: any TrainingServer) -> TrainingWarning? {
    let isSettled = status.version - firstUpdate >= Self.settlingUpdates * configuration.workers
    guard isSettled, !monitor.isInEpisode, let loss = monitor.windowLoss,
      let ratio = ratio(staleness: status.stalenessMean)
    else { return nil }
    let isAlarming = ratio > 1 && monitor.alarmingWindows >= Self.alarmingWindows
    return step.report(isAlarming, every: monitor.repetition, at: trained).map { report in
      let symptom = TrainingWarning.Symptom.stepTooLarge(loss: loss, guessingLoss: monitor.guessingLoss)
      return warning(symptom, update: status.version, isRepetition: report == .repetition) {
        advice(on: symptom, server: server)
      }
    }
  }

  /// Looks at a run whose workers pause and that was just evaluated.
  ///
  /// - Parameters:
  ///   - status: The state of the server.
  ///   - evaluation: How the server's parameters did.
  ///   - trainAccuracy: How those did that the workers computed at, in the last epoch.
  ///   - server: The server.
  /// - Returns: What is known, and what deserves attention.
  func evaluated(
    _ status: ServerStatus, _ evaluation: Evaluation, trainAccuracy: Double?, server: any TrainingServer
  ) -> (diagnosis: EpochDiagnosis, warnings: [TrainingWarning]) {
    var said: [TrainingWarning] = []
    if configuration.mode.isElastic, let trainAccuracy {
      let isBehind = trainAccuracy >= Self.learned && evaluation.accuracy < Self.behind * trainAccuracy
      if let report = lag.report(isBehind, every: monitor.repetition, at: trained) {
        let symptom = TrainingWarning.Symptom.centerBehind(
          testAccuracy: evaluation.accuracy, trainAccuracy: trainAccuracy)
        said.append(
          warning(symptom, update: status.version, isRepetition: report == .repetition) {
            advice(on: symptom, server: server)
          })
      }
    }
    let silent = Self.silentUnits(of: evaluation.activity)
    if !monitor.isInEpisode, let report = silence.report(silent != nil, every: monitor.repetition, at: trained),
      let silent
    {
      said.append(
        warning(.unitsSilent(silent), update: status.version, isRepetition: report == .repetition) {
          advice(on: .unitsSilent(silent), server: server)
        })
    }
    let diagnosis = EpochDiagnosis(
      stability: stability(server.record.staleness.applied.summary, rate: configuration.learningRate),
      silentUnits: evaluation.activity.layers.map { SilentUnits($0) })
    return (diagnosis, said)
  }

  /// Returns why a run does not learn, and what to do about it.
  func advice(on symptom: TrainingWarning.Symptom, server: any TrainingServer) -> Advice {
    let staleness = server.record.staleness.applied.summary
    let probe = makeProbe()
    if let first {
      firstSharpness = probe.sharpness(at: first.values)
      self.first = nil
    }
    let rate = if case .stepTooLarge = symptom { configuration.learningRate } else { reachedRate }
    var stability = stability(staleness, rate: rate)
    if let model = advisor.model, stability.map({ $0.ratio < Advisor.explains }) ?? true,
      let sharpness = probe.sharpness(at: healthy.values)
    {
      stability = StepStability(
        model, sharpness: sharpness, update: healthy.update, staleness: staleness, rate: rate)
    }
    let latest = server.latest()
    return advisor.advice(
      on: symptom,
      Advisor.Evidence(
        stability: stability, staleness: staleness, silent: Self.silentUnits(of: probe.activity(at: latest.values)),
        movement: beginning.movement(to: latest.values), updates: latest.version - firstUpdate,
        hadLearned: hadLearned))
  }

  /// The largest learning rate so far: past the warm-up it is the peak, which short runs may reach between two looks.
  private var reachedRate: Double {
    let warmup = configuration.warmup * Double(configuration.epochs) * Double(examplesPerEpoch)
    return !resumes && Double(trained) >= warmup ? configuration.learningRate : seenRate
  }

  /// A learning rate against the bound at the curvature before the run; `nil` where that is not known.
  private func stability(_ staleness: StalenessSummary, rate: Double) -> StepStability? {
    guard let model = advisor.model, let firstSharpness else { return nil }
    return StepStability(model, sharpness: firstSharpness, update: firstUpdate, staleness: staleness, rate: rate)
  }

  /// The largest learning rate of the run as a multiple of the stable one, at the curvature before the run.
  private func ratio(staleness: Double) -> Double? {
    guard let model = advisor.model, let firstSharpness else { return nil }
    return configuration.learningRate / model.stableLearningRate(sharpness: firstSharpness, staleness: staleness)
  }

  private func warning(
    _ symptom: TrainingWarning.Symptom, update: Int, isRepetition: Bool, advice: () -> Advice
  ) -> TrainingWarning {
    let warning = TrainingWarning(
      symptom, update: update, isRepetition: isRepetition, advice: isRepetition ? nil : advice())
    if !isRepetition { warnings.append(warning) }
    return warning
  }

  /// The layer that is most silent, if it is so silent that it deserves attention.
  private static func silentUnits(of activity: ActivityCensus) -> SilentUnits? {
    let most = activity.layers.map { SilentUnits($0) }.max { $0.share < $1.share }
    return most.flatMap { $0.share >= silentShare ? $0 : nil }
  }
}

/// A copy of the parameters at some point of a run.
private final class Milestone {
  private let buffer: GradientBuffer
  private(set) var update = 0

  convenience init(_ snapshot: borrowing ParameterSnapshot) {
    self.init(count: snapshot.count)
    move(to: snapshot)
  }

  private init(count: Int) {
    buffer = GradientBuffer(count: count)
  }

  func copy() -> Milestone {
    let copy = Milestone(count: buffer.count)
    copy.buffer.values.update(from: buffer.values, count: buffer.count)
    copy.update = update
    return copy
  }

  var values: UnsafePointer<Float> { UnsafePointer(buffer.values) }

  func move(to snapshot: borrowing ParameterSnapshot) {
    buffer.values.update(from: snapshot.values, count: snapshot.count)
    update = snapshot.version
  }
}

/// What is known at the end of an epoch about whether the run can learn.
public struct EpochDiagnosis: Hashable, Sendable {
  /// The largest learning rate of the run against the bound, at the curvature before the run and the staleness so far;
  /// `nil` where there is no bound, or it was not measured.
  public var stability: StepStability?
  /// The units that responded to nothing in the test set, for each layer with an activation.
  public var silentUnits: [SilentUnits]

  /// Creates a diagnosis; by default, that of a run that was not looked at.
  public init(stability: StepStability? = nil, silentUnits: [SilentUnits] = []) {
    self.stability = stability
    self.silentUnits = silentUnits
  }
}
