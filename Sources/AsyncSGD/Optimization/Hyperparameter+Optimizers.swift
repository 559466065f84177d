extension Hyperparameter {
  /// β₁ of ``OptimizerKind/adam`` and ``OptimizerKind/adamw``.
  public static let beta1 = Hyperparameter(
    "beta1", "The decay of the mean of the gradients.", .number(0...1, excludesUpper: true),
    default: .number(0.9))
  /// β₂ of ``OptimizerKind/adam`` and ``OptimizerKind/adamw``.
  public static let beta2 = Hyperparameter(
    "beta2", "The decay of the mean of the squared gradients.", .number(0...1, excludesUpper: true),
    default: .number(0.999))
  /// ρ of ``OptimizerKind/rmsprop``.
  public static let squareDecay = Hyperparameter(
    "square-decay", "The decay of the mean of the squared gradients.", .number(0...1, excludesUpper: true),
    default: .number(0.99))
  /// ε of the optimizers that divide by the root of a second moment.
  public static let epsilon = Hyperparameter(
    "epsilon", "What is added to the root that the step is divided by.",
    .number(0...1, excludesLower: true),
    defaultTexts: [
      DefaultText([OptimizerKind.adagrad], "1e-10"), DefaultText([OptimizerKind.rmsprop, .adam, .adamw], "1e-8"),
    ]
  ) { .number($0.optimizer == .adagrad ? 1e-10 : 1e-8) }
  /// Who keeps the velocity of ``OptimizerKind/momentum`` and ``OptimizerKind/nesterov``.
  public static let momentumAt = Hyperparameter(
    "momentum-at", "Who keeps the velocity.",
    .choice([
      Choice("server", "the server: one velocity, of the gradients of all workers"),
      Choice("worker", "each worker: one of its own gradients, and the server takes plain steps"),
    ]), default: .choice("server"))
  /// The largest norm of a gradient, of any mode and optimizer.
  public static let clipNorm = Hyperparameter(
    "clip-norm", "The largest norm of a worker's gradient, which is scaled down to it; 0 for any.", .number(0...1e6),
    default: .number(0))
}
