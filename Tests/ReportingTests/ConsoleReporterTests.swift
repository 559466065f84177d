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
    console.observe(.warning(.stuckAtChance(accuracy: 0.1012, chance: 0.1, examples: 6_000, update: 375)))
    #expect(
      console.text == "\r\u{1B}[K" + """
        warning: the training accuracy is still at chance (10.12%; guessing gives 10.00%) over the last 6,000 \
        examples, at update 375
          likely cause: the steps are too large for gradients that are about 7 updates stale
          try: --learning-rate 0.015 (half)
               --learning-rate 0.015 --batch-size 8 (as much training, in smaller steps)
               --mode sync, or fewer --workers

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
    console.observe(.warning(.lossExploding(loss: 12, guessingLoss: 2.3026, update: 10)))
    #expect(console.takeText().hasPrefix("warning: the training loss is 12.00, far above the 2.3026 of guessing"))
    console.alert("an alert")
    #expect(console.takeText() == "an alert\n")
    var diverged = sampleFinal()
    diverged.outcome = .diverged(sampleDivergence)
    console.observe(.final(diverged))
    #expect(
      console.text == """
        error: training stopped at the gradient that worker 3 pushed at update 1,234: it is not finite in \
        'conv1.weight'
          likely cause: the steps are too large for gradients that are about 7 updates stale
          try: --learning-rate 0.015 (half)
               --learning-rate 0.015 --batch-size 8 (as much training, in smaller steps)
               --mode sync, or fewer --workers
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
      "warning: refused the gradient that worker 3 pushed at update 1,234: it is not finite in 'conv1.weight'"
    for _ in 0..<1_500 { console.observe(.warning(.nonFiniteGradientSkipped(sampleDivergence))) }
    #expect(console.takeText() == sentence + "\n")
    console.now += 1
    console.observe(.warning(.nonFiniteGradientSkipped(sampleDivergence)))
    console.observe(.warning(.nonFiniteGradientSkipped(sampleDivergence)))
    #expect(console.takeText() == sentence + ", and 1,499 more since the last warning\n")
    console.now += 60
    console.observe(.warning(.nonFiniteGradientSkipped(sampleDivergence)))
    #expect(console.takeText() == sentence + ", and 1 more since the last warning\n")
  }
}

@Suite("Advice fits the run")
struct AdviceTests {
  private let warning = TrainingWarning.collapsedToChance(accuracy: 0.1, bestAccuracy: 0.9, chance: 0.1, update: 10)

  @Test("momentum is named first where gradients are stale")
  func staleMomentum() {
    var run = sampleRun()
    run.momentum = 0.9
    run.warmup = 0
    #expect(
      warning.likelyCause(in: run)
        == "the steps are too large for gradients that are about 7 updates stale, and momentum multiplies with it")
    #expect(
      warning.remedies(in: run) == [
        "--momentum 0", "--learning-rate 0.015 (half)",
        "--learning-rate 0.015 --batch-size 8 (as much training, in smaller steps)", "--warmup 0.1",
        "--mode sync, or fewer --workers",
      ])
    #expect(
      warning.message
        == "the training accuracy fell from 90.00% back to chance (10.00%; guessing gives 10.00%), at update 10")
  }

  @Test("one worker, or workers that wait for one another, have no staleness to blame", arguments: ["sync", "async"])
  func noStaleness(mode: String) {
    var run = sampleRun()
    run.mode = mode
    run.workers = mode == "sync" ? 8 : 1
    run.momentum = 0.9
    #expect(warning.likelyCause(in: run) == "the learning rate is too large")
    #expect(warning.remedies(in: run) == ["--momentum 0.45 (half)", "--learning-rate 0.015 (half)"])
    let stuck = TrainingWarning.stuckAtChance(accuracy: 0.1, chance: 0.1, examples: 100, update: 10)
    #expect(
      stuck.likelyCause(in: run)
        == "the learning rate is too large or far too small, or the labels do not fit the images")
  }

  @Test("a minibatch of one is not halved")
  func smallestMinibatch() {
    var run = sampleRun()
    run.batchSize = 1
    #expect(warning.remedies(in: run) == ["--learning-rate 0.015 (half)", "--mode sync, or fewer --workers"])
  }
}
