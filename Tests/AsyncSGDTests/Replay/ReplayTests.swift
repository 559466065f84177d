import Kernels
import Testing

@testable import AsyncSGD

@Suite("Record and replay")
struct ReplayTests {
  private func configuration(_ policy: PolicyCase, workers: Int = 3, epochs: Int = 2) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration(
      workers: workers, mode: policy.mode, epochs: epochs, batchSize: 8, learningRate: 0.02)
    configuration.hyperparameters = policy.hyperparameters
    return configuration
  }

  private func expectSame(_ replay: ReplayReport, _ run: RecordedRun, isExact: Bool = true) {
    #expect(replay.divergence == nil)
    #expect(replay.hashesAgree == true)
    #expect(replay.final.parametersHash == run.report.parametersHash)
    #expect(replay.final.last.updates == run.report.last.updates)
    #expect(replay.final.last.testAccuracy == run.report.last.testAccuracy)
    #expect(replay.final.last.staleness == run.report.last.staleness)
    #expect(replay.final.updatesByWorker == run.report.updatesByWorker)
    #expect(replay.final.last.figures.drops == run.report.last.figures.drops)
    #expect(replay.final.outcome == run.report.outcome)
    #expect(replay.agreed.pushes == (isExact ? run.pushes.count : 0))
    #expect(replay.agreed.fingerprints == (isExact ? run.fingerprints.count : 0))
  }

  @Test("a run of any mode is repeated bit for bit, on one thread and on three", arguments: PolicyCase.replayed)
  func everyMode(policy: PolicyCase) throws {
    let run = try RecordedRun(configuration(policy))
    for threads in [1, 3] { expectSame(try run.replay(threads: threads), run) }
  }

  @Test("for every model, and on 1 to 16 threads", arguments: ["lenet5", "hogwild", "cnn", "softmax"])
  func everyModel(model: String) throws {
    let run = try RecordedRun(configuration(PolicyCase(.async), workers: 4, epochs: 1), model: model)
    for threads in [1, 2, 16] { expectSame(try run.replay(threads: threads), run) }
  }

  @Test("with all that a worker keeps to itself: momentum, residuals, dropout")
  func workersOwnState() throws {
    var momentum = configuration(PolicyCase(.async, (.momentumAt, .choice("worker"))))
    momentum.optimizer = .momentum
    momentum.momentum = 0.5
    // Pushes that were dropped, and gradients that were given up, are in the workers' memories.
    var dropping = configuration(
      PolicyCase(.ringmaster, (.delayThreshold, .integer(1)), (.momentumAt, .choice("worker"))))
    dropping.optimizer = .nesterov
    dropping.momentum = 0.5
    var compressed = configuration(
      PolicyCase(.ringmaster, (.delayThreshold, .integer(2)), (.calculationStops, .choice("off"))))
    compressed.compression = .topK
    var deep = configuration(PolicyCase(.async))
    deep.compression = .dgc
    var random = configuration(PolicyCase(.agn, (.localSteps, .integer(2))))
    random.compression = .qsgd
    for configuration in [momentum, dropping, compressed, deep, random] {
      let run = try RecordedRun(configuration, model: "hogwild")
      for threads in [1, 2] { expectSame(try run.replay(threads: threads), run) }
    }
  }

  @Test("a run that was stopped early, and one that diverged")
  func earlyEnds() throws {
    for policy in [PolicyCase(.async), PolicyCase(.sync), PolicyCase(.agn, (.localSteps, .integer(3)))] {
      let stopped = try RecordedRun(configuration(policy), stopAfterUpdates: 5)
      #expect(stopped.report.outcome == .interrupted)
      let replay = try stopped.replay(threads: 2)
      #expect(replay.divergence == nil && replay.hashesAgree == true)
      #expect(replay.final.parametersHash == stopped.report.parametersHash)
      #expect(replay.final.outcome == .interrupted && !replay.isStopped)

      var wild = configuration(policy)
      wild.learningRate = 3e38
      for onDivergence in [DivergencePolicy.stop, .skip] {
        wild.divergencePolicy = onDivergence
        let diverged = try RecordedRun(wild)
        #expect(diverged.report.refusedPushes > 0)
        let again = try diverged.replay(threads: 2)
        #expect(again.divergence == nil && again.hashesAgree == true)
        #expect(again.final.parametersHash == diverged.report.parametersHash)
        #expect(again.final.refusedPushes == diverged.report.refusedPushes)
      }
    }
  }

  @Test("a live run with faults is repeated with them", arguments: PolicyCase.replayed)
  func faults(policy: PolicyCase) throws {
    let cluster = ClusterDescription(
      classes: [ClusterDescription.WorkerClass(workers: 1...1, speed: 0.5)],
      faults: [
        Fault(.crash(restartAfter: 0.002), workers: 0...0, .update(3)),
        Fault(.crash(restartAfter: nil), workers: 2...2, .update(12)), Fault(.pause(seconds: 0.001), .update(5)),
        Fault(.join, workers: 1...1, .update(2)), Fault(.losePush(noticedAfter: 0.001), workers: 0...1, .update(1)),
        Fault(.duplicatePush, workers: 0...1, .update(4)), Fault(.duplicatePush, .probability(0.1)),
        Fault(.losePush(noticedAfter: 0.001), .probability(0.1)),
      ])
    let run = try RecordedRun(configuration(policy), faults: cluster)
    let kinds = Set(
      run.recording.events.compactMap { if case .fault(let fault) = $0 { fault.kind } else { nil } })
    #expect(kinds == Set(RecordedFault.Kind.allCases))
    #expect(run.recording.events.contains { if case .join = $0 { true } else { false } })
    for threads in [1, 3] { expectSame(try run.replay(threads: threads), run) }
  }

  @Test("a live run ends though workers wait for an update that will never come")
  func nobodyLeft() throws {
    for mode in [CoordinationMode.async, .sync] {
      let all = ClusterDescription(faults: [Fault(.join, .update(5))])
      #expect(try RecordedRun(configuration(PolicyCase(mode)), faults: all).report.last.updates == 0)
      let last = ClusterDescription(faults: [Fault(.join, workers: 2...2, .update(100_000))])
      #expect(try RecordedRun(configuration(PolicyCase(mode)), faults: all).report.outcome == .deserted)
      let run = try RecordedRun(configuration(PolicyCase(mode)), faults: last)
      #expect(run.report.last.updates > 0 && run.report.outcome == .completed)
      #expect(try run.replay(threads: 2).divergence == nil)
    }
  }

  @Test("a run whose workers were all lost is repeated, and ends like it")
  func deserted() throws {
    let lost = ClusterDescription(faults: [Fault(.crash(restartAfter: nil), .update(6))])
    for policy in [PolicyCase(.async), PolicyCase(.sync), PolicyCase(.async, (.serverShards, .integer(2)))] {
      let run = try RecordedRun(configuration(policy), faults: lost)
      #expect(run.report.outcome == .deserted && run.report.last.updates > 0)
      expectSame(try run.replay(threads: 2), run)
    }
  }

  @Test("what is left of a replay is counted by the recording, not by the plan")
  func timeLeft() throws {
    let run = try RecordedRun(configuration(PolicyCase(.async)))
    let half = Array(run.recording.events.prefix(run.pushes[31] + 1))
    let observer = RecordingObserver()
    _ = try run.replay(events: half, threads: 1, observer: observer)
    let last = observer.events.compactMap { if case .progress(let progress) = $0 { progress } else { nil } }.last
    // All of it is done, though the run had planned another epoch.
    #expect(last?.examples == 250 && last?.secondsRemaining == 0)
  }

  @Test("a recording that was made up is refused at the event that cannot be, and not carried out")
  func madeUp() throws {
    let run = try RecordedRun(configuration(PolicyCase(.async)))
    var events = run.recording.events
    let first = run.pushes[3]
    guard case .push(var push) = events[first] else { preconditionFailure("no push at \(first)") }
    push.shard = 7
    events[first] = .push(push)
    #expect(try run.replay(events: events, threads: 2).divergence?.event == first)
    events[first] = .join(worker: push.worker, microseconds: 1)
    #expect(try run.replay(events: events, threads: 2).divergence?.event == first)
    events[first] = .begin(workers: 0..<3, pulling: 0..<0)
    #expect(try run.replay(events: events, threads: 2).divergence?.event == first)
    events[first] = .pull(RecordedPull(worker: push.worker, shard: 2, version: push.version, microseconds: 1))
    #expect(try run.replay(events: events, threads: 2).divergence?.event == first)
    events[first] = .leave(worker: push.worker, microseconds: 1)
    #expect(try run.replay(events: events, threads: 2).divergence != nil)
    push.shard = 0
    for minibatch in [64, 1 << 32, 1 << 33, .max] {
      push.minibatches = [minibatch]
      events[first] = .push(push)
      #expect(try run.replay(events: events, threads: 2).divergence?.event == first)
    }
  }

  @Test("a calculation is given up only in a mode that stops calculations, and by a worker that is in one")
  func madeUpRestarts() throws {
    func expectDivergence(_ run: RecordedRun, at place: Int, worker: Int, version: Int) throws {
      var events = run.recording.events
      let pull = RecordedPull(worker: worker, version: version, restarts: true, microseconds: 1)
      events.insert(.pull(pull), at: place)
      for isExact in [true, false] {
        let replay = try run.replay(isExact: isExact, events: events, threads: 2)
        #expect(replay.divergence == ReplayDivergence(event: place, recorded: .pull(pull), repeated: nil))
      }
    }
    for policy in [
      PolicyCase(.async), PolicyCase(.ringmaster, (.calculationStops, .choice("off"))),
      PolicyCase(.agn, (.localSteps, .integer(3))),
    ] {
      let run = try RecordedRun(configuration(policy))
      let place = run.pushes[3]
      guard case .push(let push) = run.recording.events[place] else { preconditionFailure("no push at \(place)") }
      try expectDivergence(run, at: place, worker: push.worker, version: push.version)
    }
    let run = try RecordedRun(
      configuration(PolicyCase(.sync, (.gradientsToWait, .integer(2)), (.calculationStops, .choice("on")))))
    // Its worker waits after the first push; and at the beginning it has yet to pull.
    let first = run.pushes[0]
    guard case .push(let push) = run.recording.events[first] else { preconditionFailure("no push at \(first)") }
    try expectDivergence(run, at: first + 1, worker: push.worker, version: push.version)
    try expectDivergence(run, at: 1, worker: push.worker, version: 0)
  }

  @Test("a run that was resumed, from the state that the recording begins with")
  func resumed() throws {
    var configuration = configuration(PolicyCase(.eamsgd, (.communicationPeriod, .integer(3))), epochs: 1)
    let first = try TrainingFixture.trainer(configuration)
    _ = try first.run()
    configuration.epochs = 2
    let run = try RecordedRun(configuration, resuming: first.state)
    let replay = try run.replay(threads: 2)
    #expect(replay.divergence == nil && replay.hashesAgree == true)
    #expect(replay.final.parametersHash == run.report.parametersHash)
  }

  @Test(
    "what breaks off is repeated up to there, and what was compared is counted",
    arguments: [
      PolicyCase(.async), PolicyCase(.sync), PolicyCase(.ssp), PolicyCase(.async, (.serverShards, .integer(3))),
    ])
  func truncated(policy: PolicyCase) throws {
    let run = try RecordedRun(configuration(policy))
    // Where a hash would follow, too.
    let hashed = run.fingerprints.last ?? 0
    for length in [0, 1, 2, 10, run.recording.events.count / 2, hashed, run.recording.events.count - 1] {
      let replay = try run.replay(events: Array(run.recording.events.prefix(length)), threads: 2)
      #expect(replay.divergence == nil && replay.hashesAgree == nil)
      #expect(replay.final.outcome == .interrupted)
      #expect(replay.agreed.pushes == run.pushes.prefix { $0 < length }.count)
      #expect(replay.agreed.fingerprints == run.fingerprints.prefix { $0 < length }.count)
    }
  }

  @Test("each shard is hashed at versions of its own, and another hash is another run", arguments: [1, 3])
  func fingerprints(shards: Int) throws {
    // 64 updates.
    let run = try RecordedRun(configuration(PolicyCase(.async, (.serverShards, .integer(shards)))))
    var hashed: [[Int]] = []
    for number in run.fingerprints {
      guard case .fingerprint(let shard, let version, let hash) = run.recording.events[number] else { continue }
      hashed.append([shard, version])
      var events = run.recording.events
      events[number] = .fingerprint(shard: shard, version: version, hash: hash ^ 1)
      #expect(try run.replay(events: events, threads: 2).divergence?.event == number)
      events.remove(at: number)
      #expect(try run.replay(events: events, threads: 2).divergence != nil)
    }
    #expect(hashed.sorted { $0[0] < $1[0] } == (0..<shards).map { [$0, 64] })
  }

  @Test("in a recording of threads, another shard's events may come between an update and its hash")
  func shardsOfThreads() {
    let events: [RecordedEvent] = [
      .pull(RecordedPull(worker: 0, shard: 0, version: 64, microseconds: 1)),
      .pull(RecordedPull(worker: 1, shard: 1, version: 64, microseconds: 1)),
      .fingerprint(shard: 1, version: 64, hash: 1), .fingerprint(shard: 0, version: 64, hash: 2),
    ]
    let check = ReplayCheck(events)
    for number in [0, 3, 1] { check.record(events[number]) }
    #expect(check.divergence == nil && check.agreed.fingerprints == 1)
    check.finish()
    #expect(check.divergence == ReplayDivergence(event: 2, recorded: events[2], repeated: nil))
  }

  @Test("how a run ended is compared, too")
  func ends() throws {
    let run = try RecordedRun(configuration(PolicyCase(.async), epochs: 1), stopAfterUpdates: 5)
    var events = run.recording.events
    guard case .end(var end) = events.removeLast() else { preconditionFailure("no end") }
    #expect(end.outcome == .interrupted)
    end.outcome = .diverged
    let last = events.count
    #expect(try run.replay(events: events + [.end(end)], threads: 1).divergence?.event == last)
    // An event that is missing before the end is one that the replay does not have.
    let missing = try #require(run.pushes.last)
    events.remove(at: missing)
    #expect(try run.replay(events: events + [.end(end)], threads: 1).divergence != nil)
  }

  @Test("a difference is found at the first update where it shows")
  func divergence() throws {
    let run = try RecordedRun(configuration(PolicyCase(.async)))
    let middle = run.pushes[run.pushes.count / 2]
    guard case .push(var push) = run.recording.events[middle] else { preconditionFailure("no push at \(middle)") }
    push.loss = push.loss.nextUp
    var events = run.recording.events
    events[middle] = .push(push)
    #expect(try run.replay(events: events, threads: 2).divergence?.event == middle)
    // Other minibatches are another gradient, which the loss of this very push shows.
    guard case .push(var other) = run.recording.events[middle] else { preconditionFailure("no push at \(middle)") }
    other.minibatches = [other.minibatches[0] + 1]
    events[middle] = .push(other)
    #expect(try run.replay(events: events, threads: 3).divergence?.event == middle)
    // Another seed is another run from the first push on.
    var reseeded = run.configuration
    reseeded.seed += 1
    #expect(try run.replay(reseeded, threads: 2).divergence?.event == run.pushes[0])
  }

  @Test("a counterfactual under the recorded rule is the replay; under another it has the same arrivals")
  func counterfactual() throws {
    let run = try RecordedRun(configuration(PolicyCase(.async), workers: 4))
    expectSame(try run.replay(isExact: false, threads: 2), run, isExact: false)
    var other = run.configuration
    other.rule = .stalenessAware
    other.optimizer = .adam
    other.learningRate = 0.001
    let replay = try run.replay(other, isExact: false, threads: 2)
    #expect(replay.divergence == nil && replay.hashesAgree == false)
    #expect(replay.final.parametersHash != run.report.parametersHash)
    #expect(replay.final.last.staleness == run.report.last.staleness, "the arrivals are the same")
    #expect(replay.final.updatesByWorker == run.report.updatesByWorker)
    #expect(try run.replay(other, isExact: false, threads: 5).final.parametersHash == replay.final.parametersHash)
  }

  @Test("recording changes nothing: one worker has the bits of a run that is not recorded")
  func recordingChangesNothing() throws {
    let configuration = configuration(PolicyCase(.async), workers: 1)
    let plain = try TrainingFixture.trainer(configuration, model: "lenet5", backend: RecordedRun.backend).run()
    #expect(try RecordedRun(configuration, model: "lenet5").report.parametersHash == plain.parametersHash)
  }
}

extension PolicyCase {
  /// Every mode whose pulls are consistent, in the varieties that differ in their events.
  static let replayed: [PolicyCase] =
    all + [
      PolicyCase(.async, (.serverShards, .integer(3))),
      PolicyCase(.async, (.serverShards, .integer(2)), (.pushEvery, .integer(3)), (.fetchEvery, .integer(2))),
      PolicyCase(.async, (.pushEvery, .integer(3)), (.fetchEvery, .integer(2))),
      PolicyCase(.async, (.pushEvery, .integer(2)), (.fetchEvery, .integer(5))),
      PolicyCase(.async, (.warmStart, .number(0.5))),
      PolicyCase(.async, (.warmStart, .number(0.5)), (.serverShards, .integer(2))),
      PolicyCase(.easgd, (.communicationPeriod, .integer(3))),
      PolicyCase(.eamsgd, (.communicationPeriod, .integer(2))),
      PolicyCase(.agn, (.localSteps, .integer(3))),
      PolicyCase(.localSGD, (.localSteps, .integer(3)), (.localMomentum, .number(0.5))),
      PolicyCase(.fedBuff, (.localSteps, .integer(3))),
    ]
}
