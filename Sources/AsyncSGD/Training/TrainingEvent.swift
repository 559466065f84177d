/// What a training run tells its observers.
public enum TrainingEvent: Sendable {
  /// The run starts: everything needed to repeat it.
  case run(RunDescription)
  /// The run goes on; sent a few times a second.
  case progress(TrainingProgress)
  /// Parameters of a moment within an epoch were evaluated; told before the end of that epoch, in order.
  case evaluation(EvaluationReport)
  /// An epoch is over and was evaluated.
  case epoch(EpochReport)
  /// Something is wrong that the user should know while the run goes on.
  case warning(TrainingWarning)
  /// A fault that was injected into a live run has struck.
  case fault(FaultNotice)
  /// The run is over.
  case final(FinalReport)
}

/// Someone who is told about a training run.
///
/// Events arrive one at a time and in order, on a thread of the trainer's; a slow observer delays the next event, not
/// the workers.
public protocol TrainingObserver: Sendable {
  /// Takes note of `event`.
  func observe(_ event: TrainingEvent)
}

/// Everything needed to repeat a run.
public struct RunDescription: Hashable, Sendable {
  /// How a run comes about.
  public enum Driver: String, Hashable, Sendable {
    /// Worker threads race.
    case live
    /// Emulated workers take turns in virtual time.
    case virtual
    /// The events of a recording are carried out once more.
    case replay
  }

  /// How the run comes about.
  public var driver = Driver.live
  /// The version of the program.
  public var programVersion: String
  /// `--model`.
  public var model: String
  /// The number of parameters of the model.
  public var parameters: Int
  /// `--dataset`.
  public var dataset: String
  /// Examples in the training set.
  public var trainingExamples: Int
  /// Examples in the test set.
  public var testExamples: Int
  /// The number of classes.
  public var classes: Int
  /// `--mode`.
  public var mode: String
  /// `--rule`.
  public var rule: String
  /// `--optimizer`.
  public var optimizer: String
  /// `--workers`.
  public var workers: Int
  /// `--epochs`.
  public var epochs: Int
  /// `--batch-size`: examples in one worker's minibatch.
  public var batchSize: Int
  /// Examples that one update averages over: `batchSize`, or in `sync` mode `workers · batchSize`.
  public var examplesPerUpdate: Int
  /// Updates that the whole run applies.
  public var plannedUpdates: Int
  /// `--learning-rate`: the largest step per unit of gradient, applied to the gradient of a minibatch's mean loss.
  public var learningRate: Double
  /// `--schedule`.
  public var schedule: String
  /// `--warmup`: the share of the run over which the learning rate rises from 0.
  public var warmup: Double
  /// `--momentum`.
  public var momentum: Double
  /// `--weight-decay`.
  public var weightDecay: Double
  /// `--seed`.
  public var seed: UInt64
  /// `--kernels`: the name of the backend.
  public var kernels: String
  /// The instruction set of the backend.
  public var instructionSet: String
  /// `--compression`.
  public var compression: String
  /// What holds for each hyperparameter of mode, rule, optimizer and compression, defaults included.
  public var hyperparameters: [NamedValue]
  /// The update that the run was resumed at, or `nil` for a new run.
  public var resumedAtUpdate: Int?

  /// Creates a description.
  public init(
    programVersion: String, model: String, parameters: Int, dataset: String, trainingExamples: Int, testExamples: Int,
    classes: Int, mode: String, rule: String, optimizer: String, workers: Int, epochs: Int, batchSize: Int,
    examplesPerUpdate: Int, plannedUpdates: Int, learningRate: Double, schedule: String, warmup: Double,
    momentum: Double, weightDecay: Double, seed: UInt64, kernels: String, instructionSet: String,
    compression: String = CompressionKind.none.rawValue, hyperparameters: [NamedValue] = [],
    resumedAtUpdate: Int? = nil
  ) {
    self.programVersion = programVersion
    self.model = model
    self.parameters = parameters
    self.dataset = dataset
    self.trainingExamples = trainingExamples
    self.testExamples = testExamples
    self.classes = classes
    self.mode = mode
    self.rule = rule
    self.optimizer = optimizer
    self.workers = workers
    self.epochs = epochs
    self.batchSize = batchSize
    self.examplesPerUpdate = examplesPerUpdate
    self.plannedUpdates = plannedUpdates
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmup = warmup
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.seed = seed
    self.kernels = kernels
    self.instructionSet = instructionSet
    self.compression = compression
    self.hyperparameters = hyperparameters
    self.resumedAtUpdate = resumedAtUpdate
  }
}

extension RunDescription {
  /// Whether gradients may be applied to parameters that others have changed since they were pulled.
  public var hasStaleness: Bool {
    workers > 1 && CoordinationMode(rawValue: mode)?.hasStaleness ?? true
  }
}

/// How far a run has come.
public struct TrainingProgress: Hashable, Sendable {
  /// Seconds of training in this process, without the evaluations.
  public var seconds: Double
  /// Epochs done, with the part of the one under way as a fraction.
  public var epoch: Double
  /// Epochs of the whole run.
  public var epochs: Int
  /// Examples trained on since the run began, earlier processes included.
  public var examples: Int
  /// Examples a second, since the last report.
  public var examplesPerSecond: Double
  /// Updates applied since the run began.
  public var updates: Int
  /// Updates of the whole run.
  public var plannedUpdates: Int
  /// Mean loss of the minibatches since the last report, in nats; `nil` if there were none.
  public var trainLoss: Double?
  /// The learning rate of the next update.
  public var learningRate: Double
  /// Mean staleness of this process's updates so far.
  public var stalenessMean: Double
  /// Largest staleness of this process's updates so far.
  public var stalenessMax: Int
  /// Seconds until the run's end at the present pace; `nil` while unknown.
  public var secondsRemaining: Double?
  /// The virtual time of an emulated run, in seconds; `nil` for one that lives in the time of the wall.
  public var virtualSeconds: Double?
  /// Whether the wall's clock chose the moment, in a run whose course does not depend on that clock: it is for whoever
  /// watches the run, and no result.
  public var isGlance = false

  /// Creates a progress report.
  public init(
    seconds: Double, epoch: Double, epochs: Int, examples: Int, examplesPerSecond: Double, updates: Int,
    plannedUpdates: Int, trainLoss: Double?, learningRate: Double, stalenessMean: Double, stalenessMax: Int,
    secondsRemaining: Double?
  ) {
    self.seconds = seconds
    self.epoch = epoch
    self.epochs = epochs
    self.examples = examples
    self.examplesPerSecond = examplesPerSecond
    self.updates = updates
    self.plannedUpdates = plannedUpdates
    self.trainLoss = trainLoss
    self.learningRate = learningRate
    self.stalenessMean = stalenessMean
    self.stalenessMax = stalenessMax
    self.secondsRemaining = secondsRemaining
  }
}

/// The staleness of many updates in five numbers, in updates.
public struct StalenessSummary: Hashable, Sendable {
  /// The arithmetic mean.
  public var mean: Double
  /// The median.
  public var p50: Int
  /// The least value that 95 % of the updates do not exceed.
  public var p95: Int
  /// The least value that 99 % of the updates do not exceed.
  public var p99: Int
  /// The largest value.
  public var max: Int

  /// Creates a summary.
  public init(mean: Double, p50: Int, p95: Int, p99: Int, max: Int) {
    self.mean = mean
    self.p50 = p50
    self.p95 = p95
    self.p99 = p99
    self.max = max
  }
}

/// How well the parameters of a moment within an epoch do.
public struct EvaluationReport: Hashable, Sendable {
  /// Epochs done, with the part of the one under way as a fraction.
  public var epoch: Double
  /// Seconds of training in this process up to then, without the evaluations.
  public var seconds: Double
  /// The virtual time of an emulated run, in seconds; `nil` for one that lives in the time of the wall.
  public var virtualSeconds: Double?
  /// Examples trained on since the run began.
  public var examples: Int
  /// Updates applied since the run began.
  public var updates: Int
  /// Mean loss over the test set, in nats.
  public var testLoss: Double
  /// Share of the test set classified correctly, 0…1.
  public var testAccuracy: Double

  /// Creates a report.
  public init(
    epoch: Double, seconds: Double, virtualSeconds: Double? = nil, examples: Int, updates: Int, testLoss: Double,
    testAccuracy: Double
  ) {
    self.epoch = epoch
    self.seconds = seconds
    self.virtualSeconds = virtualSeconds
    self.examples = examples
    self.updates = updates
    self.testLoss = testLoss
    self.testAccuracy = testAccuracy
  }
}

/// The state of a run at the end of an epoch.
public struct EpochReport: Hashable, Sendable {
  /// The number of epochs done.
  public var epoch: Int
  /// Seconds of training in this process, without the evaluations.
  public var seconds: Double
  /// Examples trained on since the run began.
  public var examples: Int
  /// Examples a second of training in this process.
  public var examplesPerSecond: Double
  /// Updates applied since the run began.
  public var updates: Int
  /// Mean loss of the epoch's minibatches, in nats; `nil` if there were none.
  public var trainLoss: Double?
  /// Share of the epoch's training examples classified correctly before their update, 0…1.
  public var trainAccuracy: Double?
  /// Mean loss over the test set, in nats.
  public var testLoss: Double
  /// Share of the test set classified correctly, 0…1.
  public var testAccuracy: Double
  /// Staleness of all updates of this process.
  public var staleness: StalenessSummary
  /// What was measured to find out whether the run learns.
  public var diagnosis: EpochDiagnosis
  /// What became of the pushes beside updates.
  public var figures: RunFigures

  /// The virtual time of an emulated run, in seconds; `nil` for one that lives in the time of the wall.
  public var virtualSeconds: Double?

  /// Creates a report.
  public init(
    epoch: Int, seconds: Double, examples: Int, examplesPerSecond: Double, updates: Int, trainLoss: Double?,
    trainAccuracy: Double?, testLoss: Double, testAccuracy: Double, staleness: StalenessSummary,
    diagnosis: EpochDiagnosis = EpochDiagnosis(), figures: RunFigures = RunFigures()
  ) {
    self.epoch = epoch
    self.seconds = seconds
    self.examples = examples
    self.examplesPerSecond = examplesPerSecond
    self.updates = updates
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.testLoss = testLoss
    self.testAccuracy = testAccuracy
    self.staleness = staleness
    self.diagnosis = diagnosis
    self.figures = figures
  }
}

/// How a run ended.
public enum TrainingOutcome: Hashable, Sendable {
  /// All epochs were trained.
  case completed
  /// The user stopped it; the minibatches in flight were finished.
  case interrupted
  /// No worker was left: all were lost to faults.
  case deserted
  /// A gradient was not finite, and the run was told to stop at that.
  case diverged(Divergence)
}

/// Where a gradient that is not finite was found.
public struct Divergence: Hashable, Sendable {
  /// The worker that pushed it.
  public var worker: Int
  /// The version of the server that refused it: updates applied before.
  public var update: Int
  /// The parameter tensor of its first value that is not finite, such as `conv1.weight`.
  public var parameter: String

  /// Creates a location.
  public init(worker: Int, update: Int, parameter: String) {
    self.worker = worker
    self.update = update
    self.parameter = parameter
  }
}

/// The state of a run at its end.
public struct FinalReport: Hashable, Sendable {
  /// How it ended.
  public var outcome: TrainingOutcome
  /// What was run.
  public var run: RunDescription
  /// The last state, evaluated.
  public var last: EpochReport
  /// Pushes of each worker that became part of an update, in this process.
  public var updatesByWorker: [Int]
  /// Pushes refused because they were not finite.
  public var refusedPushes: Int
  /// A hash of the final parameters' bits: 16 hexadecimal digits.
  public var parametersHash: String
  /// The largest resident set of this process so far, in bytes.
  public var peakMemoryBytes: Int
  /// What deserved attention in this process, without repetitions and skipped gradients.
  public var warnings: [TrainingWarning]
  /// Why a run that diverged did, and what to do about it.
  public var advice: Advice?
  /// What an emulated cluster's time went into; `nil` for a run that lives in the time of the wall.
  public var cluster: ClusterFigures? = nil
  /// The faults that struck; `nil` where none were to.
  public var faults: FaultCounts? = nil

  /// Creates a report.
  public init(
    outcome: TrainingOutcome, run: RunDescription, last: EpochReport, updatesByWorker: [Int], refusedPushes: Int,
    parametersHash: String, peakMemoryBytes: Int, warnings: [TrainingWarning] = [], advice: Advice? = nil
  ) {
    self.outcome = outcome
    self.run = run
    self.last = last
    self.updatesByWorker = updatesByWorker
    self.refusedPushes = refusedPushes
    self.parametersHash = parametersHash
    self.peakMemoryBytes = peakMemoryBytes
    self.warnings = warnings
    self.advice = advice
  }
}
