import Testing

@testable import AsyncSGD

@Suite("Learning monitor")
struct LearningMonitorTests {
  private typealias Said = (symptom: TrainingWarning.Symptom, isRepetition: Bool)

  /// Feeds windows of 1,000 examples with the given accuracies and losses, and returns what was said, by window.
  private func say(
    _ windows: [(accuracy: Double, loss: Double)], planned: Int = 40_000, warmup: Double = 0
  ) -> [Int: Said] {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: planned, warmup: warmup)
    var said: [Int: Said] = [:]
    for (index, window) in windows.enumerated() {
      var sums = TrainingTotals()
      sums.examples = 1000
      sums.correct = Int(window.accuracy * 1000)
      sums.loss = window.loss * 1000
      if case .symptom(let symptom, let isRepetition) = monitor.observe(sums, updates: 1000) {
        said[index] = (symptom, isRepetition)
      }
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
    #expect(said[7]?.symptom == .stuckAtChance(accuracy: 0.1, chance: 0.1, loss: 2.3, examples: 8000))
  }

  @Test("chance is no concern before there were enough updates to leave it, however many examples they took")
  func fewUpdates() {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: 40_000, warmup: 0)
    var sums = TrainingTotals()
    (sums.examples, sums.correct, sums.loss) = (1000, 100, 2300)
    let said = (1...20).map { monitor.observe(sums, updates: 12 * $0) != .nothing }
    #expect(said.firstIndex(of: true) == 8, "the first window that ends after 100 updates")
  }

  @Test("windows with a loss far above guessing are counted while they follow one another")
  func alarmingWindows() {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: 40_000, warmup: 0)
    // 1.2 · 2.3026 = 2.763.
    let counts = [2.7, 2.8, 2.9, 2.7, 2.8].map { (loss: Double) -> Int in
      var sums = TrainingTotals()
      (sums.examples, sums.correct, sums.loss) = (1000, 300, 1000 * loss)
      _ = monitor.observe(sums, updates: 1000)
      return monitor.alarmingWindows
    }
    #expect(counts == [0, 1, 2, 0, 1])
  }

  @Test("a run stuck at chance hears of it again only after a quarter of the run")
  func repetition() {
    let said = say(Array(repeating: (0.11, 2.3), count: 40))
    #expect(said.keys.sorted() == [3, 13, 23, 33])
    #expect(said.filter { !$0.value.isRepetition }.keys.sorted() == [3])
  }

  @Test("a run that had learned and fell back to one class hears of it at once")
  func collapse() {
    let said = say([(0.4, 1.5), (0.8, 0.6), (0.11, 2.3), (0.1, 2.3)])
    #expect(said.count == 1)
    #expect(said[2]?.symptom == .collapsedToChance(accuracy: 0.11, bestAccuracy: 0.8, chance: 0.1))
  }

  @Test("a loss far above guessing is an explosion, NaN included", arguments: [7.0, 1e30, .infinity, .nan])
  func explosion(loss: Double) {
    let said = say([(0.2, 2.2), (0.2, loss), (0.3, 2)])
    #expect(said.count == 1)
    guard case .lossExploding(_, let guessing) = said[1]?.symptom else {
      Issue.record("said \(said)")
      return
    }
    #expect(abs(guessing - 2.302585) < 1e-6)
  }

  @Test("a loss a little above guessing is none: networks start there")
  func noExplosion() {
    #expect(say([(0.1, 4), (0.2, 3), (0.3, 2)]).isEmpty)
  }

  @Test("staying at chance is no cause for concern before each of many workers has made ten updates")
  func manyWorkers() {
    var sums = TrainingTotals()
    (sums.examples, sums.loss, sums.correct) = (1000, 2302, 100)
    func firstSaid(workers: Int) -> Int? {
      var monitor = LearningMonitor(
        classes: 10, chance: 0.1, plannedExamples: 40_000, warmup: 0, workers: workers)
      return (1...40).first { monitor.observe(sums, updates: 125 * $0) != .nothing }
    }
    // From the fourth window on, after 500 updates; 200 workers have made ten each after 2,000.
    #expect(firstSaid(workers: 8) == 4)
    #expect(firstSaid(workers: 200) == 16)
  }

  @Test("windows smaller than luck allows are waited for")
  func smallWindows() {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: 4000, warmup: 0)
    var sums = TrainingTotals()
    sums.examples = 25
    sums.loss = 1000
    for _ in 0..<39 {
      #expect(monitor.observe(sums, updates: 1000) == .nothing)
    }
    #expect(monitor.observe(sums, updates: 1000) != .nothing)
  }

  @Test("an explosion does not blind the monitor to what follows; what comes back soon is told in short")
  func afterAnExplosion() {
    let said = say([(0.5, 1), (0.2, 1e30), (0.5, 1.3), (0.1, 2.3), (0.5, 1), (0.5, 1e30)])
    #expect(said.keys.sorted() == [1, 3, 5])
    #expect(said.filter { $0.value.isRepetition }.keys.sorted() == [5])
  }

  @Test("a loss that rises far above its best is told, and one that wavers is not")
  func relapse() {
    // The loss of guessing is 2.3026; the threshold is 0.9 + 0.4 · 2.3026 = 1.82.
    let said = say([(0.3, 2), (0.7, 0.9), (0.6, 1.8), (0.4, 1.83), (0.4, 1.9), (0.7, 0.8)])
    #expect(said.keys.sorted() == [3])
    #expect(said[3]?.symptom == .lossRising(loss: 1.83, bestLoss: 0.9))
  }

  @Test("a window is healthy only if it is better than chance, and learns from a fifth of the way up")
  func health() {
    var monitor = LearningMonitor(classes: 10, chance: 0.1, plannedExamples: 40_000, warmup: 0)
    func window(_ accuracy: Double) -> LearningMonitor.Finding {
      var sums = TrainingTotals()
      (sums.examples, sums.correct, sums.loss) = (1000, Int(accuracy * 1000), 2000)
      return monitor.observe(sums, updates: 1000)
    }
    #expect(window(0.1) == .nothing)
    #expect(window(0.2) == .healthy(learns: false))
    #expect(window(0.29) == .healthy(learns: true))
    #expect(window(0.2) == .healthy(learns: true))
    #expect(!monitor.isInEpisode)
    #expect(
      window(0.1) == .symptom(.collapsedToChance(accuracy: 0.1, bestAccuracy: 0.29, chance: 0.1), isRepetition: false))
    #expect(monitor.isInEpisode)
  }
}
