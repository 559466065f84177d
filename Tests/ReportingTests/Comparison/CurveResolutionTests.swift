import Foundation
import Testing

@testable import Reporting

@Suite("Curves with few evaluations")
struct CurveResolutionTests {
  private let sync = sampleCell("sync")
  private let async = sampleCell("async")

  /// A run with these accuracies, a second and a hundred examples apart.
  private func run(
    _ cell: ComparisonCell, seed: UInt64 = 1, _ accuracies: [Double], pace: Double = 1,
    outcome: ComparisonRun.Outcome = .completed
  ) -> ComparisonRun {
    var run = sampleComparisonRun(cell, seed: seed, accuracy: 0.9, outcome: outcome)
    run.curve = LearningCurve(
      accuracies.enumerated().map { index, accuracy in
        LearningCurve.Point(
          examples: 100 * index, updates: index, seconds: pace * Double(index), trainLoss: nil,
          testLoss: 1 - accuracy, testAccuracy: accuracy)
      })
    return run
  }

  private func analysis(_ runs: [ComparisonRun], target: Double = 0.9) -> ComparisonAnalysis {
    ComparisonAnalysis(runs, cells: [sync, async], target: target)
  }

  /// Five seeds of both cells.
  private func seeds(_ first: [Double], _ second: [Double], pace: Double = 1) -> [ComparisonRun] {
    (1...5).flatMap { [run(sync, seed: $0, first), run(async, seed: $0, second, pace: pace)] }
  }

  @Test("one epoch says nothing of times, in no form, and all of equal gradients")
  func oneEpoch() throws {
    let analysis = analysis(seeds([0.1, 0.95], [0.1, 0.93], pace: 0.5), target: 0.6)
    let group = analysis.groups[0]
    #expect(group.seconds == nil && group.timeDoubt != nil && group.targetDoubt != nil)
    #expect(group.members.allSatisfy { $0.accuracyAtSeconds.isEmpty && $0.timeToTarget == nil && $0.reached == 5 })
    let matchup = try #require(group.matchup(of: group.members[1]))
    #expect(matchup.speedUp == nil && matchup.accuracyAtSeconds == nil)
    #expect(abs(try #require(matchup.accuracyAtExamples).mean + 0.02) < 1e-12)

    let verdict = ComparisonVerdict(analysis, place: "here")
    #expect(verdict.decision == .open)
    #expect(verdict.conclusion.contains("cannot be told from so coarse curves"))
    #expect(verdict.conclusion.contains("at equal gradients async loses 2.00 points"))
    let statements = verdict.sections[0].statements
    #expect(statements[0].hasPrefix("at equal gradients (100 examples): sync is ahead of async by 2.00 points"))
    #expect(statements[1].hasPrefix("at equal time: withheld, because sync was evaluated once after the start"))
    #expect(statements[2].hasPrefix("to 60.00%: withheld, because sync was evaluated once after the start"))
    #expect(!verdict.text.contains(" times as fast") && !verdict.text.contains("times (95"))

    let tables = "\(ComparisonTables(analysis))"
    #expect(tables.contains("AT EQUAL TIME, 4 workers\nwithheld, because "))
    #expect(tables.contains("TIME TO 60.00% (as given), 4 workers\nwithheld, because "))
    #expect(tables.contains("AT EQUAL GRADIENTS: 100 examples"))

    let line = try #require(ComparisonRecord.lines(analysis, verdict).dropFirst().first)
    let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let time = try #require(record["equalTime"] as? [String: Any])
    #expect(time["testAccuracy"] is NSNull && time["withheld"] is String)
    let goal = try #require(record["target"] as? [String: Any])
    #expect(goal["seconds"] is NSNull && goal["speedUp"] is NSNull && goal["withheld"] is String)

    let page = ComparisonPage(analysis, verdict: verdict, command: "c", clock: "wall-clock", notes: []).html
    #expect(page.contains("withheld, because ") && !page.contains("in 5 of 5 runs only"))
  }

  @Test("five evaluations after the first are enough, four are not")
  func fewest() {
    let five = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95]
    let enough = analysis(seeds(five, five), target: 0.925).groups[0]
    #expect(enough.timeDoubt == nil && enough.targetDoubt == nil && enough.seconds == 5)
    let short = analysis(seeds(five, Array(five.dropLast())), target: 0.925).groups[0]
    #expect(short.timeDoubt?.hasPrefix("async was evaluated 4 times after the start") == true)
    #expect(short.targetDoubt == short.timeDoubt)
  }

  @Test("where evaluations are more than five points apart nothing is read in between, and elsewhere it is")
  func steep() {
    // Async ends in the middle of sync's last step, of 20 points.
    let steep = [0.1, 0.5, 0.6, 0.68, 0.7, 0.9]
    let flat = [0.1, 0.5, 0.6, 0.68, 0.7, 0.72]
    let late = analysis(seeds(steep, flat, pace: 0.9), target: 0.69).groups[0]
    #expect(
      late.timeDoubt == "the evaluations around it differ by up to 20.0 points of accuracy, and more than 5 do not "
        + "say what is in between: '--evaluations-per-epoch' gives more of them")
    #expect(late.targetDoubt == nil)
    #expect(late.members.allSatisfy { $0.timeToTarget != nil })
    // At the evaluations themselves nothing has to be guessed.
    #expect(analysis(seeds(steep, flat), target: 0.7).groups[0].timeDoubt == nil)
    #expect(analysis(seeds(steep, flat), target: 0.5).groups[0].targetDoubt == nil)
    #expect(analysis(seeds(steep, flat), target: 0.3).groups[0].targetDoubt != nil)
  }

  @Test("a short curve of a run that diverged keeps nobody from comparing the others")
  func diverged() {
    let curve = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95]
    let lost = run(async, seed: 9, [0.1, 0.1], outcome: .diverged)
    let group = analysis(seeds(curve, curve) + [lost], target: 0.925).groups[0]
    #expect(group.timeDoubt == nil && group.targetDoubt == nil)
  }
}
