extension Hyperparameter {
  /// The factor of ``UpdateRuleKind/stalenessAware``.
  public static let stalenessFunction = Hyperparameter(
    "staleness-function", "The factor of the learning rate of a gradient of staleness τ.",
    .choice([
      Choice("inverse", "1/τ, and 1 if it is fresh (Zhang et al. 2016)"),
      Choice("inverse-plus-one", "1/(τ + 1) (DynSGD, FRED)"),
      Choice("polynomial", "(1 + τ)^-a, a = --staleness-exponent (FedAsync)"),
      Choice("hinge", "1 up to b = --staleness-cutoff, then 1/(a·(τ − b) + 1), a = --hinge-slope (FedAsync)"),
      Choice("threshold", "1 up to b = --staleness-cutoff, then --weight-beyond-cutoff (FLSim)"),
    ]), default: .choice("inverse"))
  /// b of the hinge and of the threshold.
  ///
  /// FedAsync had 4 where the staleness was at most 4 or 16; with n workers it is n − 1 in the mean, and a gradient beyond
  /// n is a late one.
  public static let stalenessCutoff = Hyperparameter(
    "staleness-cutoff", "With hinge and threshold, the staleness up to which the factor is 1.",
    .integer(0...1_000_000), defaultText: "the workers"
  ) { .integer($0.workers) }
  /// a of the hinge.
  public static let hingeSlope = Hyperparameter(
    "hinge-slope", "With hinge, a of 1/(a·(τ − b) + 1).", .number(0...1e6), default: .number(10))
  /// The factor beyond the threshold.
  public static let weightBeyondCutoff = Hyperparameter(
    "weight-beyond-cutoff", "With threshold, the factor beyond the cutoff; 0 skips.", .number(0...1),
    default: .number(0))
  /// How ``UpdateRuleKind/delayAdaptive`` falls beyond n.
  public static let delayScaling = Hyperparameter(
    "delay-scaling", "The factor of the learning rate beyond a staleness of n workers.",
    .choice([
      Choice("workers", "n/τ (Mishchenko et al. 2022)"), Choice("one", "1/τ (Koloskova et al. 2022)"),
    ]), default: .choice("workers"))
  /// λ of ``UpdateRuleKind/dcASGDc``.
  public static let compensation = Hyperparameter(
    "compensation", "The weight of the compensation.", .number(0...1000), default: .number(0.04))
  /// λ₀ of ``UpdateRuleKind/dcASGDa``.
  public static let adaptiveCompensation = Hyperparameter(
    "adaptive-compensation", "The weight of the compensation, before it is adapted.", .number(0...1000),
    default: .number(2))
  /// m of ``UpdateRuleKind/dcASGDa``.
  public static let compensationDecay = Hyperparameter(
    "compensation-decay", "The decay of the mean of each worker's squared gradients.",
    .number(0...1, excludesUpper: true), default: .number(0.95))
  /// ρ of ``UpdateRuleKind/gapAware``.
  public static let gapDecay = Hyperparameter(
    "gap-decay", "The decay of the mean of the squared steps.", .number(0...1, excludesUpper: true),
    default: .number(0.999))
  /// What ``UpdateRuleKind/fasgd`` divides by.
  public static let fasgdForm = Hyperparameter(
    "fasgd-form", "What each parameter's learning rate is divided by, besides the staleness + 1.",
    .choice([
      Choice("deviation", "a moving mean of the gradient's standard deviation (the paper)"),
      Choice("magnitude", "a moving mean of the gradient's magnitude + 0.001 (the author's program)"),
    ]), default: .choice("deviation"))
  /// γ and β of ``UpdateRuleKind/fasgd``.
  public static let fasgdDecay = Hyperparameter(
    "fasgd-decay", "The decay of the moving means.", .number(0...1, excludesUpper: true), default: .number(0.9))
  /// γ of ``UpdateRuleKind/closedLoopMomentum``.
  public static let feedbackGain = Hyperparameter(
    "feedback-gain", "How far one measurement moves the optimizer's momentum.", .number(0...1),
    default: .number(0.01))
}
