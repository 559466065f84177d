import AsyncSGD
import Foundation
import Testing

@testable import Reporting

/// A reporter whose clock, width and output belong to the test.
private final class Console: @unchecked Sendable {  // used by one thread
  var now = 100.0
  var width = 80
  private(set) var text = ""
  private var reporter: ConsoleReporter?

  init(isTerminal: Bool, isQuiet: Bool = false, moreArguments: [String] = []) {
    reporter = ConsoleReporter(
      style: isTerminal ? .terminal(width: { [unowned self] in width }) : .plain, isQuiet: isQuiet,
      moreArguments: moreArguments, now: { [unowned self] in now }, write: { [unowned self] in text += $0 })
  }

  func observe(_ event: TrainingEvent) { reporter?.observe(event) }
  func note(_ line: String) { reporter?.note(line) }
  func open(with line: String, isWarning: Bool) { reporter?.open(with: line, isWarning: isWarning) }
  func alert(_ line: String) { reporter?.alert(line) }

  /// What was written since the last call.
  func takeText() -> String {
    defer { text = "" }
    return text
  }
}

private let runLine =
  "asgd-train --workers 8 --mode async --rule plain --optimizer sgd --compression none --clip-norm 0 "
  + "--push-every 1 --dataset digits --model lenet5 --epochs 5 "
  + "--batch-size 16 --learning-rate 0.03 --momentum 0 --weight-decay 0 --schedule linear --warmup 0.1 --seed 1 "
  + "--kernels simd  # version 0.1.0, 61,706 parameters, 12,000 training and 2,000 test examples, 10 classes, "
  + "16 examples an update, 3,750 updates planned, kernels simd for avx2\n"
private let wholeHeader =
  "epoch  done  examples/s     loss  staleness  max  test loss  accuracy    left  learning rate\n"
private let header = "epoch  done  examples/s     loss  staleness  max  test loss  accuracy    left\n"
private let progressRow = " 1.24   24%        4.6k   0.4321       6.98   15                         9.9s"
private let epochRow = "    2              4.4k   0.2500       6.98   31     0.1250    96.35%\n"

@Suite("The progress display")
struct ConsoleReporterTests {
  @Test("an evaluation within an epoch has its place among the columns")
  func evaluation() {
    let console = Console(isTerminal: false)
    console.observe(
      .evaluation(
        EvaluationReport(
          epoch: 1.25, seconds: 3.5, examples: 15_000, updates: 938, testLoss: 0.125, testAccuracy: 0.9635)))
    console.observe(.epoch(sampleEpoch()))
    #expect(console.text == " 1.25" + String(repeating: " ", count: 48) + "0.1250    96.35%\n" + epochRow)
  }

  @Test("first states the whole run as a command, then the columns")
  func firstLine() {
    let console = Console(isTerminal: false)
    console.observe(.run(sampleRun()))
    #expect(console.text == runLine + wholeHeader)
  }

  @Test("states options that the description does not know, quoted for a shell, and where the run was resumed")
  func moreArguments() throws {
    let console = Console(
      isTerminal: false, moreArguments: ["--hidden", "500", "--data-dir", "my data/o'clock", "--metrics", ""])
    var run = sampleRun()
    run.resumedAtUpdate = 1_500
    console.observe(.run(run))
    let line = try #require(console.text.split(separator: "\n").first)
    #expect(line.contains(#" --kernels simd --hidden 500 --data-dir 'my data/o'\''clock' --metrics ''  # version"#))
    #expect(line.hasSuffix("kernels simd for avx2, resumed at update 1,500"))
  }

  @Test("notes on a run stand below its first line, and its warnings are shown even if the display is quiet")
  func openings() {
    for isQuiet in [false, true] {
      let console = Console(isTerminal: false, isQuiet: isQuiet)
      console.open(with: "note: odd", isWarning: false)
      console.open(with: "warning: short", isWarning: true)
      #expect(console.text.isEmpty)
      console.observe(.run(sampleRun()))
      #expect(console.text == (isQuiet ? "warning: short\n" : runLine + "note: odd\nwarning: short\n" + wholeHeader))
    }
  }

  @Test("a run in virtual time shows that time and how fast it passes, before what a narrow terminal has no room for")
  func virtualTime() {
    let console = Console(isTerminal: true)
    var run = sampleRun()
    run.driver = .virtual
    console.observe(.run(run))
    #expect(
      console.takeText().hasSuffix("\nepoch  done   virtual  speed    left     loss  staleness  test loss  accuracy\n"))
    var progress = sampleProgress()
    progress.virtualSeconds = 1.625
    progress.isGlance = true
    console.observe(.progress(progress))
    let row = " 1.24   24%    1.62 s  0.50x    9.9s   0.4321       6.98"
    #expect(console.takeText() == "\r\(row)\u{1B}[K")
    var epoch = sampleEpoch()
    epoch.virtualSeconds = 5500
    console.observe(.epoch(epoch))
    let epochRow = "    2          1h 32m  1.0kx           0.2500       6.98     0.1250    96.35%"
    #expect(console.takeText() == "\r\u{1B}[K\(epochRow)\n")
    console.width = 110
    console.observe(.epoch(epoch))
    #expect(console.takeText() == "\(epochRow)        4.4k   31\n")
  }

  @Test("faults are told when they strike, one of a kind a second, with the number of those left out")
  func faults() {
    let console = Console(isTerminal: false)
    let crash = FaultNotice(.crash, worker: 3, update: 1_234, seconds: 1, duration: 0.5)
    console.observe(.fault(crash))
    console.observe(.fault(crash))
    console.observe(.fault(FaultNotice(.pause, worker: 1, update: 2, seconds: 1, duration: 90)))
    #expect(
      console.takeText()
        == "fault: worker 3 crashed at update 1,234, and is back in 500 ms\n"
        + "fault: worker 1 pauses at update 2, for 1m 30s\n")
    console.now += 1
    console.observe(.fault(FaultNotice(.crash, worker: 0, update: 5, seconds: 1)))
    #expect(
      console.takeText()
        == "fault: worker 0 crashed at update 5, for good; 1 more of the kind since the last one shown\n")
    let others = FaultNotice.Kind.allCases.filter { ![.crash, .pause].contains($0) }
    for kind in others { console.observe(.fault(FaultNotice(kind, worker: 2, update: 7, seconds: 1))) }
    #expect(
      console.takeText() == """
        fault: worker 2 is back at update 7
        fault: worker 2 joins at update 7
        fault: a push of worker 2 is lost at update 7
        fault: a push of worker 2 arrives twice at update 7

        """)
    let quiet = Console(isTerminal: false, isQuiet: true)
    quiet.observe(.fault(crash))
    #expect(quiet.text.isEmpty)
  }

  @Test("updates one line of a terminal in place")
  func terminal() {
    let console = Console(isTerminal: true)
    console.observe(.run(sampleRun()))
    #expect(console.takeText() == runLine + header)
    console.observe(.progress(sampleProgress()))
    #expect(console.takeText() == "\r\(progressRow)\u{1B}[K")
    console.now += 0.11
    console.observe(.progress(sampleProgress()))
    #expect(console.takeText() == "\r\(progressRow)\u{1B}[K")
    console.observe(.epoch(sampleEpoch()))
    #expect(console.takeText() == "\r\u{1B}[K" + epochRow)
    console.observe(.epoch(sampleEpoch()))
    #expect(console.takeText() == epochRow)
    console.now += 0.11
    console.observe(.progress(sampleProgress()))
    #expect(console.takeText() == "\r\(progressRow)\u{1B}[K")
    console.observe(.final(sampleFinal()))
    #expect(console.takeText() == "\r\u{1B}[K")
  }

  @Test("shows as many whole columns as a terminal has room for, and the learning rate on a wide one")
  func terminalWidth() {
    let console = Console(isTerminal: true)
    console.observe(.run(sampleRun()))
    for (width, row) in [
      (200, progressRow + "        0.02531"), (95, progressRow + "        0.02531"), (94, progressRow),
      (80, progressRow),
      (79, " 1.24   24%        4.6k   0.4321       6.98   15"), (35, " 1.24   24%        4.6k   0.4321"),
      (34, " 1.24   24%        4.6k"), (7, ""), (1, ""),
    ] {
      console.width = width
      console.now += 1
      _ = console.takeText()
      console.observe(.progress(sampleProgress()))
      #expect(console.text == "\r\(row)\u{1B}[K", "width \(width)")
      #expect(row.isEmpty || row.count + "^C".count < width)
    }
  }

  @Test("updates a terminal at most ten times a second")
  func terminalRate() {
    let console = Console(isTerminal: true)
    console.observe(.run(sampleRun()))
    var updates = 0
    for step in 0..<1_000 {
      console.now = 100 + Double(step) / 500
      _ = console.takeText()
      console.observe(.progress(sampleProgress()))
      if !console.text.isEmpty { updates += 1 }
    }
    #expect((18...20).contains(updates))
  }

  @Test("writes a plain line every five seconds without escape codes, and epochs always")
  func plain() {
    let console = Console(isTerminal: false)
    console.observe(.run(sampleRun()))
    _ = console.takeText()
    console.now += 4.9
    console.observe(.progress(sampleProgress()))
    #expect(console.takeText() == "")
    console.now += 0.2
    console.observe(.progress(sampleProgress()))
    #expect(console.takeText() == progressRow + "        0.02531\n")
    console.now += 4.9
    console.observe(.progress(sampleProgress()))
    console.observe(.epoch(sampleEpoch()))
    console.observe(.final(sampleFinal()))
    #expect(console.takeText() == epochRow)
  }

  @Test("repeats the columns after every twenty epochs")
  func headers() {
    let console = Console(isTerminal: false)
    console.observe(.run(sampleRun()))
    _ = console.takeText()
    for _ in 1...41 { console.observe(.epoch(sampleEpoch())) }
    let twenty = String(repeating: epochRow, count: 20) + wholeHeader
    #expect(console.text == twenty + twenty + epochRow)
  }

  @Test("shows numbers that are missing or not finite")
  func oddNumbers() {
    let console = Console(isTerminal: false)
    console.observe(.run(sampleRun()))
    _ = console.takeText()
    console.now += 5
    var progress = sampleProgress()
    progress.trainLoss = nil
    progress.secondsRemaining = nil
    progress.epoch = 5
    console.observe(.progress(progress))
    #expect(
      console.takeText()
        == " 5.00  100%        4.6k        -       6.98   15                            -        0.02531\n")
    var epoch = sampleEpoch()
    epoch.testLoss = .nan
    epoch.trainLoss = .infinity
    console.observe(.epoch(epoch))
    #expect(console.takeText() == "    2              4.4k      inf       6.98   31        nan    96.35%\n")
  }

  @Test("does not say 100 % before the end")
  func almostDone() {
    let console = Console(isTerminal: true)
    console.observe(.run(sampleRun()))
    var progress = sampleProgress()
    progress.epoch = 4.999
    console.observe(.progress(progress))
    #expect(console.text.contains(" 5.00   99%  "))
  }

  @Test("explains warnings and puts them above the updating line")
  func warnings() {
    let console = Console(isTerminal: true)
    console.observe(.run(sampleRun()))
    console.observe(.progress(sampleProgress()))
    _ = console.takeText()
    let symptom = TrainingWarning.Symptom.stuckAtChance(accuracy: 0.1012, chance: 0.1, loss: 2.3, examples: 6_000)
    console.observe(.warning(TrainingWarning(symptom, update: 375, advice: sampleAdvice)))
    #expect(
      console.takeText() == "\r\u{1B}[K" + """
        warning: the training accuracy is still at chance (10.12%; guessing gives 10.00%) after 6,000 examples, at \
        update 375
          likely cause: the learning rate 0.02 is too large: with gradients 6.9 updates old on average (95 % at most \
        9) and momentum 0.9, descent is stable up to about 0.005 at the curvature 3.1 of update 0
          try: --momentum 0
               --learning-rate 0.0025

        """)
    console.observe(.warning(TrainingWarning(symptom, update: 750, isRepetition: true)))
    #expect(
      console.text == """
        warning: still: the training accuracy is still at chance (10.12%; guessing gives 10.00%) after 6,000 examples, \
        at update 750

        """)
  }

  @Test("when quiet, shows warnings and errors and nothing else")
  func quiet() {
    let console = Console(isTerminal: true, isQuiet: true)
    console.observe(.run(sampleRun()))
    console.observe(.progress(sampleProgress()))
    console.observe(.epoch(sampleEpoch()))
    console.note("a note")
    var interrupted = sampleFinal()
    interrupted.outcome = .interrupted
    console.observe(.final(interrupted))
    #expect(console.text == "")
    console.observe(.warning(TrainingWarning(.lossExploding(loss: 12, guessingLoss: 2.3026), update: 10)))
    #expect(console.takeText().hasPrefix("warning: the training loss is 12.00, far above the 2.3026 of guessing"))
    console.alert("an alert")
    #expect(console.takeText() == "an alert\n")
    var diverged = sampleFinal()
    diverged.outcome = .diverged(sampleDivergence)
    diverged.advice = Advice(
      cause: .probablyTheStep(staleness: 6.98, momentum: 0.9), remedies: [.learningRate(0.015), .skipNonFinite])
    console.observe(.final(diverged))
    #expect(
      console.text == """
        error: training stopped at the gradient that worker 3 pushed at update 1,234: it is not finite in \
        'conv1.weight'
          likely cause: probably the learning rate is too large for gradients that are 7.0 updates old, and momentum \
        multiplies it
          try: --learning-rate 0.015
               --on-divergence skip (leaves such gradients out)

        """)
  }

  @Test("says that a run was interrupted, and keeps notes and alerts above the updating line")
  func notes() {
    let console = Console(isTerminal: true)
    console.observe(.run(sampleRun()))
    console.observe(.progress(sampleProgress()))
    _ = console.takeText()
    console.note("finishing")
    #expect(console.takeText() == "\r\u{1B}[Kfinishing\n")
    var interrupted = sampleFinal()
    interrupted.outcome = .interrupted
    console.observe(.final(interrupted))
    #expect(console.takeText() == "interrupted after 3,750 updates\n")
  }

  @Test("reports a flood of skipped gradients once a second, with their number")
  func skippedGradients() {
    let console = Console(isTerminal: false)
    console.observe(.run(sampleRun()))
    _ = console.takeText()
    let sentence =
      "warning: refused the gradient that worker 3 pushed: it is not finite in 'conv1.weight', at update 1,234"
    let warning = TrainingWarning(.nonFiniteGradientSkipped(sampleDivergence), update: 1_234)
    for _ in 0..<1_500 { console.observe(.warning(warning)) }
    #expect(console.takeText() == sentence + "\n")
    console.now += 1
    console.observe(.warning(warning))
    console.observe(.warning(warning))
    #expect(console.takeText() == sentence + ", and 1,499 more since the last warning\n")
    console.now += 60
    console.observe(.warning(warning))
    #expect(console.takeText() == sentence + ", and 1 more since the last warning\n")
  }
}

@Suite("Advice in words")
struct AdviceTextTests {
  private func stability(_ change: (inout StepStability) -> Void) -> StepStability {
    var stability = sampleStability
    change(&stability)
    return stability
  }

  @Test("causes name what was measured, and only that")
  func causes() {
    let fresh = stability { ($0.stalenessMean, $0.stalenessP95, $0.momentum) = (0, 0, 0) }
    #expect(
      Cause.stepTooLarge(fresh).text
        == "the learning rate 0.02 is too large: with fresh gradients, descent is stable up to about 0.005 at the "
        + "curvature 3.1 of update 0")
    #expect(
      Cause.stepTooSmall(stability { $0.learningRate = 1e-7 }).text.hasPrefix(
        "the learning rate 1e-07 is too small: with gradients 6.9 updates old on average (95 % at most 9) and"))
    #expect(Cause.unitsSilent(sampleSilence).text.hasPrefix("100 of 120 units of 'fc1' are dead"))
    var saturated = sampleSilence
    saturated.condition = .saturated
    #expect(Cause.unitsSilent(saturated).text.hasPrefix("100 of 120 units of 'fc1' are saturated"))
    #expect(Cause.notTheStep(fresh).text.hasSuffix("perhaps the labels do not fit the images"))
    #expect(Cause.probablyTheStep(staleness: 0.1, momentum: 0).text == "probably the learning rate is too large")
    let flat = stability { ($0.sharpness, $0.stableLearningRate) = (0, .infinity) }
    #expect(Cause.notTheStep(flat).text.contains("stable up to a learning rate of about any"))
  }

  @Test("remedies are options that can be given")
  func remedies() {
    #expect(
      [
        Remedy.learningRate(0.0025), .smallerSteps(learningRate: 0.01, batchSize: 8), .momentum(0), .rule(.dana),
        .rule(.stalenessAware), .mode(.sync), .mode(.ringmaster), .workers(3), .warmup(0.1), .warmStart(1),
        .optimizer(.sgd, learningRate: 0.01),
      ].map { String($0.text.split(separator: " (")[0]) } == [
        "--learning-rate 0.0025", "--learning-rate 0.01 --batch-size 8", "--momentum 0", "--rule dana --optimizer sgd",
        "--rule staleness-aware", "--mode sync", "--mode ringmaster", "--workers 3", "--warmup 0.1", "--warm-start 1",
        "--optimizer sgd --learning-rate 0.01",
      ])
  }
}
