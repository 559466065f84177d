internal import AsyncSGD

/// What there is help on beside the commands: the families that an algorithm is chosen from.
enum HelpTopic: String, CaseIterable {
  case modes
  case rules
  case optimizers
  case compressions

  /// The family.
  var family: AlgorithmFamily {
    switch self {
    case .modes: .mode
    case .rules: .rule
    case .optimizers: .optimizer
    case .compressions: .compression
    }
  }

  /// What the family is, in a line.
  var overview: String {
    switch self {
    case .modes: "Modes: who waits for whom."
    case .rules: "Rules: how a stale gradient is applied."
    case .optimizers: "Optimizers: the step itself."
    case .compressions: "Compressions: how a gradient is made smaller on its way to the server."
    }
  }

  /// What to know before choosing.
  var introduction: String {
    switch self {
    case .modes:
      """
      Each worker computes gradients on its own replica of the model. The mode decides when gradients become an update \
      of the parameters, and who waits until then. The staleness of a gradient is the number of updates that others \
      made since its worker pulled. Where nobody waits it is about the number of workers less 1; where all wait for \
      all it is 0.
      """
    case .rules:
      """
      A stale gradient was computed at parameters that have changed since. A rule corrects it: by its staleness, by \
      how far the parameters have moved, or by keeping the momentum of asynchrony in check. Where no gradient is stale \
      there is nothing to correct.
      """
    case .optimizers:
      """
      The optimizer makes a step of the gradient that the rule hands on; its state is kept by the server and in \
      checkpoints. --momentum X is the coefficient of those that have one, and --weight-decay X pulls weights, but not \
      biases, towards 0.
      """
    case .compressions:
      """
      Between threads of one machine nothing is gained by sending less; people study what it does to learning. The \
      results count the bytes as they would go over a wire. What a compressor leaves out is kept by the worker and \
      added to its next gradient (error feedback), unless that is switched off.
      """
    }
  }
}
