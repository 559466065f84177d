import AsyncSGD
import Foundation
import Testing

@testable import Reporting

@Suite("Metrics in JSON Lines")
struct JSONLinesReporterTests {
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID()).jsonl").path

  /// Writes `events` to a file, and returns its lines.
  private func lines(_ events: [TrainingEvent], moreArguments: [String] = []) throws -> [String] {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let reporter = try JSONLinesReporter(path: path, moreArguments: moreArguments)
    var lines: [String] = []
    for event in events {
      reporter.observe(event)
      // Read while the reporter is open: every line is there at once, and whole.
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.hasSuffix("\n"))
      lines = text.split(separator: "\n").map(String.init)
    }
    #expect(lines.count == events.count)
    #expect(reporter.failure == nil)
    return lines
  }

  @Test("a run that goes on keeps the lines of its first part, and a new one does not")
  func appending() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    func lines(appends: Bool) throws -> Int {
      try JSONLinesReporter(path: path, appends: appends).observe(.epoch(sampleEpoch()))
      return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count
    }
    #expect(try [lines(appends: true), lines(appends: true), lines(appends: false)] == [1, 2, 1])
  }

  @Test("a run's line has the whole configuration")
  func run() throws {
    #expect(
      try lines([.run(sampleRun())], moreArguments: ["--data-dir", "a \"b\"/c"]) == [
        #"{"event":"run","command":"asgd-train --workers 8 --mode async --rule plain --optimizer sgd "#
          + #"--compression none --clip-norm 0 --push-every 1 --dataset digits --model lenet5 --epochs 5 --batch-size 16 --learning-rate 0.03 --momentum 0 --weight-decay 0 "#
          + #"--schedule linear --warmup 0.1 --seed 1 --kernels simd --data-dir 'a \"b\"/c'","version":"0.1.0","#
          + #""workers":8,"mode":"async","rule":"plain","optimizer":"sgd","compression":"none","#
          + #""hyperparameters":{"clipNorm":0.0,"pushEvery":1},"dataset":"digits","#
          + #""trainingExamples":12000,"testExamples":2000,"classes":10,"model":"lenet5","parameters":61706,"#
          + #""epochs":5,"batchSize":16,"examplesPerUpdate":16,"plannedUpdates":3750,"learningRate":0.03,"#
          + #""momentum":0.0,"weightDecay":0.0,"schedule":"linear","warmup":0.1,"seed":1,"kernels":"simd","#
          + #""instructionSet":"avx2","resumedAtUpdate":null}"#
      ])
  }

  @Test("progress, epoch and final lines have the figures that scripts rely on")
  func figures() throws {
    #expect(
      try lines([.progress(sampleProgress()), .epoch(sampleEpoch()), .final(sampleFinal())]) == [
        #"{"event":"progress","epoch":1.239,"epochs":5,"seconds":3.25,"examples":14868,"examplesPerSecond":4567.8,"#
          + #""updates":929,"plannedUpdates":3750,"trainLoss":0.43215,"learningRate":0.0253125,"#
          + #""staleness":{"mean":6.984,"max":15},"secondsRemaining":9.87}"#,
        #"{"event":"epoch","epoch":2,"seconds":5.5,"examples":24000,"examplesPerSecond":4363.6,"updates":1500,"#
          + #""trainLoss":0.25,"trainAccuracy":0.92,"testLoss":0.125,"testAccuracy":0.9635,"#
          + #""staleness":{"mean":6.98,"p50":7,"p95":9,"p99":12,"max":31},"#
          + #""stability":null,"silentUnits":{},"dropped":{"notFinite":0,"late":0,"tooStale":0},"abandoned":0,"pushedBytes":370236000,"compressionRatio":1.0}"#,
        #"{"event":"final","outcome":"completed","epoch":5,"seconds":13.75,"examples":60000,"#
          + #""examplesPerSecond":4363.6,"updates":3750,"trainLoss":0.25,"trainAccuracy":0.92,"testLoss":0.125,"#
          + #""testAccuracy":0.9635,"staleness":{"mean":6.98,"p50":7,"p95":9,"p99":12,"max":31},"#
          + #""stability":null,"silentUnits":{},"dropped":{"notFinite":0,"late":0,"tooStale":0},"abandoned":0,"pushedBytes":370236000,"compressionRatio":1.0,"workers":8,"#
          + #""mode":"async","rule":"plain","optimizer":"sgd","compression":"none","model":"lenet5","dataset":"digits","#
          + #""kernels":"simd","parameters":61706,"parametersHash":"0123456789abcdef","#
          + #""peakMemoryBytes":143000000,"updatesByWorker":[470,469,468,471,465,472,460,475],"refusedPushes":0,"warnings":[]}"#,
      ])
  }

  @Test("an emulated cluster's final line has what its time went into; a live run's has its faults, each with a line")
  func clusters() throws {
    var report = sampleFinal()
    report.last.virtualSeconds = 2
    report.cluster = ClusterFigures(seconds: 2, events: 5, usageByWorker: [WorkerUsage(), WorkerUsage()])
    var live = sampleFinal()
    live.faults = FaultCounts()
    var glance = sampleProgress()
    glance.isGlance = true
    let lines = try lines([
      .final(report), .fault(FaultNotice(.pause, worker: 3, update: 12, seconds: 1.5, duration: 0.25)),
      .fault(FaultNotice(.crash, worker: 3, update: 12, seconds: 1.5)), .final(live),
    ])
    let faults =
      #""faults":{"crashes":0,"restarts":0,"joins":0,"pauses":0,"lostPushes":0,"duplicatedPushes":0},"refusedPushes":0"#
    #expect(
      lines[0].contains(
        #","cluster":{"events":5,"utilization":0.0,"workerSeconds":{"computing":0.0,"waitingForOthers":0.0,"#
          + #""dealingWithServer":0.0,"waitingForCore":0.0,"paused":0.0,"down":0.0,"withoutMinibatch":0.0},"#
          + #""waitsForOthers":0,"serverArrivals":0,"serverBusySeconds":0.0,"utilizationByWorker":[0.0,0.0]},"# + faults
      ),
      "\(lines[0])")
    #expect(lines[0].contains(#","virtualSeconds":2.0,"#))
    #expect(
      lines[1] == #"{"event":"fault","fault":"pause","worker":3,"update":12,"seconds":1.5,"durationSeconds":0.25}"#)
    #expect(
      lines[2] == #"{"event":"fault","fault":"crash","worker":3,"update":12,"seconds":1.5,"durationSeconds":null}"#)
    #expect(lines[3].contains(faults) && !lines[3].contains("cluster"))

    let reporter = try JSONLinesReporter(path: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    reporter.observe(.progress(glance))
    #expect(try String(contentsOfFile: path, encoding: .utf8).isEmpty)
  }

  @Test("the final line of a run without gradients")
  func timingOnly() throws {
    let configuration = TrainingConfiguration(workers: 2, mode: .sync, epochs: 1, batchSize: 1, learningRate: 0.1)
    let cluster = ClusterDescription(
      compute: ComputeTimeModel(.constant, mean: 1),
      network: NetworkModel(service: ComputeTimeModel(.constant, mean: 0.5)))
    var timing = TimingRun(
      configuration, cluster: cluster, minibatches: 2, parameters: 10, pausesBetweenEpochs: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var run = sampleRun()
    (run.workers, run.mode) = (2, "sync")
    try JSONLinesReporter(path: path).report(timing.run(), of: run)
    // Both push at 1 s; the second one stands in line for half a second, and then both are let go.
    #expect(
      try String(contentsOfFile: path, encoding: .utf8)
        == #"{"event":"final","outcome":"completed","timingOnly":true,"epoch":1,"virtualSeconds":2.0,"updates":1,"#
        + #""minibatches":2,"staleness":{"mean":0.0,"p50":0,"p95":0,"p99":0,"max":0},"#
        + #""dropped":{"notFinite":0,"late":0,"tooStale":0},"abandoned":0,"workers":2,"mode":"sync","model":"lenet5","#
        + #""dataset":"digits","parameters":61706,"stalenessHistogram":[{"from":0,"to":0,"count":2}],"#
        + #""stalenessLawResidual":0,"queueWaitSeconds":{"samples":2,"mean":0.25,"p50":0.0,"p95":0.5,"p99":0.5,"#
        + #""min":0.0,"max":0.5},"serverOccupancy":0.5,"cluster":{"events":4,"utilization":0.5,"#
        + #""workerSeconds":{"computing":2.0,"waitingForOthers":0.5,"dealingWithServer":1.5,"waitingForCore":0.0,"#
        + #""paused":0.0,"down":0.0,"withoutMinibatch":0.0},"waitsForOthers":1,"serverArrivals":2,"#
        + #""serverBusySeconds":1.0,"utilizationByWorker":[0.5,0.5]},"faults":{"crashes":0,"restarts":0,"joins":0,"#
        + #""pauses":0,"lostPushes":0,"duplicatedPushes":0}}"# + "\n")
  }

  @Test("an evaluation within an epoch says when it was and what it came to")
  func evaluation() throws {
    var report = EvaluationReport(
      epoch: 1.25, seconds: 3.5, examples: 15_000, updates: 938, testLoss: 0.5, testAccuracy: 0.875)
    let live = try lines([.evaluation(report)])
    report.virtualSeconds = 12.5
    #expect(
      try live + lines([.evaluation(report)]) == [
        #"{"event":"evaluation","epoch":1.25,"seconds":3.5,"examples":15000,"updates":938,"testLoss":0.5,"testAccuracy":0.875}"#,
        #"{"event":"evaluation","epoch":1.25,"seconds":3.5,"virtualSeconds":12.5,"examples":15000,"updates":938,"#
          + #""testLoss":0.5,"testAccuracy":0.875}"#,
      ])
  }

  @Test("hyperparameters keep their types, and drops are counted by reason")
  func hyperparameters() throws {
    var run = sampleRun()
    run.compression = "top-k"
    run.hyperparameters = [
      NamedValue(name: "moving-rate", value: .number(0.1125)), NamedValue(name: "staleness-bound", value: .integer(3)),
      NamedValue(name: "gradients-from", value: .choice("any")),
    ]
    var epoch = sampleEpoch()
    epoch.figures = RunFigures(drops: [.late: 12, .tooStale: 3, .notFinite: 1, .stopped: 9], abandoned: 4)
    var consistency = ConsistencyRecord()
    (consistency.pulls, consistency.mixedPulls, consistency.largestSpread) = (20, 10, 3)
    (consistency.watchedUpdates, consistency.lostUpdates) = (40, 1)
    epoch.figures.consistency = consistency
    epoch.figures.momentum = -0.125
    let lines = try lines([.run(run), .epoch(epoch)])
    #expect(
      lines[1].hasSuffix(
        #""pushedBytes":0,"compressionRatio":null,"consistency":{"pulls":20,"mixedPulls":10,"largestSpread":3,"#
          + #""watchedUpdates":40,"lostUpdates":1},"momentum":-0.125}"#))
    #expect(
      lines[0].contains(
        #""compression":"top-k","hyperparameters":{"movingRate":0.1125,"stalenessBound":3,"gradientsFrom":"any"},"#))
    #expect(lines[0].contains(" --compression top-k --moving-rate 0.1125 --staleness-bound 3 --gradients-from any "))
    #expect(lines[1].contains(#""dropped":{"notFinite":1,"late":12,"tooStale":3},"abandoned":4,"#))
  }

  @Test("warnings have their kind, their figures and their words")
  func warnings() throws {
    #expect(
      try lines([
        .warning(
          TrainingWarning(
            .stuckAtChance(accuracy: 0.1, chance: 0.125, loss: 2.5, examples: 100), update: 7, isRepetition: true)),
        .warning(
          TrainingWarning(
            .collapsedToChance(accuracy: 0.1, bestAccuracy: 0.5, chance: 0.125), update: 7,
            advice: sampleAdvice)),
        .warning(TrainingWarning(.lossExploding(loss: 12.5, guessingLoss: 2.5), update: 7)),
        .warning(TrainingWarning(.lossRising(loss: 2.5, bestLoss: 0.5), update: 7)),
        .warning(TrainingWarning(.stepTooLarge(loss: 4, guessingLoss: 2.5), update: 7)),
        .warning(TrainingWarning(.unitsSilent(sampleSilence), update: 7)),
        .warning(TrainingWarning(.nonFiniteGradientSkipped(sampleDivergence), update: 1234)),
      ]) == [
        #"{"event":"warning","warning":"stuckAtChance","update":7,"accuracy":0.1,"chance":0.125,"loss":2.5,"#
          + #""examples":100,"repeated":true,"message":"the training accuracy is still at chance (10.00%; guessing "#
          + #"gives 12.50%) after 100 examples, at update 7"}"#,
        #"{"event":"warning","warning":"collapsedToChance","update":7,"accuracy":0.1,"bestAccuracy":0.5,"#
          + #""chance":0.125,"repeated":false,"message":"the training accuracy fell from 50.00% back to chance "#
          + #"(10.00%; guessing gives 12.50%), at update 7","cause":"the learning rate 0.02 is too large: with "#
          + #"gradients 6.9 updates old on average (95 % at most 9) and momentum 0.9, descent is stable up to about "#
          + #"0.005 at the curvature 3.1 of update 0","stability":{"update":0,"sharpness":3.125,"learningRate":0.02,"#
          + #""stableLearningRate":0.005,"ratio":4.0},"remedies":["--momentum 0","--learning-rate 0.0025"]}"#,
        #"{"event":"warning","warning":"lossExploding","update":7,"loss":12.5,"guessingLoss":2.5,"repeated":false,"#
          + #""message":"the training loss is 12.50, far above the 2.5000 of guessing, at update 7"}"#,
        #"{"event":"warning","warning":"lossRising","update":7,"loss":2.5,"bestLoss":0.5,"repeated":false,"#
          + #""message":"the training loss rose from 0.5000 back to 2.5000, at update 7"}"#,
        #"{"event":"warning","warning":"stepTooLarge","update":7,"loss":4.0,"guessingLoss":2.5,"repeated":false,"#
          + #""message":"the training loss is 4.0000, above the 2.5000 of guessing, and the learning rate is beyond "#
          + #"what is stable, at update 7"}"#,
        #"{"event":"warning","warning":"unitsSilent","update":7,"layer":"fc1","silent":100,"units":120,"#
          + #""repeated":false,"message":"100 of 120 units of 'fc1' are dead: they pass no gradient for any example, "#
          + #"at update 7"}"#,
        #"{"event":"warning","warning":"nonFiniteGradientSkipped","update":1234,"#
          + #""divergence":{"worker":3,"update":1234,"parameter":"conv1.weight"},"repeated":false,"#
          + #""message":"refused the gradient that worker 3 pushed: it is not finite in 'conv1.weight', at update "#
          + #"1,234"}"#,
      ])
  }

  @Test("the end of a run lists its warnings, and says why it was stopped")
  func warningsAtTheEnd() throws {
    var report = sampleFinal()
    report.outcome = .diverged(sampleDivergence)
    report.warnings = [TrainingWarning(.lossExploding(loss: 12.5, guessingLoss: 2.5), update: 7)]
    report.advice = Advice(cause: .probablyTheStep(staleness: 7, momentum: 0), remedies: [.skipNonFinite])
    let line = try #require(try lines([.final(report)]).first)
    #expect(line.contains(#""warnings":[{"warning":"lossExploding","update":7,"#))
    #expect(
      line.hasSuffix(
        #","advice":{"cause":"probably the learning rate is too large for gradients that are 7.0 updates old","#
          + #""remedies":["--on-divergence skip (leaves such gradients out)"]}}"#), "\(line)")
  }

  @Test("an epoch has the step against the bound, and the silent units of each layer")
  func diagnosis() throws {
    var epoch = sampleEpoch()
    epoch.diagnosis = EpochDiagnosis(stability: sampleStability, silentUnits: [sampleSilence])
    let line = try #require(try lines([.epoch(epoch)]).first)
    #expect(
      line.contains(
        #""stability":{"update":0,"sharpness":3.125,"learningRate":0.02,"stableLearningRate":0.005,"ratio":4.0},"#
          + #""silentUnits":{"fc1":100},"#), "\(line)")
  }

  @Test("a run that was stopped says how")
  func stopped() throws {
    var diverged = sampleFinal()
    diverged.outcome = .diverged(sampleDivergence)
    var interrupted = sampleFinal()
    interrupted.outcome = .interrupted
    let lines = try lines([.final(diverged), .final(interrupted)])
    #expect(
      lines[0].hasPrefix(
        #"{"event":"final","outcome":"diverged","divergence":{"worker":3,"update":1234,"parameter":"conv1.weight"},"#
          + #""epoch":5,"#))
    #expect(lines[1].hasPrefix(#"{"event":"final","outcome":"interrupted","epoch":5,"#))
  }

  @Test("numbers that are not finite or missing are null, and every line is JSON")
  func oddNumbers() throws {
    var run = sampleRun()
    run.seed = .max
    run.resumedAtUpdate = 12
    run.model = "a\"\\\n\u{1}é"
    run.learningRate = 1e-7
    var progress = sampleProgress()
    progress.trainLoss = .nan
    progress.secondsRemaining = nil
    progress.examplesPerSecond = .infinity
    progress.learningRate = -.infinity
    var epoch = sampleEpoch()
    epoch.trainLoss = nil
    epoch.testLoss = .nan
    let lines = try lines([.run(run), .progress(progress), .epoch(epoch)])
    var objects: [[String: Any]] = []
    for line in lines {
      objects.append(try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]))
    }
    #expect(lines[0].contains(#""seed":18446744073709551615,"#))
    #expect(objects[0]["resumedAtUpdate"] as? Int == 12)
    #expect(objects[0]["model"] as? String == run.model)
    #expect(objects[0]["learningRate"] as? Double == 1e-7)
    for (object, names) in [
      (objects[1], ["trainLoss", "secondsRemaining", "examplesPerSecond", "learningRate"]),
      (objects[2], ["trainLoss", "testLoss"]),
    ] {
      for name in names { #expect(object[name] is NSNull, "\(name)") }
    }
  }

  @Test("a file that cannot be opened is an error at once")
  func cannotOpen() {
    let below = "/dev/null/metrics"
    let error = #expect(throws: OutputError.self) { try JSONLinesReporter(path: below) }
    #expect(error?.description == "cannot write '/dev/null/metrics': Not a directory")
  }

  #if os(Linux)
    @Test("a full disk is remembered as the failure")
    func fullDisk() throws {
      let reporter = try JSONLinesReporter(path: "/dev/full")
      #expect(reporter.failure == nil)
      reporter.observe(.epoch(sampleEpoch()))
      reporter.observe(.epoch(sampleEpoch()))
      #expect(reporter.failure?.description == "cannot write '/dev/full': No space left on device")
    }
  #endif

  @Test("a reader that has gone away is remembered as the failure, and kills nobody")
  func closedPipe() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_DFL)
      let path = FileManager.default.temporaryDirectory.appendingPathComponent("pipe-\(UUID())").path
      guard mkfifo(path, 0o600) == 0 else { exit(2) }
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      let reporter = try JSONLinesReporter(path: path)
      unlink(path)
      reporter.observe(.epoch(sampleEpoch()))
      guard reporter.failure == nil else { exit(3) }
      close(reader)
      reporter.observe(.epoch(sampleEpoch()))
      guard reporter.failure?.description == "cannot write '\(path)': Broken pipe" else { exit(4) }
    }
  }

  @Test("outside of its writes the signal does what it did")
  func pipeSignalElsewhere() async {
    await #expect(processExitsWith: .signal(SIGPIPE)) {
      signal(SIGPIPE, SIG_DFL)
      try OutputDescriptor(1, name: "output").write("")
      raise(SIGPIPE)
    }
  }
}

@Suite("A group of observers")
struct ObserverGroupTests {
  private final class Recorder: TrainingObserver {
    let events = Locked<[String]>([])
    func observe(_ event: TrainingEvent) {
      events.withLock { $0.append(event.json(moreArguments: []).text) }
    }
  }

  @Test("tells each of them every event")
  func fanOut() {
    let recorders = [Recorder(), Recorder()]
    let group = ObserverGroup(recorders)
    group.observe(.run(sampleRun()))
    group.observe(.final(sampleFinal()))
    for recorder in recorders {
      let events = recorder.events.withLock { $0 }
      #expect(events.count == 2)
      #expect(events.first?.hasPrefix(#"{"event":"run""#) == true)
      #expect(events.last?.hasPrefix(#"{"event":"final""#) == true)
    }
  }
}
