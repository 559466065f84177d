internal import Foundation

/// Notices from the training loss and accuracy that a run does not learn, while it runs.
///
/// Staleness has a cliff, not a slope: a learning rate a little too large makes the network collapse to one class, and
/// nothing in a plain log tells. The monitor looks at windows of examples, each large enough that luck cannot look like
/// learning, and speaks up once per episode.
struct LearningMonitor: Sendable {
  /// What a call found.
  enum Finding: Hashable, Sendable {
    /// The window is not full yet, or it is and all is known.
    case nothing
    /// The window is full, and nothing is wrong with it; `learns` says whether it is clearly better than chance.
    case healthy(learns: Bool)
    /// Something is wrong.
    case symptom(TrainingWarning.Symptom, isRepetition: Bool)
  }

  /// How far the loss of a window may rise above the best one, as a share of the loss of guessing.
  ///
  /// Windows of healthy runs differ by less than a tenth of it.
  static let relapse = 0.4

  /// The loss of a window, as a multiple of a guesser's, that is alarming where the step is large; that of healthy runs was
  /// at most 1.04 times a guesser's.
  static let alarm = 1.2

  /// Updates before which staying at chance is no cause for concern, however many examples they took; or ten of each worker,
  /// if these are more.
  static let leastUpdates = 100

  /// The accuracy of always guessing the most frequent class.
  private let chance: Double
  /// The loss of guessing all classes alike, in nats.
  let guessingLoss: Double
  /// Examples in a window.
  private let window: Int
  /// Examples before which staying at chance is no cause for concern.
  private let grace: Int
  /// Updates before which it is none.
  private let leastUpdates: Int
  /// Examples after which a warning that still holds is repeated.
  let repetition: Int

  /// Examples so far.
  private var examples = 0
  private var current = TrainingTotals()
  private var bestAccuracy = 0.0
  private var bestLoss = Double.infinity
  private var atChance = Episode()
  private var explosion = Episode()
  private var relapse = Episode()

  /// Creates a monitor.
  ///
  /// - Parameters:
  ///   - classes: The number of classes.
  ///   - chance: The share of the most frequent class.
  ///   - plannedExamples: Examples that the whole run trains on.
  ///   - warmup: The share of the run over which the learning rate rises.
  ///   - workers: The number of workers, whose first gradients are all of the first parameters.
  init(classes: Int, chance: Double, plannedExamples: Int, warmup: Double, workers: Int = 1) {
    self.chance = chance
    guessingLoss = log(Double(max(2, classes)))
    window = max(1000, min(4000, plannedExamples / 50))
    grace = max(4 * window, Int((warmup + 0.1) * Double(plannedExamples)))
    repetition = max(4 * window, plannedExamples / 4)
    leastUpdates = max(Self.leastUpdates, 10 * workers)
  }

  /// The mean loss of the last full window, `nil` before there is one.
  private(set) var windowLoss: Double?

  /// Windows in a row, the last one included, whose loss was alarming.
  private(set) var alarmingWindows = 0

  /// Whether something is wrong that was reported.
  var isInEpisode: Bool { atChance.isOn || explosion.isOn || relapse.isOn }

  /// Looks at the sums since the last call.
  ///
  /// - Parameters:
  ///   - sums: Losses and hits.
  ///   - updates: Updates since the run began.
  /// - Returns: What was found.
  mutating func observe(_ sums: TrainingTotals, updates: Int) -> Finding {
    examples += sums.examples
    current.add(sums)
    guard current.examples >= window, let accuracy = current.accuracy, let loss = current.meanLoss else {
      return .nothing
    }
    let windowExamples = current.examples
    current = TrainingTotals()
    windowLoss = loss
    alarmingWindows = loss > Self.alarm * guessingLoss ? alarmingWindows + 1 : 0

    // A NaN loss must count as exploded.
    let isExploding = !(loss <= 3 * guessingLoss)
    let explosionReport = explosion.report(isExploding, every: repetition, at: examples)
    guard !isExploding else {
      return finding(.lossExploding(loss: loss, guessingLoss: guessingLoss), explosionReport)
    }

    // Five standard deviations of a guesser's hits, and a little more for a net that moves between constant answers.
    let threshold = chance + 5 * (chance * (1 - chance) / Double(windowExamples)).squareRoot() + 0.01
    guard accuracy <= threshold else {
      _ = atChance.report(false, every: repetition, at: examples)
      let isRising = loss > bestLoss + Self.relapse * guessingLoss
      let relapseReport = relapse.report(isRising, every: repetition, at: examples)
      guard !isRising else { return finding(.lossRising(loss: loss, bestLoss: bestLoss), relapseReport) }
      bestAccuracy = max(bestAccuracy, accuracy)
      bestLoss = min(bestLoss, loss)
      return .healthy(learns: hadLearned)
    }
    guard hadLearned || examples >= grace && updates >= leastUpdates else { return .nothing }
    return finding(
      hadLearned
        ? .collapsedToChance(accuracy: accuracy, bestAccuracy: bestAccuracy, chance: chance)
        : .stuckAtChance(accuracy: accuracy, chance: chance, loss: loss, examples: examples),
      atChance.report(true, every: repetition, at: examples))
  }

  /// Whether some window was clearly better than chance.
  private var hadLearned: Bool { bestAccuracy > chance + 0.2 * (1 - chance) }

  private func finding(_ symptom: TrainingWarning.Symptom, _ report: Episode.Report?) -> Finding {
    report.map { .symptom(symptom, isRepetition: $0 == .repetition) } ?? .nothing
  }
}
