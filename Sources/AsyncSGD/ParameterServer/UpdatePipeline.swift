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

  /// A mean of gradients for this optimizer.
  ///
  /// A velocity is made of gradients that have had their factors; the other optimizers take them with the learning rate.
  func makeMean() -> GradientMean {
    GradientMean(count: blocks.count, scalesLearningRate: optimizer.momentum == nil)
  }

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

  /// Adds one gradient of several to the mean that is to be an update.
  ///
  /// - Parameters:
  ///   - gradient: The gradient and what is known of it.
  ///   - examples: Its weight in the mean.
  ///   - weight: What the mode makes of its length.
  ///   - mean: The mean.
  func add(_ gradient: StaleGradient, examples: Int, weight: Float, to mean: inout GradientMean) {
    let isFirst = mean.isEmpty
    let alpha = weight * mean.weight(of: examples, factor: rule.begin(gradient, steering: optimizer))
    for block in blocks.blocks {
      backend.scaledSum(
        count: block.range.count, alpha: alpha, x: corrected(block, of: gradient), beta: isFirst ? 0 : 1,
        y: mean.buffer.values + block.range.lowerBound)
    }
    rule.end(gradient)
  }

  /// Makes an update of several gradients.
  ///
  /// - Parameters:
  ///   - mean: The gradients.
  ///   - learningRate: η of this update.
  ///   - parameters: The parameters before the update.
  ///   - next: The parameters after the update, overwritten.
  func apply(
    _ mean: GradientMean, learningRate: Float, from parameters: UnsafePointer<Float>,
    to next: UnsafeMutablePointer<Float>
  ) {
    let scale = mean.scale
    let learningRate = learningRate * mean.learningRateFactor
    optimizer.begin(learningRate: learningRate)
    let (observes, decaysWeights) = (rule.observes, rule.decaysWeights)
    for block in blocks.blocks {
      let start = block.range.lowerBound
      backend.scaledSum(
        count: block.range.count, alpha: scale, x: mean.buffer.values + start, beta: 0, y: scratch.values)
      optimizer.step(
        block.range, gradient: UnsafePointer(scratch.values), weightDecay: decaysWeights ? 0 : block.weightDecay,
        parameters: parameters + start, updated: next + start)
      if observes { rule.observe(block, learningRate: learningRate, from: parameters, to: UnsafePointer(next)) }
    }
  }
}
