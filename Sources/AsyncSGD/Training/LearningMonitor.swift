internal import Foundation

/// Notices from the training loss and accuracy that a run does not learn, while it runs.
///
/// Staleness has a cliff, not a slope: a learning rate a little too large makes the network collapse to one class, and
/// nothing in a plain log tells. The monitor looks at windows of examples, each large enough that luck cannot look like
/// learning, and speaks up once per episode.
struct LearningMonitor: Sendable {
  /// The accuracy of always guessing the most frequent class.
  private let chance: Double
  /// The loss of guessing all classes alike, in nats.
  private let guessingLoss: Double
  /// Examples in a window.
  private let window: Int
  /// Examples before which staying at chance is no cause for concern.
  private let grace: Int
  /// Examples after which a warning that still holds is repeated.
  private let repetition: Int

  /// Examples so far.
  private var examples = 0
  private var current = TrainingTotals()
  private var bestAccuracy = 0.0
  private var chanceReportedAt: Int?
  private var explosionReportedAt: Int?

  /// Creates a monitor.
  ///
  /// - Parameters:
  ///   - classes: The number of classes.
  ///   - chance: The share of the most frequent class.
  ///   - plannedExamples: Examples that the whole run trains on.
  ///   - warmup: The share of the run over which the learning rate rises.
  init(classes: Int, chance: Double, plannedExamples: Int, warmup: Double) {
    self.chance = chance
    guessingLoss = log(Double(max(2, classes)))
    window = max(1000, min(4000, plannedExamples / 50))
    grace = max(4 * window, Int((warmup + 0.1) * Double(plannedExamples)))
    repetition = max(4 * window, plannedExamples / 4)
  }

  /// Looks at the sums since the last call; returns what deserves attention, if anything.
  mutating func observe(_ sums: TrainingTotals, update: Int) -> TrainingWarning? {
    examples += sums.examples
    current.add(sums)
    guard current.examples >= window, let accuracy = current.accuracy, let loss = current.meanLoss else { return nil }
    let windowExamples = current.examples
    current = TrainingTotals()

    // A NaN loss must count as exploded.
    if !(loss <= 3 * guessingLoss) {
      guard isDue(explosionReportedAt) else { return nil }
      explosionReportedAt = examples
      return .lossExploding(loss: loss, guessingLoss: guessingLoss, update: update)
    }
    explosionReportedAt = nil

    // Five standard deviations of a guesser's hits, and a little more for a net that moves between constant answers.
    let threshold = chance + 5 * (chance * (1 - chance) / Double(windowExamples)).squareRoot() + 0.01
    guard accuracy <= threshold else {
      bestAccuracy = max(bestAccuracy, accuracy)
      chanceReportedAt = nil
      return nil
    }
    let hadLearned = bestAccuracy > chance + 0.2 * (1 - chance)
    guard hadLearned || examples >= grace, isDue(chanceReportedAt) else { return nil }
    chanceReportedAt = examples
    return hadLearned
      ? .collapsedToChance(accuracy: accuracy, bestAccuracy: bestAccuracy, chance: chance, update: update)
      : .stuckAtChance(accuracy: accuracy, chance: chance, examples: examples, update: update)
  }

  private func isDue(_ reportedAt: Int?) -> Bool {
    reportedAt.map { examples - $0 >= repetition } ?? true
  }
}
