// What a rule changes of a recipe.

extension UpdateRuleKind {
  /// The coefficient of momentum that goes with it; `nil` for the recipe's.
  ///
  /// 0.9 is what DANA, SMEGA² and OrMo were published with.
  var recommendedMomentum: Double? {
    switch self {
    case .dana, .smega2, .ormo: 0.9
    case .closedLoopMomentum: 0.5
    case .plain, .stalenessAware, .delayAdaptive, .gapAware, .dcASGDc, .dcASGDa, .fasgd: nil
    }
  }

  /// The learning rate as a multiple of that of the adaptive optimizers, if the rule divides by the size of the gradients
  /// as they do; `nil` for the others.
  ///
  /// The author of FASGD had 0.005 for the form of his program; measured with eight workers, less than half of it is
  /// enough.
  var adaptiveLearningRateFactor: Double? { self == .fasgd ? 2 : nil }

  /// How much larger the learning rate is, because the rule makes it smaller again.
  ///
  /// A staleness-aware rate is divided by the staleness. It is half of what would make up for the mean, and four times the
  /// recipe's at most, because a gradient that happens to be fresh gets all of it. FASGD divides by the staleness and 1.
  /// The multiple of ``adaptiveLearningRateFactor`` has that in it; the rates of the adaptive optimizers have not.
  func learningRateGrowth(meanStaleness: Double, isAdaptive: Bool) -> Double {
    switch self {
    case .stalenessAware: min(4, max(1, meanStaleness / 2))
    case .fasgd where isAdaptive: min(4, max(1, (meanStaleness + 1) / 2))
    default: 1
    }
  }
}
