/// What a run needs to continue in another process, besides its configuration.
///
/// With one worker the continued run has the same bits as one that was never interrupted. With more, gradients in
/// flight at the pause were applied before the state was taken, and all workers start again from the same version.
public struct TrainerState: Hashable, Sendable {
  /// The flat parameter vector.
  public var parameters: [Float]
  /// The optimizer's vectors, each laid out like the parameters, by name.
  public var optimizerState: [String: [Float]]
  /// Updates applied since the run began.
  public var version: Int
  /// The number of epochs done.
  public var epoch: Int
  /// The number of the next minibatch in the epoch under way; 0 at an epoch's start.
  public var nextMinibatch: Int
  /// Examples trained on since the run began.
  public var examples: Int

  /// Creates a state.
  public init(
    parameters: [Float], optimizerState: [String: [Float]], version: Int, epoch: Int, nextMinibatch: Int,
    examples: Int
  ) {
    self.parameters = parameters
    self.optimizerState = optimizerState
    self.version = version
    self.epoch = epoch
    self.nextMinibatch = nextMinibatch
    self.examples = examples
  }
}

/// Why a run cannot go on.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The data set and the model do not fit together.
  case shapeMismatch(model: String, dataset: String)
  /// A part of the state does not fit the configuration.
  case stateMismatch(part: String, expected: Int, actual: Int)
  /// The optimizer needs a vector that the state does not hold.
  case missingOptimizerState(name: String)
  /// The bookkeeping contradicts a law that holds for any delays: a bug in this program.
  case stalenessLawViolated(residual: Int)

  /// A sentence that names the part and both values.
  public var description: String {
    switch self {
    case .shapeMismatch(let model, let dataset):
      "the model takes \(model), but the data set has \(dataset)"
    case .stateMismatch(let part, let expected, let actual):
      "the state to resume has \(part) \(actual), but this run needs \(expected)"
    case .missingOptimizerState(let name):
      "the state to resume lacks the optimizer's \(name)"
    case .stalenessLawViolated(let residual):
      "the staleness statistics are off by \(residual): this is a bug in asgd-train"
    }
  }
}
