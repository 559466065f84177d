public import AsyncSGD
public import Kernels

/// What `train` was asked to do; `nil` leaves the choice to the model, or to the checkpoint that is resumed.
public struct TrainOptions: Hashable, Sendable {
  /// The most workers that a run may have.
  static let mostWorkers = Trainer.maximumWorkers
  /// The most threads that compute for emulated workers.
  static let mostThreads = 256
  /// The most passes over the training set.
  static let mostEpochs = 100_000
  /// The most evaluations in an epoch: until its end, the parameters of each take memory.
  static let mostEvaluations = 100
  /// The most examples in a minibatch.
  static let largestBatchSize = 65_536
  /// What may follow a hidden layer.
  static let hiddenActivations: [Activation] = [.sigmoid, .relu, .tanh]

  /// The options that were given, with their dashes; the others have their defaults.
  public var given: Set<String> = []

  // MARK: Problem

  /// `--dataset`.
  public var dataset = "digits"
  /// `--data-dir`.
  public var dataDirectory: String?
  /// `--model`.
  public var model = "lenet5"
  /// `--hidden`: the hidden layers.
  public var hidden: HiddenLayers?
  /// `--activation`.
  public var activation: Activation?
  /// `--seed`.
  public var seed: UInt64 = 1

  // MARK: Parallelism

  /// `--workers`: worker threads.
  public var workers: Int
  /// `--mode`.
  public var mode = CoordinationMode.async
  /// `--rule`.
  public var rule = UpdateRuleKind.plain
  /// `--compression`.
  public var compression = CompressionKind.none
  /// What was given of the options that modes, rules, optimizers and compressors have.
  public var hyperparameters = Hyperparameters()
  /// `--kernels`.
  public var kernels = "auto"
  /// `--isa`, or `nil` for `auto`.
  public var instructionSet: InstructionSet?

  // MARK: Optimization

  /// `--epochs`.
  public var epochs: Int?
  /// `--batch-size`: examples in one worker's minibatch.
  public var batchSize: Int?
  /// `--learning-rate`.
  public var learningRate: Double?
  /// `--optimizer`.
  public var optimizer: OptimizerKind?
  /// `--momentum`.
  public var momentum: Double?
  /// `--weight-decay`.
  public var weightDecay: Double?
  /// `--schedule`.
  public var schedule: LearningRateSchedule.Shape?
  /// `--warmup`: a share of the run.
  public var warmup: Double?
  /// `--on-divergence`.
  public var onDivergence = DivergencePolicy.stop

  // MARK: Output

  /// `--metrics`: a file.
  public var metrics: String?
  /// `--checkpoint`: a file.
  public var checkpoint: String?
  /// `--resume`: a file.
  public var resume: String?
  /// `--evaluations-per-epoch`.
  public var evaluationsPerEpoch = 1
  /// `--fresh-gradients`: a share.
  public var freshGradients = 0.0
  /// `--plots`: a file.
  public var plots: String?
  /// `--record`: a file.
  public var record: String?
  /// `--inject`: a file.
  public var inject: String?
  /// `--target-accuracy`: a share.
  public var targetAccuracy: Double?
  /// `--quiet`.
  public var isQuiet = false

  /// Creates the defaults on a machine with `cores` cores.
  public init(cores: Int) {
    workers = min(max(cores, 1), Self.mostWorkers)
  }

  /// The options that repeat the run beside those that a run's description states, as arguments.
  ///
  /// Files that the run writes are not among them: to repeat a run is not to overwrite its results.
  public var moreArguments: [String] {
    var arguments: [String] = []
    func add(_ name: String, _ value: String?) {
      if let value { arguments += [name, value] }
    }
    add("--data-dir", dataDirectory)
    add("--hidden", hidden?.description)
    add("--activation", activation?.rawValue)
    add("--isa", instructionSet?.rawValue)
    add("--on-divergence", onDivergence == .stop ? nil : onDivergence.rawValue)
    add("--target-accuracy", targetAccuracy.map { "\($0)" })
    add("--resume", resume)
    add("--inject", inject)
    add("--evaluations-per-epoch", evaluationsPerEpoch > 1 ? "\(evaluationsPerEpoch)" : nil)
    add("--fresh-gradients", freshGradients > 0 ? "\(freshGradients)" : nil)
    return arguments
  }

  /// The options that go on from the checkpoint which this run writes, as arguments; `nil` if it writes none.
  ///
  /// What the checkpoint says is not among them, and neither is the file of metrics: going on would empty it.
  public var resumingArguments: [String]? {
    guard let checkpoint else { return nil }
    var options = self
    options.resume = checkpoint
    (options.hidden, options.activation, options.onDivergence) = (nil, nil, .stop)
    return options.moreArguments + ["--checkpoint", checkpoint] + (isQuiet ? ["--quiet"] : [])
  }
}
