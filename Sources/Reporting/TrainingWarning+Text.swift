public import AsyncSGD

extension TrainingWarning {
  /// What was seen, in one sentence.
  public var message: String {
    switch self {
    case .stuckAtChance(let accuracy, let chance, let examples, let update):
      "the training accuracy is still at chance (\(NumberText.percent(accuracy)); guessing gives "
        + "\(NumberText.percent(chance))) over the last \(NumberText.count(examples)) examples, at update "
        + "\(NumberText.count(update))"
    case .collapsedToChance(let accuracy, let bestAccuracy, let chance, let update):
      "the training accuracy fell from \(NumberText.percent(bestAccuracy)) back to chance "
        + "(\(NumberText.percent(accuracy)); guessing gives \(NumberText.percent(chance))), at update "
        + "\(NumberText.count(update))"
    case .lossExploding(let loss, let guessingLoss, let update):
      "the training loss is \(NumberText.loss(loss)), far above the \(NumberText.loss(guessingLoss)) of guessing, at "
        + "update \(NumberText.count(update))"
    case .nonFiniteGradientSkipped(let divergence):
      "refused \(divergence.whereabouts)"
    }
  }

  /// The likely cause in the run `run`, in one sentence.
  public func likelyCause(in run: RunDescription) -> String {
    guard run.hasStaleness else {
      return switch self {
      case .stuckAtChance: "the learning rate is too large or far too small, or the labels do not fit the images"
      default: "the learning rate is too large"
      }
    }
    let momentum = run.momentum > 0 ? ", and momentum multiplies with it" : ""
    return "the steps are too large for gradients that are about \(run.workers - 1) updates stale\(momentum)"
  }

  /// The options to try in the run `run`, the most promising first.
  public func remedies(in run: RunDescription) -> [String] {
    var remedies: [String] = []
    if run.momentum > 0 {
      remedies.append(run.hasStaleness ? "--momentum 0" : "--momentum \(NumberText.exact(run.momentum / 2)) (half)")
    }
    remedies.append("--learning-rate \(NumberText.exact(run.learningRate / 2)) (half)")
    if run.hasStaleness, run.batchSize > 1 {
      remedies.append(
        "--learning-rate \(NumberText.exact(run.learningRate / 2)) --batch-size \(run.batchSize / 2) "
          + "(as much training, in smaller steps)")
    }
    if run.warmup == 0 { remedies.append("--warmup 0.1") }
    if run.hasStaleness { remedies.append("--mode sync, or fewer --workers") }
    return remedies
  }

  /// The message with its likely cause and its remedies, one a line.
  func text(in run: RunDescription?) -> String {
    advised("warning: \(message)", in: run)
  }

  fileprivate func advised(_ headline: String, in run: RunDescription?, more: [String] = []) -> String {
    guard let run else { return headline }
    let label = "  try: "
    let separator = "\n" + String(repeating: " ", count: label.count)
    let remedies = (remedies(in: run) + more).joined(separator: separator)
    return "\(headline)\n  likely cause: \(likelyCause(in: run))\n\(label)\(remedies)"
  }
}

extension Divergence {
  /// What was refused and where, without a verb.
  var whereabouts: String {
    "the gradient that worker \(worker) pushed at update \(NumberText.count(update)): it is not finite in '\(parameter)'"
  }

  /// Why a run was stopped, with the likely cause and the remedies.
  func errorText(in run: RunDescription) -> String {
    TrainingWarning.nonFiniteGradientSkipped(self).advised(
      "error: training stopped at \(whereabouts)", in: run,
      more: ["--on-divergence skip (leaves such gradients out)"])
  }
}
