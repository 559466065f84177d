import AsyncSGD
import Reporting
import Testing

@Suite("The final table")
struct SummaryTableTests {
  @Test("has a line for every figure")
  func completed() {
    #expect(
      SummaryTable(sampleFinal()).description == """
        outcome            completed
        test accuracy      96.35%
        test loss          0.1250
        train loss         0.2500
        time               13.75 s
        throughput         4.4k examples/s
        examples           60,000
        updates            3,750
        staleness          mean 6.98  p50 7  p95 9  p99 12  max 31
        updates by worker  min 460  median 469  max 475
                           470 469 468 471 465 472 460 475
        parameters         61,706
        parameters hash    0123456789abcdef
        peak memory        143.0 MB

        """)
  }

  @Test("names what stopped the run, refused pushes and long times")
  func stopped() {
    var report = sampleFinal()
    report.refusedPushes = 1_200
    report.last.updates = 1_234
    report.last.seconds = 83.456
    report.last.trainLoss = nil
    report.outcome = .diverged(sampleDivergence)
    let lines = SummaryTable(report).description.split(separator: "\n")
    #expect(lines[0] == "outcome            diverged after 1,234 of 3,750 updates, in conv1.weight")
    #expect(lines[3] == "train loss         -")
    #expect(lines[4] == "time               83.46 s (1m 23s)")
    #expect(lines[11] == "refused pushes     1,200")
    report.outcome = .interrupted
    #expect(SummaryTable(report).description.hasPrefix("outcome            interrupted after 1,234 of 3,750 updates\n"))
  }

  @Test("counts dropped pushes by reason, abandoned calculations, and compressed bytes, where there are any")
  func figures() {
    var report = sampleFinal()
    report.run.compression = "top-k"
    report.refusedPushes = 2
    report.last.figures = RunFigures(
      drops: [.notFinite: 2, .late: 1_234, .tooStale: 56, .stopped: 7], abandoned: 8_000, pushedBytes: 1_500_000,
      uncompressedBytes: 48_000_000)
    let lines = SummaryTable(report).description.split(separator: "\n")
    #expect(
      lines[11...14] == [
        "refused pushes     2", "dropped pushes     1,234 late, 56 too stale", "abandoned          8,000 calculations",
        "pushed             1.5 MB, 32.0 times less than uncompressed",
      ])
    var consistency = ConsistencyRecord()
    (consistency.pulls, consistency.mixedPulls, consistency.largestSpread) = (20_000, 100, 3)
    (consistency.watchedUpdates, consistency.lostUpdates) = (4_000, 1)
    report.last.figures.consistency = consistency
    report.last.figures.momentum = -0.12345
    report.run.momentum = 0.5
    let more = SummaryTable(report).description.split(separator: "\n")
    #expect(
      more[15...17] == [
        "mixed pulls        0.50% of 20,000, at most 3 updates apart",
        "lost updates       1 (0.03%) of 4,000 that were watched",
        "momentum           -0.1235, for a total of 0.5",
      ])
    report.last.figures.consistency = ConsistencyRecord()
    #expect(SummaryTable(report).description.contains("\nmixed pulls        0.00% of 0\nmomentum "))
    report.last.figures.drops[.late] = 0
    #expect(SummaryTable(report).description.contains("\ndropped pushes     56 too stale\n"))
  }

  @Test("times at the server have units, and faults are counted by kind")
  func faultsAndWaits() {
    var report = sampleFinal()
    report.faults = FaultCounts()
    var observations = AsynchronyObservations()
    observations.queueWait.record(2.5e-6)
    observations.serverOccupancy = 0.25
    report.last.figures.observations = observations
    let text = SummaryTable(report).description
    #expect(text.contains("\nqueue wait         mean 2.50 us  p50 2.50 us  p95 2.50 us  max 2.50 us\n"))
    #expect(text.contains("\nserver busy        25.00% of the time\n"))
    #expect(text.contains("\nfaults             none struck\n"))
  }

  @Test(
    "lists up to sixteen workers and sums up more",
    arguments: [
      ([], "-"), ([7], "7"), ([7, 5], "min 5  median 5  max 7\n                   7 5"),
      (Array(1...16), "min 1  median 8  max 16\n                   1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"),
      (Array(1...17), "min 1  median 9  max 17"),
    ] as [([Int], String)])
  func workers(updates: [Int], text: String) {
    var report = sampleFinal()
    report.updatesByWorker = updates
    #expect(SummaryTable(report).description.contains("\nupdates by worker  \(text)\nparameters  "))
  }
}
