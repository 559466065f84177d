internal import Kernels

/// Rule and optimizer, carried out together, block by block.
///
/// Confined to the server's queue.
final class UpdatePipeline {
  let rule: any UpdateRule
  let optimizer: any Optimizer
  private let blocks: ParameterBlocks
  private let backend: any KernelBackend<Float>
  private let scratch = GradientBuffer(count: ParameterBlocks.capacity)

  init(rule: any UpdateRule, optimizer: any Optimizer, blocks: ParameterBlocks, backend: any KernelBackend<Float>) {
    self.rule = rule
    self.optimizer = optimizer
    self.blocks = blocks
    self.backend = backend
  }

  /// Makes an update of one gradient.
  ///
  /// - Parameters:
  ///   - gradient: The gradient and what is known of it.
  ///   - next: The parameters after the update, overwritten.
  ///   - served: What workers pull, overwritten, where the rule looks ahead.
  func apply(
    _ gradient: StaleGradient, to next: UnsafeMutablePointer<Float>, serving served: UnsafeMutablePointer<Float>? = nil
  ) {
    let factor = rule.begin(gradient)
    optimizer.begin(learningRate: gradient.learningRate * factor)
    let (corrects, observes) = (rule.corrects, rule.observes)
    for block in blocks.blocks {
      let start = block.range.lowerBound
      var values = gradient.values + start
      if corrects {
        rule.correct(block.range, of: gradient, at: gradient.parameters, into: scratch.values)
        values = UnsafePointer(scratch.values)
      }
      optimizer.step(
        block.range, gradient: values, weightDecay: block.weightDecay, parameters: gradient.parameters + start,
        updated: next + start)
      if observes { rule.observe(block.range, of: gradient, from: gradient.parameters, to: UnsafePointer(next)) }
      if let served { rule.lookAhead(block.range, from: UnsafePointer(next), into: served) }
    }
    rule.end(gradient, steering: optimizer)
  }

  /// Adds one gradient of several to a sum: sum ← sum + weight · factor · corrected gradient.
  ///
  /// - Parameters:
  ///   - gradient: The gradient and what is known of it.
  ///   - weight: Its weight in the sum.
  ///   - sum: The sum, as long as the parameters.
  ///   - isFirst: Whether to overwrite the sum.
  func add(_ gradient: StaleGradient, weight: Float, to sum: UnsafeMutablePointer<Float>, isFirst: Bool) {
    let alpha = rule.begin(gradient) * weight
    let corrects = rule.corrects
    for block in blocks.blocks {
      let start = block.range.lowerBound
      var values = gradient.values + start
      if corrects {
        rule.correct(block.range, of: gradient, at: gradient.parameters, into: scratch.values)
        values = UnsafePointer(scratch.values)
      }
      backend.scaledSum(
        count: block.range.count, alpha: alpha, x: values, beta: isFirst ? 0 : 1, y: sum + start)
    }
    rule.end(gradient, steering: optimizer)
  }

  /// Makes an update of a sum of gradients.
  ///
  /// - Parameters:
  ///   - sum: The sum.
  ///   - scale: What makes a mean of it.
  ///   - learningRate: η of this update.
  ///   - parameters: The parameters before the update.
  ///   - next: The parameters after the update, overwritten.
  func apply(
    sum: UnsafePointer<Float>, scale: Float, learningRate: Float, from parameters: UnsafePointer<Float>,
    to next: UnsafeMutablePointer<Float>
  ) {
    optimizer.begin(learningRate: learningRate)
    for block in blocks.blocks {
      let start = block.range.lowerBound
      backend.scaledSum(count: block.range.count, alpha: scale, x: sum + start, beta: 0, y: scratch.values)
      optimizer.step(
        block.range, gradient: UnsafePointer(scratch.values), weightDecay: block.weightDecay,
        parameters: parameters + start, updated: next + start)
    }
  }
}

/// The sum of the gradients of one update, weighed by their examples.
///
/// Weights are relative to the first gradient's, so that a single one is its own mean, to the bit.
struct GradientSum {
  let buffer: GradientBuffer
  private var firstExamples = 0
  private(set) var examples = 0

  init(count: Int) {
    buffer = GradientBuffer(count: count)
  }

  /// Whether nothing was added yet.
  var isEmpty: Bool { examples == 0 }

  /// What makes a mean of the sum.
  var scale: Float { Float(firstExamples) / Float(examples) }

  /// Counts the examples of a gradient that is to be added, and returns its weight.
  mutating func weight(ofExamples count: Int) -> Float {
    if isEmpty { firstExamples = count }
    examples += count
    return Float(count) / Float(firstExamples)
  }

  mutating func clear() {
    examples = 0
  }
}
