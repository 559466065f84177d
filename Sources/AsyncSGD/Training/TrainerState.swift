/// What a run needs to continue in another process, besides its configuration.
///
/// With one worker the continued run has the same bits as one that was never interrupted. With more, gradients in
/// flight at the pause were applied before the state was taken, and all workers start again from the same version.
public struct TrainerState: Hashable, Sendable {
  /// The flat parameter vector.
  public var parameters: [Float]
  /// What optimizer, rule and workers carry over: the optimizer's under its own names, the others' prefixed.
  public var carried: CarriedState
  /// Updates applied since the run began.
  public var version: Int
  /// The number of epochs done.
  public var epoch: Int
  /// The number of the next minibatch in the epoch under way; 0 at an epoch's start.
  public var nextMinibatch: Int
  /// Examples in the training set.
  public var trainingExamples: Int
  /// Examples trained on since the run began.
  public var examples: Int

  /// Creates a state.
  public init(
    parameters: [Float], carried: CarriedState, version: Int, epoch: Int, nextMinibatch: Int,
    trainingExamples: Int, examples: Int
  ) {
    self.parameters = parameters
    self.carried = carried
    self.version = version
    self.epoch = epoch
    self.nextMinibatch = nextMinibatch
    self.trainingExamples = trainingExamples
    self.examples = examples
  }
}

extension TrainerState {
  /// Checks that a run can go on from here.
  func check(
    fits configuration: TrainingConfiguration, plan: EpochPlan, parameters: Int
  ) throws(TrainingError) {
    guard self.parameters.count == parameters else {
      throw .stateMismatch(part: "parameters", expected: parameters, actual: self.parameters.count)
    }
    guard trainingExamples == plan.examples else {
      throw .stateMismatch(part: "training examples", expected: plan.examples, actual: trainingExamples)
    }
    guard nextMinibatch < plan.minibatches else {
      throw .positionOutOfRange(minibatch: nextMinibatch, minibatches: plan.minibatches)
    }
    let needed = configuration.neededState
    for name in needed.vectors {
      guard let vector = carried.vectors[name] else { throw .missingOptimizerState(name: name) }
      guard vector.count == parameters else {
        throw .stateMismatch(part: name, expected: parameters, actual: vector.count)
      }
    }
    for name in needed.scalars where carried.scalars[name] == nil {
      throw .missingOptimizerState(name: name)
    }
  }
}

extension TrainingConfiguration {
  /// The names of what the optimizer needs to go on from a ``TrainerState``.
  public var neededState: (vectors: [String], scalars: [String]) {
    optimizer.carriedNames(hyperparameters, in: setting)
  }
}

/// Why a run cannot go on.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The data set and the model do not fit together.
  case shapeMismatch(model: String, dataset: String)
  /// The data set has more classes than the model tells apart.
  case classMismatch(model: Int, dataset: Int)
  /// There is nothing to train on.
  case noTrainingExamples
  /// Choices that do not go together.
  case conflict(Conflict)
  /// A part of the state does not fit the configuration.
  case stateMismatch(part: String, expected: Int, actual: Int)
  /// The state stands at a minibatch that the epoch does not have.
  case positionOutOfRange(minibatch: Int, minibatches: Int)
  /// The optimizer needs a vector or a number that the state does not hold.
  case missingOptimizerState(name: String)
  /// The bookkeeping contradicts a law that holds for any delays: a bug in this program.
  case stalenessLawViolated(residual: Int)
  /// A run in virtual time lasts longer than its clock counts.
  case clockExceeded

  /// A sentence that names the part and both values.
  public var description: String {
    switch self {
    case .shapeMismatch(let model, let dataset):
      "the model takes \(model), but the data set has \(dataset)"
    case .classMismatch(let model, let dataset):
      "the model tells \(model) classes apart, but the data set has \(dataset)"
    case .noTrainingExamples:
      "the training set is empty"
    case .conflict(let conflict):
      conflict.description
    case .stateMismatch(let part, let expected, let actual):
      "the state to resume has \(actual) \(part), but this run has \(expected)"
    case .positionOutOfRange(let minibatch, let minibatches):
      "the state to resume stands at minibatch \(minibatch) of an epoch, but an epoch of this run has \(minibatches)"
    case .missingOptimizerState(let name):
      "the state to resume lacks the optimizer's \(name)"
    case .stalenessLawViolated(let residual):
      "the staleness statistics are off by \(residual): this is a bug in asgd-train"
    case .clockExceeded:
      "the run lasts longer than the virtual clock counts, 2^53 microseconds or 285 years: its cluster needs shorter "
        + "durations, faster workers or wider links, or it has too many epochs"
    }
  }
}
