package import Kernels

/// Rule and optimizer, carried out together, block by block.
///
/// Confined to the server's queue.
package final class UpdatePipeline {
  let rule: any UpdateRule
  let optimizer: any Optimizer
  private let blocks: ParameterBlocks
  private let backend: any KernelBackend<Float>
  private let scratch = GradientBuffer(count: ParameterBlocks.capacity)

  /// Creates a pipeline, which becomes the only user of rule and optimizer.
  package init(
    rule: any UpdateRule, optimizer: any Optimizer, blocks: ParameterBlocks, backend: any KernelBackend<Float>
  ) {
    self.rule = rule
    self.optimizer = optimizer
    self.blocks = blocks
    self.backend = backend
  }

  /// Whether workers pull other parameters than the server's own.
  package var looksAhead: Bool { rule.looksAhead }

  /// Makes an update of one gradient.
  ///
  /// - Parameters:
  ///   - gradient: The gradient and what is known of it.
  ///   - next: The parameters after the update, overwritten.
  ///   - served: What workers pull, overwritten, where the rule looks ahead.
  package func apply(
    _ gradient: StaleGradient, to next: UnsafeMutablePointer<Float>, serving served: UnsafeMutablePointer<Float>? = nil
  ) {
    let factor = rule.begin(gradient, steering: optimizer)
    // A velocity is made of gradients that have had their factors: this gradient's is not theirs.
    let scale = optimizer.momentum == nil ? 1 : factor
    let learningRate = scale == factor ? gradient.learningRate : gradient.learningRate * factor
    let (steps, observes, decaysWeights) = (rule.steps, rule.observes, rule.decaysWeights)
    if !steps { optimizer.begin(learningRate: learningRate) }
    let plainStep = rule.corrects ? optimizer.plainStep : nil
    for block in blocks.blocks {
      let start = block.range.lowerBound
      if steps {
        rule.step(block, of: gradient, to: next, serving: served)
      } else if var step = plainStep {
        step.weightDecay = decaysWeights ? 0 : block.weightDecay
        rule.correct(block, of: gradient, steppingBy: step, into: next + start)
      } else {
        var values = corrected(block, of: gradient)
        if scale != 1 {
          backend.scaledSum(count: block.range.count, alpha: scale, x: values, beta: 0, y: scratch.values)
          values = UnsafePointer(scratch.values)
        }
        optimizer.step(
          block.range, gradient: values, weightDecay: decaysWeights ? 0 : block.weightDecay,
          parameters: gradient.parameters + start, updated: next + start)
      }
      if observes {
        rule.observe(block, learningRate: learningRate, from: gradient.parameters, to: UnsafePointer(next))
      }
    }
    rule.end(gradient)
  }

  /// Returns the corrected gradient of a block: the gradient itself, or the scratch memory.
  private func corrected(_ block: ParameterBlocks.Block, of gradient: StaleGradient) -> UnsafePointer<Float> {
    guard rule.corrects else { return gradient.values + block.range.lowerBound }
    rule.correct(block, of: gradient, steppingBy: nil, into: scratch.values)
    return UnsafePointer(scratch.values)
  }

  /// Computes what workers pull before the first update, where the rule looks ahead.
  ///
  /// - Parameters:
  ///   - parameters: The parameters.
  ///   - served: What workers pull, overwritten.
  func lookAhead(from parameters: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>) {
    for block in blocks.blocks { rule.lookAhead(block.range, from: parameters, into: served) }
  }

  /// Adds one gradient of several to a sum: sum ← sum + weight · factor · corrected gradient.
  ///
  /// - Parameters:
  ///   - gradient: The gradient and what is known of it.
  ///   - weight: Its weight in the sum.
  ///   - sum: The sum, as long as the parameters.
  ///   - isFirst: Whether to overwrite the sum.
  func add(_ gradient: StaleGradient, weight: Float, to sum: UnsafeMutablePointer<Float>, isFirst: Bool) {
    let alpha = rule.begin(gradient, steering: optimizer) * weight
    for block in blocks.blocks {
      backend.scaledSum(
        count: block.range.count, alpha: alpha, x: corrected(block, of: gradient), beta: isFirst ? 0 : 1,
        y: sum + block.range.lowerBound)
    }
    rule.end(gradient)
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
    let (observes, decaysWeights) = (rule.observes, rule.decaysWeights)
    for block in blocks.blocks {
      let start = block.range.lowerBound
      backend.scaledSum(count: block.range.count, alpha: scale, x: sum + start, beta: 0, y: scratch.values)
      optimizer.step(
        block.range, gradient: UnsafePointer(scratch.values), weightDecay: decaysWeights ? 0 : block.weightDecay,
        parameters: parameters + start, updated: next + start)
      if observes { rule.observe(block, learningRate: learningRate, from: parameters, to: UnsafePointer(next)) }
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
