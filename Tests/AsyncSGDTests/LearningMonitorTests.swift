import Testing

@testable import AsyncSGD

@Suite("Learning monitor")
struct LearningMonitorTests {
  /// Feeds windows of 1,000 examples with the given accuracies and losses, and returns what was said, by window.
  private func say(
    _ windows: [(accuracy: Double, loss: Double)], planned: Int = 40_000, warmup: Double = 0
  ) -> [Int: TrainingWarning] {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: planned, warmup: warmup)
    var said: [Int: TrainingWarning] = [:]
    for (index, window) in windows.enumerated() {
      var sums = TrainingTotals()
      sums.examples = 1000
      sums.correct = Int(window.accuracy * 1000)
      sums.loss = window.loss * 1000
      said[index] = monitor.observe(sums, update: index)
    }
    return said
  }

  @Test("a run that learns is left in peace")
  func learning() {
    let windows = (0..<40).map { (window: Int) -> (accuracy: Double, loss: Double) in
      let accuracy: Double = 0.1 + 0.05 * Double(window)
      return (min(0.98, accuracy), 2.3 / Double(window + 1))
    }
    #expect(say(windows).isEmpty)
  }

  @Test("chance is no concern while the learning rate warms up and shortly after")
  func grace() {
    let said = say(Array(repeating: (0.1, 2.3), count: 8) + [(0.3, 2)], planned: 40_000, warmup: 0.1)
    #expect(said.keys.sorted() == [7])
    #expect(said[7] == .stuckAtChance(accuracy: 0.1, chance: 0.1, examples: 8000, update: 7))
  }

  @Test("a run stuck at chance hears of it again only after a quarter of the run")
  func repetition() {
    let said = say(Array(repeating: (0.11, 2.3), count: 40))
    #expect(said.keys.sorted() == [3, 13, 23, 33])
  }

  @Test("a run that had learned and fell back to one class hears of it at once")
  func collapse() {
    let said = say([(0.4, 1.5), (0.8, 0.6), (0.11, 2.3), (0.1, 2.3)])
    #expect(said.count == 1)
    #expect(said[2] == .collapsedToChance(accuracy: 0.11, bestAccuracy: 0.8, chance: 0.1, update: 2))
  }

  @Test("a loss far above guessing is an explosion, NaN included", arguments: [7.0, 1e30, .infinity, .nan])
  func explosion(loss: Double) {
    let said = say([(0.2, 2.2), (0.2, loss), (0.3, 2)])
    #expect(said.count == 1)
    guard case .lossExploding(_, let guessing, 1) = said[1] else {
      Issue.record("said \(said)")
      return
    }
    #expect(abs(guessing - 2.302585) < 1e-6)
  }

  @Test("a loss a little above guessing is none: networks start there")
  func noExplosion() {
    #expect(say([(0.1, 4), (0.2, 3), (0.3, 2)]).isEmpty)
  }

  @Test("windows smaller than luck allows are waited for")
  func smallWindows() {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: 4000, warmup: 0)
    var sums = TrainingTotals()
    sums.examples = 25
    sums.loss = 1000
    for _ in 0..<39 {
      #expect(monitor.observe(sums, update: 0) == nil)
    }
    #expect(monitor.observe(sums, update: 0) != nil)
  }

  @Test("an explosion does not blind the monitor to what follows")
  func afterAnExplosion() {
    let said = say([(0.5, 1), (0.2, 1e30), (0.5, 2.3), (0.1, 2.3), (0.5, 1), (0.5, 1e30)])
    #expect(said.keys.sorted() == [1, 3, 5])
  }
}
