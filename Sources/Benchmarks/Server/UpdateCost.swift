internal import AsyncSGD
internal import Kernels

/// What a rule and an optimizer cost the server: one update after the other, in one thread, without workers.
///
/// Two workers take turns, so that every gradient is one update old, and rules that compare the parameters now with those
/// that were pulled have two vectors to compare. The learning rate is so small that the parameters stay where they are.
struct UpdateCost {
  /// How a stale gradient is applied.
  let rule: UpdateRuleKind
  /// The step itself.
  let optimizer: OptimizerKind

  /// What all others are compared with.
  static let plainSGD = UpdateCost(rule: .plain, optimizer: .sgd)

  /// The costs of each optimizer with the plain rule, and of each rule with the plainest optimizer that goes with it.
  static func cases(rules: [UpdateRuleKind], optimizers: [OptimizerKind]) -> [UpdateCost] {
    optimizers.map { UpdateCost(rule: .plain, optimizer: $0) }
      + rules.filter { $0 != .plain }.map { rule in
        UpdateCost(rule: rule, optimizer: Combination(rule: rule).optimizer(preferring: .sgd))
      }
  }

  /// The name in the table.
  var name: String { "\(rule.rawValue) \(optimizer.rawValue)" }

  private static let workers = 2
  private static let learningRate: Float = 1e-9

  /// Returns updates of so many parameters, to be timed.
  func work(parameters count: Int, backend: any KernelBackend<Float>) -> Work {
    let setting = Hyperparameter.Setting(workers: Self.workers, mode: .async, optimizer: optimizer)
    let none = Hyperparameters()
    let momentum = TrainingRecipe.recommended(forModel: "").momentum(optimizer: optimizer, rule: rule)
    let pipeline = UpdatePipeline(
      rule: rule.makeRule(none, in: setting, momentum: momentum, count: count, backend: backend),
      optimizer: optimizer.makeOptimizer(none, in: setting, momentum: momentum, count: count, backend: backend),
      blocks: ParameterBlocks(count: count), backend: backend)
    let gradient = FloatBuffer(count)
    let served = pipeline.looksAhead ? FloatBuffer(count) : nil
    // What was pulled, what is there now, and what comes next.
    let ring = (0..<3).map { _ in FloatBuffer(count) }
    var version = 1
    return { calls in
      for _ in 0..<calls {
        let stale = StaleGradient(
          worker: version % Self.workers, version: version, staleness: 1, learningRate: Self.learningRate,
          values: gradient.input, pulled: ring[(version - 1) % 3].input, parameters: ring[version % 3].input)
        pipeline.apply(stale, to: ring[(version + 1) % 3].values, serving: served?.values)
        version += 1
      }
    }
  }
}
