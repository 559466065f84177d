internal import Kernels
internal import NeuralNet

/// A condition that deserves the user's attention while the run goes on.
public struct TrainingWarning: Hashable, Sendable {
  /// What was seen.
  public enum Symptom: Hashable, Sendable {
    /// The training accuracy is still at chance after `examples` examples.
    case stuckAtChance(accuracy: Double, chance: Double, loss: Double, examples: Int)
    /// The run had learned, and fell back to chance.
    case collapsedToChance(accuracy: Double, bestAccuracy: Double, chance: Double)
    /// The loss has risen far above the best it was.
    case lossRising(loss: Double, bestLoss: Double)
    /// The loss is far above that of guessing.
    case lossExploding(loss: Double, guessingLoss: Double)
    /// At least four fifths of a layer's units gave no gradient for any example of the test set.
    case unitsSilent(SilentUnits)
    /// The loss is above that of guessing, and the step is beyond what is stable.
    case stepTooLarge(loss: Double, guessingLoss: Double)
    /// The workers learn, and the parameters that are evaluated and saved are far behind them.
    case centerBehind(testAccuracy: Double, trainAccuracy: Double)
    /// A gradient was not finite and was refused; training goes on (`--on-divergence skip`).
    case nonFiniteGradientSkipped(Divergence)
  }

  /// What was seen.
  public var symptom: Symptom
  /// Updates applied when it was seen.
  public var update: Int
  /// Whether it was said before and still holds.
  public var isRepetition: Bool
  /// Why, and what to do about it; `nil` in a repetition.
  public var advice: Advice?

  /// Creates a warning.
  public init(_ symptom: Symptom, update: Int, isRepetition: Bool = false, advice: Advice? = nil) {
    self.symptom = symptom
    self.update = update
    self.isRepetition = isRepetition
    self.advice = advice
  }
}

extension TrainingWarning.Symptom {
  /// Its kind, as metrics name it.
  public var name: String {
    switch self {
    case .stuckAtChance: "stuckAtChance"
    case .collapsedToChance: "collapsedToChance"
    case .lossRising: "lossRising"
    case .lossExploding: "lossExploding"
    case .unitsSilent: "unitsSilent"
    case .stepTooLarge: "stepTooLarge"
    case .centerBehind: "centerBehind"
    case .nonFiniteGradientSkipped: "nonFiniteGradientSkipped"
    }
  }
}

/// How many units of a layer passed no gradient for any of many examples.
public struct SilentUnits: Hashable, Sendable {
  /// What a silent unit is called.
  public enum Condition: Hashable, Sendable {
    /// A rectifier that is 0 for all examples.
    case dead
    /// A sigmoid or tanh that is at an end for all examples.
    case saturated
  }

  /// The layer's name.
  public var layer: String
  /// What its silent units are.
  public var condition: Condition
  /// The number of silent units.
  public var silent: Int
  /// The number of units.
  public var units: Int

  /// Creates a count.
  public init(layer: String, condition: Condition, silent: Int, units: Int) {
    self.layer = layer
    self.condition = condition
    self.silent = silent
    self.units = units
  }

  /// The share of silent units, 0…1.
  public var share: Double { Double(silent) / Double(max(1, units)) }
}

extension SilentUnits {
  init(_ layer: ActivityCensus.Layer) {
    self.init(
      layer: layer.name, condition: layer.activation == .relu ? .dead : .saturated, silent: layer.silent,
      units: layer.units)
  }
}

/// Why a run does not learn, and what to do about it.
public struct Advice: Hashable, Sendable {
  /// The most likely cause, as far as the measurements tell.
  public var cause: Cause
  /// What to try, the most promising first.
  public var remedies: [Remedy]

  /// Creates advice.
  public init(cause: Cause, remedies: [Remedy]) {
    self.cause = cause
    self.remedies = remedies
  }
}

/// Why a run does not learn.
public enum Cause: Hashable, Sendable {
  /// The step exceeds what is stable at the measured curvature and staleness.
  case stepTooLarge(StepStability)
  /// The step is a small fraction of what would be stable.
  case stepTooSmall(StepStability)
  /// No bound is known for steps of this kind, but the parameters have hardly moved.
  case hardlyMoved(Movement)
  /// Weight decay has shrunk the parameters.
  case shrunk(Movement, weightDecay: Double)
  /// The server's parameters follow those of the workers too slowly.
  case looseTies(movingRate: Double, period: Int)
  /// The step is stable, but units of a layer pass no gradient.
  case unitsSilent(SilentUnits)
  /// The step is stable and gradients pass: the reason lies outside of what was measured, such as the data.
  case notTheStep(StepStability)
  /// No bound is known for steps of this kind; `staleness` is the mean of the updates so far.
  case probablyTheStep(staleness: Double, momentum: Double)
}
