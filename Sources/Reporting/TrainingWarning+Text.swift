public import AsyncSGD

extension TrainingWarning {
  /// What was seen, in one sentence.
  public var message: String { "\(symptom.text), at update \(NumberText.count(update))" }

  /// The message with its likely cause and its remedies, one a line; a repetition is one line.
  var text: String {
    isRepetition ? "warning: still: \(message)" : advised("warning: \(message)", by: advice)
  }
}

extension TrainingWarning.Symptom {
  /// A few words, for a line that lists several.
  var summary: String {
    switch self {
    case .stuckAtChance: "stuck at chance"
    case .collapsedToChance: "collapsed to chance"
    case .lossRising: "loss rising"
    case .lossExploding: "loss exploding"
    case .unitsSilent(let units): "\(units.word) units in \(units.layer)"
    case .stepTooLarge: "step too large"
    case .centerBehind: "center behind the workers"
    case .nonFiniteGradientSkipped: "gradient not finite"
    }
  }

  fileprivate var text: String {
    switch self {
    case .stuckAtChance(let accuracy, let chance, _, let examples):
      "the training accuracy is still at chance (\(NumberText.percent(accuracy)); guessing gives "
        + "\(NumberText.percent(chance))) after \(NumberText.count(examples)) examples"
    case .collapsedToChance(let accuracy, let bestAccuracy, let chance):
      "the training accuracy fell from \(NumberText.percent(bestAccuracy)) back to chance "
        + "(\(NumberText.percent(accuracy)); guessing gives \(NumberText.percent(chance)))"
    case .lossRising(let loss, let bestLoss):
      "the training loss rose from \(NumberText.loss(bestLoss)) back to \(NumberText.loss(loss))"
    case .lossExploding(let loss, let guessingLoss):
      "the training loss is \(NumberText.loss(loss)), far above the \(NumberText.loss(guessingLoss)) of guessing"
    case .unitsSilent(let units):
      units.text
    case .stepTooLarge(let loss, let guessingLoss):
      "the training loss is \(NumberText.loss(loss)), above the \(NumberText.loss(guessingLoss)) of guessing, and the "
        + "learning rate is beyond what is stable"
    case .centerBehind(let testAccuracy, let trainAccuracy):
      "the center is far behind the workers: \(NumberText.percent(testAccuracy)) of the test set against "
        + "\(NumberText.percent(trainAccuracy)) of the training set"
    case .nonFiniteGradientSkipped(let divergence):
      "refused the gradient that worker \(divergence.worker) pushed: it is not finite in '\(divergence.parameter)'"
    }
  }
}

extension Divergence {
  /// Why a run was stopped, with the likely cause and the remedies.
  func errorText(by advice: Advice?) -> String {
    advised(
      "error: training stopped at the gradient that worker \(worker) pushed at update \(NumberText.count(update)): "
        + "it is not finite in '\(parameter)'", by: advice)
  }
}

/// Returns a headline with the cause and the remedies below it.
private func advised(_ headline: String, by advice: Advice?) -> String {
  guard let advice else { return headline }
  let label = "  try: "
  let separator = "\n" + String(repeating: " ", count: label.count)
  let remedies = advice.remedies.map(\.text).joined(separator: separator)
  return "\(headline)\n  likely cause: \(advice.cause.text)" + (remedies.isEmpty ? "" : "\n\(label)\(remedies)")
}
