import AsyncSGD
import Foundation
import Testing

@testable import Reporting

private func bins(_ counts: [Int], width: Int = 1) -> [StalenessBin] {
  counts.enumerated().map { StalenessBin(lower: $0 * width, upper: ($0 + 1) * width - 1, count: $1) }
}

@Suite("The staleness observatory")
struct StalenessPlotsTests {
  @Test("as text has a row for each value, and one for the tail")
  func rows() {
    let lines = TextHistogram(bins([10, 60, 20, 9, 0, 0, 1]), p99: 3).lines
    #expect(
      lines == [
        "  0   10.0%  #####", "  1   60.0%  ##############################", "  2   20.0%  ##########",
        "  3    9.0%  #####", "4-6    1.0%  #",
      ])
    #expect(TextHistogram([], p99: 0).lines.isEmpty)
    #expect(TextHistogram(bins([0, 0]), p99: 0).lines.isEmpty)
    #expect(TextHistogram(bins([7]), p99: 0).lines == ["0  100.0%  ##############################"])
  }

  @Test(
    "as text is nine rows at most, and holds every gradient once",
    arguments: [(9, 1), (20, 1), (64, 1), (64, 3), (64, 313), (5, 2)])
  func size(count: Int, width: Int) {
    let distribution = bins((0..<count).map { 100 + $0 }, width: width)
    let total = distribution.reduce(0) { $0 + $1.count }
    var seen = 0
    let p99 = distribution.first { bin in
      seen += bin.count
      return 100 * seen >= 99 * total
    }?.upper
    let lines = TextHistogram(distribution, p99: p99 ?? 0).lines
    #expect(lines.count <= 9)
    let shares = lines.compactMap { line in line.split(separator: " ").compactMap { Double($0.dropLast()) }.first }
    let sum = shares.reduce(0, +)
    // Each share is rounded to a tenth.
    #expect(abs(sum - 100) <= 0.05 * Double(lines.count) + 1e-9)
    #expect(lines.allSatisfy { $0.last != " " })
  }

  @Test("is in the summary where gradients are stale, by worker too")
  func summary() {
    var report = sampleFinal()
    report.last.staleness = StalenessSummary(mean: 1.2, p50: 1, p95: 2, p99: 2, max: 2)
    report.last.figures.stalenessBins = bins([1, 2, 1])
    report.last.figures.stalenessByWorker = (0..<8).map {
      StalenessSummary(mean: 1, p50: $0, p95: $0 + 1, p99: 9, max: 9)
    }
    var text = SummaryTable(report).description
    #expect(text.contains("\nstaleness shares   0   25.0%  ###############\n                   1   50.0%  ####"))
    let workers = "\nworker staleness   p50  0 1 2 3 4 5 6 7\n                   p95  1 2 3 4 5 6 7 8\nupdates by"
    #expect(text.contains(workers))
    report.last.figures.stalenessByWorker += report.last.figures.stalenessByWorker
    report.last.figures.stalenessByWorker += report.last.figures.stalenessByWorker
    text = SummaryTable(report).description
    #expect(text.contains("\nworker staleness   p50  min 0  median 3  max 7\n"))
    report.run.mode = "sync"
    #expect(!SummaryTable(report).description.contains("staleness shares"))
  }

  @Test("shows what else was measured, in the summary, the metrics and pictures")
  func observations() throws {
    var report = sampleFinal()
    var observations = AsynchronyObservations()
    for value in [0.01, 0.02, 0.04] {
      observations.gap.record(value)
      observations.cosine.record(1 - value)
      observations.queueWait.record(value / 1000)
    }
    for gap in [1, 3, 3, 5] { observations.versionGap.record(gap) }
    observations.serverOccupancy = 0.125
    report.last.figures.observations = observations
    report.last.figures.stalenessBins = bins([5, 9, 2])
    report.last.figures.stalenessByWorker = [report.last.staleness, report.last.staleness]
    let text = SummaryTable(report).description
    #expect(text.contains("\nversion gap        mean 3.00  p50 3  p95 5  max 5\n"))
    #expect(text.contains("\nparameter gap      mean 0.0233  p50 0.0"))
    #expect(text.contains("\nstale and fresh    mean 0.977  p50 "))
    #expect(text.contains("\nqueue wait         mean 23.3 us  p50 "))
    #expect(text.contains("\nserver busy        12.50% of the time\n"))

    let line = TrainingEvent.final(report).json(moreArguments: []).text
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let gap = try #require(object["parameterGap"] as? [String: Any])
    #expect(gap["samples"] as? Int == 3 && gap["max"] as? Double == 0.04)
    let versions = try #require(object["versionGap"] as? [String: Any])
    #expect(versions["samples"] as? Int == 4 && versions["p50"] as? Int == 3 && versions["max"] as? Int == 5)
    #expect(object["serverOccupancy"] as? Double == 0.125)
    let histogram = try #require(object["stalenessHistogram"] as? [[String: Any]])
    #expect(histogram.compactMap { $0["count"] as? Int } == [5, 9, 2])
    let workers = try #require(object["stalenessByWorker"] as? [String: Any])
    #expect((workers["p95"] as? [Int])?.count == 2)

    let pictures = StalenessPlots(report.last.figures).pictures(id: "o")
    #expect(pictures.count == 6)
    #expect(pictures.allSatisfy { $0.contains("<title") && !$0.contains("nan") && !$0.contains("inf") })
    #expect(StalenessPlots(RunFigures()).pictures(id: "o").isEmpty)
  }
}
