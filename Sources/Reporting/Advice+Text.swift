public import AsyncSGD
internal import Foundation

extension Cause {
  /// The cause with its measurements, in one sentence.
  public var text: String {
    switch self {
    case .stepTooLarge(let stability) where stability.ratio < 1:
      "the learning rate \(figure(stability.learningRate)) is close to what is stable: with \(stability.conditions), "
        + "about \(figure(stability.stableLearningRate)) \(stability.place), which grows on the way"
    case .stepTooLarge(let stability):
      "the learning rate \(figure(stability.learningRate)) is too large: with \(stability.conditions), "
        + "descent is stable up to about \(figure(stability.stableLearningRate)) \(stability.place)"
    case .stepTooSmall(let stability):
      "the learning rate \(figure(stability.learningRate)) is too small: with \(stability.conditions), "
        + "descent would be stable up to about \(figure(stability.stableLearningRate)) \(stability.place)"
    case .hardlyMoved(let movement):
      "the steps are too small: the parameters have moved by \(NumberText.percent(movement.distance)) of their length"
    case .shrunk(let movement, let weightDecay):
      "the weight decay \(NumberText.exact(weightDecay)) is too large: the parameters have shrunk to "
        + "\(NumberText.percent(movement.length)) of their length"
    case .looseTies(let movingRate, let period):
      "center and workers move towards each other by \(NumberText.percent(movingRate)) of their distance every "
        + "\(NumberText.count(period)) steps"
    case .unitsSilent(let units):
      units.text
    case .notTheStep(let stability):
      "not the step: with \(stability.conditions), descent is stable up to a learning rate of about "
        + "\(figure(stability.stableLearningRate)) \(stability.place), and gradients reach all layers; "
        + "perhaps the labels do not fit the images"
    case .probablyTheStep(let staleness, let momentum):
      "probably the learning rate is too large"
        + (staleness >= 0.5 ? " for gradients that are \(NumberText.fixed(staleness, digits: 1)) updates old" : "")
        + (momentum > 0 ? ", and momentum multiplies it" : "")
    }
  }
}

extension StepStability {
  /// What the bound depends on, beside the curvature.
  fileprivate var conditions: String {
    let age =
      stalenessP95 > 0
      ? "gradients \(NumberText.fixed(stalenessMean, digits: 1)) updates old on average (95 % at most "
        + "\(NumberText.count(stalenessP95)))"
      : "fresh gradients"
    return momentum > 0 ? "\(age) and momentum \(NumberText.exact(momentum))" : age
  }

  /// Where the curvature was measured.
  fileprivate var place: String {
    "at the curvature \(figure(sharpness)) of update \(NumberText.count(update))"
  }
}

extension SilentUnits {
  /// One word for a unit that passes no gradient.
  var word: String {
    switch condition {
    case .dead: "dead"
    case .saturated: "saturated"
    }
  }

  /// The condition in a clause.
  var text: String {
    "\(NumberText.count(silent)) of \(NumberText.count(units)) units of '\(layer)' are \(word): they pass no "
      + "gradient for any example"
  }
}

extension Remedy {
  /// The option to give, with a reason where it needs one.
  public var text: String {
    switch self {
    case .learningRate(let rate):
      "--learning-rate \(NumberText.exact(rate))"
    case .smallerSteps(let rate, let batchSize):
      "--learning-rate \(NumberText.exact(rate)) --batch-size \(batchSize) (as much training, in smaller steps)"
    case .momentum(let momentum):
      "--momentum \(NumberText.exact(momentum))"
    case .rule(.dana):
      "--rule dana --optimizer sgd (workers look ahead to where the momentum goes)"
    case .rule(.gapAware):
      "--rule gap-aware (smaller steps where the parameters have moved)"
    case .rule(let rule):
      "--rule \(rule.rawValue) (smaller steps for older gradients)"
    case .mode(.sync):
      "--mode sync (no staleness)"
    case .mode(let mode):
      "--mode \(mode.rawValue)"
    case .workers(let count):
      "--workers \(count)"
    case .warmup(let share):
      "--warmup \(NumberText.exact(share))"
    case .warmStart(let epochs):
      "--warm-start \(NumberText.exact(epochs)) (one worker trains alone first)"
    case .clipNorm(let norm):
      "--clip-norm \(NumberText.exact(norm))"
    case .weightDecay(let decay):
      "--weight-decay \(NumberText.exact(decay))"
    case .wholeGradients:
      "--compression none"
    case .movingRate(let rate):
      "--moving-rate \(NumberText.exact(rate))"
    case .optimizer(let optimizer, let rate):
      "--optimizer \(optimizer.rawValue) --learning-rate \(NumberText.exact(rate))"
    case .checkData:
      "look at the data: do the labels belong to the images?"
    case .skipNonFinite:
      "--on-divergence skip (leaves such gradients out)"
    }
  }
}

/// Returns a measured value with two significant digits: `0.0038`, `41`.
private func figure(_ value: Double) -> String {
  value.isFinite ? String(format: "%.2g", value) : "any"
}
