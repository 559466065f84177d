internal import AsyncSGD
internal import Kernels
internal import NeuralNet

/// What a run is, apart from where its files are: every choice made, none left to a default.
struct RunSettings: Hashable {
  /// `--dataset`.
  var dataset: String
  /// `--model`.
  var model: String
  /// `--hidden`, where the model takes it and it was given.
  var hidden: HiddenLayers?
  /// `--activation`, where the model takes it and it was given.
  var activation: Activation?
  /// `--kernels`.
  var kernels: String
  /// Everything else.
  var configuration: TrainingConfiguration

  /// Settles the options of a new run: what was not given is what the model's recipe recommends.
  init(_ options: TrainOptions) {
    let recipe = TrainingRecipe.recommended(forModel: options.model, hiddenLayers: options.hidden?.units.count ?? 1)
    dataset = options.dataset
    model = options.model
    hidden = options.hidden
    activation = options.activation
    kernels = options.kernels
    configuration = TrainingConfiguration(
      recipe, workers: options.workers, mode: options.mode, rule: options.rule, compression: options.compression,
      hyperparameters: options.hyperparameters, seed: options.seed)
    override(with: options)
    // What suits the optimizer and the momentum that it came to.
    configuration.learningRate =
      options.learningRate
      ?? recipe.learningRate(
        mode: configuration.mode, rule: configuration.rule, optimizer: configuration.optimizer,
        momentum: configuration.momentum, workers: configuration.workers,
        hyperparameters: configuration.hyperparameters)
    configuration.weightDecay = options.weightDecay ?? recipe.weightDecay(optimizer: configuration.optimizer)
  }

  /// Settles the options of a resumed run: what was not given is what the checkpoint has.
  ///
  /// - Throws: ``UsageError`` if an option contradicts what a checkpoint fixes.
  init(_ options: TrainOptions, resuming checkpoint: Checkpoint) throws(UsageError) {
    self = checkpoint.settings
    try checkFixed("--dataset", given: options.dataset, saved: dataset, options)
    try checkFixed("--model", given: options.model, saved: model, options)
    try checkFixed("--seed", given: "\(options.seed)", saved: "\(configuration.seed)", options)
    if let hidden = options.hidden {
      try checkFixed("--hidden", given: "\(hidden)", saved: self.hidden?.description ?? "the default", options)
    }
    if let activation = options.activation {
      try checkFixed(
        "--activation", given: activation.rawValue, saved: self.activation?.rawValue ?? "the default", options)
    }
    if let batchSize = options.batchSize, checkpoint.state.nextMinibatch > 0 {
      // In the middle of an epoch the position is counted in minibatches.
      try checkFixed("--batch-size", given: "\(batchSize)", saved: "\(configuration.batchSize)", options)
    }
    if options.given.contains("--kernels") { kernels = options.kernels }
    takeOverAlgorithm(from: options)
    override(with: options)
    try options.checkAlgorithm(configuration)
    if let name = missingState(in: checkpoint.state.carried) {
      throw UsageError(
        "'--resume \(options.resume ?? "")' has no \(name) to go on with, because it was made with '--optimizer "
          + "\(checkpoint.settings.configuration.optimizer.rawValue)': drop '--momentum' and '--optimizer'")
    }
    guard checkpoint.state.epoch < configuration.epochs else {
      throw UsageError(
        "'--resume \(options.resume ?? "")' stands at the end of epoch \(checkpoint.state.epoch), and the run has "
          + "\(configuration.epochs) in all: give '--epochs' a larger number to go on")
    }
  }

  /// Returns the settings with what was given of rule, optimizer, compression and their numbers, for the schedule of a
  /// recorded run.
  ///
  /// Another optimizer has the learning rate that suits it, unless one is given.
  ///
  /// - Parameter options: What was given.
  /// - Returns: The settings of the counterfactual.
  /// - Throws: ``UsageError`` if the choices mean nothing together.
  func changed(by options: TrainOptions) throws(UsageError) -> RunSettings {
    for hyperparameter in configuration.mode.hyperparameters where options.hyperparameters[hyperparameter] != nil {
      throw UsageError(
        "'\(hyperparameter.option)' belongs to '--mode \(configuration.mode.rawValue)', which the recording fixes: drop it"
      )
    }
    var changed = self
    changed.takeOverAlgorithm(from: options)
    changed.override(with: options)
    if options.learningRate == nil, changed.configuration.optimizer != configuration.optimizer {
      let recipe = TrainingRecipe.recommended(forModel: model, hiddenLayers: hidden?.units.count ?? 1)
      changed.configuration.learningRate = recipe.learningRate(
        mode: changed.configuration.mode, rule: changed.configuration.rule, optimizer: changed.configuration.optimizer,
        momentum: changed.configuration.momentum, workers: changed.configuration.workers,
        hyperparameters: changed.configuration.hyperparameters)
    }
    try options.checkAlgorithm(changed.configuration)
    return changed
  }

  /// Takes over the choices of a resumed run's algorithm that were given, and keeps what else still applies.
  private mutating func takeOverAlgorithm(from options: TrainOptions) {
    if options.given.contains("--mode") { configuration.mode = options.mode }
    if options.given.contains("--rule") { configuration.rule = options.rule }
    if options.given.contains("--compression") { configuration.compression = options.compression }
    if options.given.contains("--workers") {
      configuration.workers = options.workers
    } else if configuration.mode == .sequential {
      configuration.workers = 1
    }
    let applicable = configuration.combination.hyperparameters
    let saved = configuration.hyperparameters
    configuration.hyperparameters = options.hyperparameters
    for hyperparameter in applicable where options.hyperparameters[hyperparameter] == nil {
      configuration.hyperparameters[hyperparameter] = saved[hyperparameter]
    }
  }

  /// Takes over the options that were given and that a new run has in common with a resumed one.
  private mutating func override(with options: TrainOptions) {
    configuration.epochs = options.epochs ?? configuration.epochs
    configuration.batchSize = options.batchSize ?? configuration.batchSize
    configuration.learningRate = options.learningRate ?? configuration.learningRate
    configuration.weightDecay = options.weightDecay ?? configuration.weightDecay
    configuration.schedule = options.schedule ?? configuration.schedule
    configuration.warmup = options.warmup ?? configuration.warmup
    configuration.freshGradients = options.freshGradients
    configuration.evaluationsPerEpoch = options.evaluationsPerEpoch
    if options.given.contains("--on-divergence") { configuration.divergencePolicy = options.onDivergence }
    overrideOptimizer(options.optimizer, momentum: options.momentum)
  }

  /// Takes over optimizer and momentum, of which one may imply the other.
  private mutating func overrideOptimizer(_ optimizer: OptimizerKind?, momentum: Double?) {
    if let optimizer {
      configuration.optimizer = optimizer
    } else if let momentum, !configuration.rule.hasMomentum, configuration.optimizer.hasMomentum != (momentum > 0) {
      configuration.optimizer = configuration.combination.optimizer(preferring: momentum > 0 ? .momentum : .sgd)
    }
    let recipe = TrainingRecipe.recommended(forModel: model, hiddenLayers: hidden?.units.count ?? 1)
    guard configuration.combination.hasMomentum else {
      configuration.momentum = 0
      return
    }
    configuration.momentum =
      momentum
      ?? (configuration.momentum > 0
        ? configuration.momentum : recipe.momentum(optimizer: configuration.optimizer, rule: configuration.rule))
  }

  /// Returns the name of what the optimizer needs to go on and a state does not have, or `nil` if nothing is missing.
  private func missingState(in carried: CarriedState) -> String? {
    let needed = configuration.neededState
    return needed.vectors.first { carried.vectors[$0] == nil } ?? needed.scalars.first { carried.scalars[$0] == nil }
  }

  private func checkFixed(
    _ option: String, given: String, saved: String, _ options: TrainOptions
  ) throws(UsageError) {
    guard options.given.contains(option), given != saved else { return }
    throw UsageError(
      "'\(option) \(given)' does not go with '--resume \(options.resume ?? "")', which was made with \(saved): "
        + "drop '\(option)'")
  }

  /// Returns the model, fitted to images.
  func shapedModel(input: [Int], classes: Int) throws -> ShapedModel {
    let modelOptions = ModelOptions(classes: classes, hidden: hidden?.units, activation: activation)
    return try ModelZoo.make(model, options: modelOptions).shaped(for: Shape(input))
  }
}

// MARK: Metadata of a checkpoint

extension RunSettings {
  /// The settings as names and values.
  var metadata: [String: String] {
    var fields = [
      "dataset": dataset, "model": model, "workers": "\(configuration.workers)", "mode": configuration.mode.rawValue,
      "rule": configuration.rule.rawValue, "optimizer": configuration.optimizer.rawValue,
      "compression": configuration.compression.rawValue, "momentum": "\(configuration.momentum)",
      "weightDecay": "\(configuration.weightDecay)", "epochs": "\(configuration.epochs)",
      "batchSize": "\(configuration.batchSize)", "learningRate": "\(configuration.learningRate)",
      "schedule": configuration.schedule.rawValue, "warmup": "\(configuration.warmup)",
      "seed": "\(configuration.seed)", "onDivergence": configuration.divergencePolicy.rawValue,
      "kernels": kernels,
    ]
    fields["hidden"] = hidden?.description
    fields["activation"] = activation?.rawValue
    for (name, value) in configuration.hyperparameters.given {
      fields[Self.hyperparameterPrefix + name] = "\(value)"
    }
    return fields
  }

  /// Reads what ``metadata`` wrote.
  ///
  /// - Parameters:
  ///   - fields: The names and values.
  ///   - mostWorkers: The most workers that there may be.
  /// - Throws: ``CheckpointError`` if a field is missing or makes no sense.
  init(_ fields: MetadataFields, mostWorkers: Int = Trainer.maximumWorkers) throws(CheckpointError) {
    let names = Vocabulary.ofThisProgram
    dataset = try fields.name("dataset", among: names.datasets.map(\.name))
    model = try fields.name("model", among: names.models.map(\.name))
    hidden = fields.optionalText("hidden") == nil ? nil : try fields.hiddenLayers("hidden")
    activation =
      fields.optionalText("activation") == nil
      ? nil : try fields.choice("activation", among: TrainOptions.hiddenActivations)
    kernels = try fields.name("kernels", among: names.kernels.map(\.name))
    configuration = TrainingConfiguration(
      workers: try fields.integer("workers", in: 1...mostWorkers),
      mode: try fields.choice("mode"), rule: try fields.choice("rule"), optimizer: try fields.choice("optimizer"),
      compression: fields.optionalText("compression") == nil ? .none : try fields.choice("compression"),
      hyperparameters: try Self.hyperparameters(fields),
      momentum: try fields.number("momentum", in: 0..<1), weightDecay: try fields.number("weightDecay", in: 0...1),
      epochs: try fields.integer("epochs", in: 1...TrainOptions.mostEpochs),
      batchSize: try fields.integer("batchSize", in: 1...TrainOptions.largestBatchSize),
      learningRate: try fields.number("learningRate", in: 0...1000), schedule: try fields.choice("schedule"),
      warmup: try fields.number("warmup", in: 0...1), seed: try fields.unsigned("seed"),
      divergencePolicy: try fields.choice("onDivergence"))
    if let conflict = configuration.conflict() {
      throw fields.contradictory(conflict)
    }
  }

  /// Before the names of hyperparameters, which are those of their options.
  private static let hyperparameterPrefix = "hyperparameter."

  private static func hyperparameters(_ fields: MetadataFields) throws(CheckpointError) -> Hyperparameters {
    var hyperparameters = Hyperparameters()
    for field in fields.names(beginningWith: hyperparameterPrefix) {
      guard let hyperparameter = Hyperparameter.named(String(field.dropFirst(hyperparameterPrefix.count))) else {
        throw fields.unknown(field)
      }
      hyperparameters[hyperparameter] = try fields.value(field, in: hyperparameter.domain)
    }
    return hyperparameters
  }
}
