import Testing

@testable import Reporting

@Suite("The analysis of a comparison")
struct ComparisonAnalysisTests {
  private let sync = sampleCell("sync")
  private let async = sampleCell("async")

  @Test("compares at what all runs reached: gradients and time")
  func commonGround() throws {
    let runs =
      sampleRuns(sync, [0.9, 0.9], seconds: [10, 20]) + sampleRuns(async, [0.8, 0.8], seconds: [5, 8])
      + [sampleComparisonRun(async, seed: 3, accuracy: 0.8, seconds: 5, examples: 600)]
    let group = try #require(ComparisonAnalysis(runs, cells: [sync, async]).groups.first)
    #expect(group.examples == 600)
    #expect(group.seconds == 5)
    #expect(group.baseline.cell == sync)
    // Half of its 10 s, and a quarter of its 20 s.
    #expect(abs(try #require(group.baseline.accuracyAtSeconds[1]) - 0.5) < 1e-12)
    #expect(abs(try #require(group.baseline.accuracyAtSeconds[2]) - 0.3) < 1e-12)
    #expect(group.baseline.examplesAtSeconds == [1: 500, 2: 250])
    #expect(group.members[1].secondsAtExamples.keys.sorted() == [1, 2, 3])
  }

  @Test("pairs cells seed by seed")
  func pairing() throws {
    let runs =
      sampleRuns(sync, [0.80, 0.85, 0.90], seconds: [10, 20, 40])
      + sampleRuns(async, [0.81, 0.87, 0.91], seconds: [5, 10, 20])
    let group = try #require(ComparisonAnalysis(runs, cells: [sync, async], target: 0.7).groups.first)
    let matchup = try #require(group.matchup(of: group.members[1]))
    let gain = try #require(matchup.accuracyAtExamples)
    #expect(abs(gain.mean - 0.04 / 3) < 1e-12)
    // Apart, the accuracies differ by far more than the differences do.
    #expect(gain.isSigned == false || gain.mean > 0)
    #expect(try #require(gain.halfWidth) < 0.02)
    #expect(abs(try #require(matchup.throughput).value - 2) < 1e-9)
    let speedUp = try #require(matchup.speedUp)
    #expect(speedUp.isSigned && speedUp.value > 2)
    #expect(group.matchup(of: group.baseline) == nil)
  }

  @Test("takes 99 % of the lowest baseline as the target, and says so; a target that is given goes first")
  func target() throws {
    let other = sampleCell("sync", workers: 8)
    let runs = sampleRuns(sync, [0.9, 0.8], seconds: [1, 1]) + sampleRuns(other, [0.7, 0.6], seconds: [1, 1])
    let analysis = ComparisonAnalysis(runs, cells: [sync, other])
    #expect(analysis.groups.count == 2)
    #expect(abs(try #require(analysis.target).accuracy - 0.99 * 0.65) < 1e-12)
    #expect(try #require(analysis.target).origin == "99 % of the mean final accuracy of sync with 8 workers, 65.00%")
    #expect(ComparisonAnalysis(runs, cells: [sync, other], target: 0.5).target?.accuracy == 0.5)
  }

  @Test("counts runs that never reach the target, and takes no mean of the others")
  func censored() throws {
    let runs = sampleRuns(sync, [0.9, 0.9], seconds: [10, 10]) + sampleRuns(async, [0.9, 0.5], seconds: [5, 5])
    let group = try #require(ComparisonAnalysis(runs, cells: [sync, async], target: 0.8).groups.first)
    #expect(group.members[0].reached == 2)
    #expect(group.members[1].reached == 1)
    #expect(group.members[0].timeToTarget?.mean == group.members[0].secondsToTarget[1])
    #expect(group.members[1].timeToTarget == nil)
    #expect(group.matchup(of: group.members[1])?.speedUp == nil)
  }

  @Test("leaves runs that diverged out of the means, and counts them")
  func diverged() throws {
    let runs =
      sampleRuns(sync, [0.9, 0.8], seconds: [10, 10])
      + [
        sampleComparisonRun(async, seed: 1, accuracy: 0.3, seconds: 1, examples: 10, outcome: .diverged),
        sampleComparisonRun(async, seed: 2, accuracy: 0.7),
      ]
    let group = try #require(ComparisonAnalysis(runs, cells: [sync, async]).groups.first)
    #expect(group.examples == 1000)
    #expect(group.members[1].diverged == 1)
    #expect(!group.members[1].isSound)
    #expect(group.members[1].accuracyAtExamples.keys.sorted() == [2])
    #expect(group.matchup(of: group.members[1])?.accuracyAtExamples?.count == 1)
  }

  @Test("groups cells by workers, or around a baseline with a fixed number")
  func baselines() {
    let cells = [sampleCell("async", workers: 1), sampleCell("ssp:2"), sync, async]
    let runs = cells.flatMap { sampleRuns($0, [0.9], seconds: [10]) }
    let groups = ComparisonAnalysis(runs, cells: cells).groups
    #expect(groups.map(\.workers) == [1, 4])
    #expect(groups.map(\.baseline.cell) == [cells[0], sync])
    let fixed = ComparisonAnalysis(runs, cells: cells, baseline: .init(mode: "async", rule: "plain", workers: 1)).groups
    #expect(fixed.count == 1)
    #expect(fixed[0].workers == nil)
    #expect(fixed[0].baseline.cell == cells[0])
    let named = ComparisonAnalysis(runs, cells: cells, baseline: .init(mode: "ssp:2")).groups
    #expect(named.map(\.baseline.cell) == [cells[0], cells[1]])
  }

  @Test("of runs that all diverged has no common ground, and does not fail")
  func nothingFinished() {
    let runs = [sync, async].map { sampleComparisonRun($0, seed: 1, accuracy: 0.2, outcome: .diverged) }
    let analysis = ComparisonAnalysis(runs, cells: [sync, async])
    #expect(analysis.target == nil)
    #expect(analysis.groups[0].examples == nil)
    #expect("\(ComparisonTables(analysis))".contains("One seed"))
  }
}
