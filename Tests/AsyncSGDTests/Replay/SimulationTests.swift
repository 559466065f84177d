import Kernels
import NeuralNet
import Testing

@testable import AsyncSGD

@Suite("Simulation with gradients")
struct SimulationTests {
  private static let backend: any KernelBackend<Float> = {
    do { return try KernelBackends.make(named: "simd") } catch { preconditionFailure("\(error)") }
  }()

  private func configuration(_ policy: PolicyCase, workers: Int = 3) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration(
      workers: workers, mode: policy.mode, batchSize: 8, learningRate: 0.02)
    configuration.hyperparameters = policy.hyperparameters
    return configuration
  }

  private func simulate(
    _ configuration: TrainingConfiguration, _ cluster: ClusterDescription = ClusterDescription(),
    model: String = "mlp", threads: Int = 2, recorder: (any EventRecorder)? = nil,
    observer: any TrainingObserver = RecordingObserver()
  ) throws -> SimulationReport {
    try Simulator(
      configuration, cluster: cluster, model: TrainingFixture.model(model), data: TrainingFixture.digits,
      backend: Self.backend, programVersion: "test", threads: threads, recorder: recorder, observer: observer
    ).run()
  }

  /// Slow workers, a narrow uplink, crashes, pauses, lost and doubled pushes.
  private static let troubled = ClusterDescription(
    compute: ComputeTimeModel(.exponential),
    network: NetworkModel(
      latency: 0.001, bandwidth: 1e8, serverBandwidth: 1e9, service: ComputeTimeModel(.constant, mean: 0.0005)),
    classes: [ClusterDescription.WorkerClass(workers: 1...1, speed: 0.25)],
    faults: [
      Fault(.crash(restartAfter: 0.05), workers: 0...0, .update(5)),
      Fault(.crash(restartAfter: 0.02), .rate(2)), Fault(.pause(seconds: 0.03), .rate(2)),
      Fault(.losePush(noticedAfter: 0.01), .probability(0.1)), Fault(.duplicatePush, .probability(0.1)),
      Fault(.crash(restartAfter: nil), workers: 2...2, .time(0.4)),
    ])

  @Test("the bits are the same on 1, 2, 3 and 8 threads, whatever goes wrong", arguments: PolicyCase.replayed)
  func threads(policy: PolicyCase) throws {
    for cluster in [ClusterDescription(), Self.troubled] {
      let reports = try [1, 2, 3, 8].map { try simulate(configuration(policy), cluster, threads: $0) }
      for report in reports.dropFirst() {
        #expect(report.final.parametersHash == reports[0].final.parametersHash)
        #expect(report.seconds == reports[0].seconds && report.events == reports[0].events)
        #expect(report.final.last.staleness == reports[0].final.last.staleness)
        #expect(report.final.last.testAccuracy == reports[0].final.last.testAccuracy)
        #expect(report.final.last.trainLoss == reports[0].final.last.trainLoss)
      }
    }
  }

  @Test("a recorded run in virtual time is repeated bit for bit, with its faults", arguments: PolicyCase.replayed)
  func replay(policy: PolicyCase) throws {
    // A shard's pushes travel together in virtual time, and one after another in a recording.
    for cluster in [ClusterDescription(), Self.troubled] {
      let configuration = configuration(policy)
      let keeper = EventKeeper()
      let report = try simulate(configuration, cluster, recorder: keeper)
      let recording = Recording(
        header: RecordingHeader(settings: ["workers": "3"]), events: keeper.events, discardedBytes: 0)
      let replay = try Replayer(
        configuration, isExact: true, recording: recording, model: TrainingFixture.model("mlp"),
        data: TrainingFixture.digits, backend: Self.backend, programVersion: "test", threads: 3, isContinuous: true,
        observer: RecordingObserver()
      ).run()
      #expect(replay.divergence == nil)
      #expect(replay.hashesAgree == true)
      #expect(replay.final.parametersHash == report.final.parametersHash)
      #expect(replay.final.last.figures.drops == report.final.last.figures.drops)
    }
  }

  @Test(
    "recording changes nothing, and equal runs have equal recordings",
    arguments: [PolicyCase(.async), PolicyCase(.sync), PolicyCase(.async, (.serverShards, .integer(3)))])
  func recordedAndNot(policy: PolicyCase) throws {
    let configuration = configuration(policy, workers: 12)
    let plain = try simulate(configuration, Self.troubled, model: "softmax", threads: 1)
    let recordings = try [1, 3].map { threads in
      let place = RecordingPlace()
      let writer = try RecordingWriter(
        path: place.path, header: SampleRecording.header(workers: 12), watchesClock: false)
      let report = try simulate(
        configuration, Self.troubled, model: "softmax", threads: threads, recorder: writer)
      #expect(report.final.parametersHash == plain.final.parametersHash)
      #expect(report.final.last.staleness == plain.final.last.staleness)
      try writer.close()
      return try place.bytes()
    }
    #expect(recordings[0] == recordings[1])
    #expect(try Recording(bytes: recordings[0]).isComplete)
  }

  @Test("the timing-only run has the same schedule", arguments: PolicyCase.replayed)
  func timing(policy: PolicyCase) throws {
    guard policy.hyperparameters[.serverShards] == nil else { return }
    let configuration = configuration(policy)
    let parameters = try TrainingFixture.model("mlp").layout.count
    for cluster in [ClusterDescription(), Self.troubled] {
      let report = try simulate(configuration, cluster)
      var run = TimingRun(
        configuration, cluster: cluster, minibatches: 32, parameters: parameters, pausesBetweenEpochs: false)
      let expected = run.run()
      #expect(report.seconds == expected.seconds && report.events == expected.events)
      #expect(report.final.last.updates == expected.updates)
      #expect(report.final.last.staleness == expected.staleness.summary)
      #expect(report.faults == expected.faults)
    }
  }

  @Test(
    "compressed pushes take as long without gradients, where settings say what they weigh",
    arguments: CompressionKind.allCases)
  func compressedTiming(kind: CompressionKind) throws {
    let layout = try TrainingFixture.model("softmax").layout
    let narrow = ClusterDescription(network: NetworkModel(bandwidth: 1e6, serverBandwidth: 2e6))
    for mode in [CoordinationMode.async, .sync, .localSGD] {
      var configuration = configuration(PolicyCase(mode))
      configuration.compression = kind
      guard let payload = PayloadSize(configuration, layout: layout, minibatches: 32) else {
        #expect(kind == .threshold)
        continue
      }
      let report = try simulate(configuration, narrow, model: "softmax")
      var run = TimingRun(
        configuration, cluster: narrow, minibatches: 32, parameters: layout.count, payload: payload,
        pausesBetweenEpochs: false)
      let timing = run.run()
      #expect(report.seconds == timing.seconds && report.events == timing.events)
      // Of a large tensor it sends about what was asked for.
      let large = try TrainingFixture.model("mlp").layout
      #expect((PayloadSize(configuration, layout: large, minibatches: 32) == nil) == (kind == .dgc))
    }
  }

  @Test("a run that the clock cannot count is an error")
  func overdue() throws {
    let slow = ClusterDescription(
      compute: ComputeTimeModel(.constant, mean: 31_536_000),
      classes: [ClusterDescription.WorkerClass(workers: 0...2, speed: 1e-6)])
    #expect(throws: TrainingError.clockExceeded) { try simulate(configuration(PolicyCase(.async)), slow) }
  }

  @Test(
    "a worker that crashes while the server keeps its gradient, and is back before the round is over",
    arguments: [
      CoordinationMode.sync, .localSGD,
    ])
  func crashWhileWaiting(mode: CoordinationMode) throws {
    // Worker 0 pushes at 0.1 s and waits for worker 1 until 1 s; meanwhile it crashes and pushes once more.
    let cluster = try ClusterDescription(
      script: """
        compute constant:mean=1s
        worker 0 speed 10
        crash worker 0 at 300ms restart after 200ms
        """)
    for compression in [CompressionKind.none, .topK] {
      var configuration = configuration(PolicyCase(mode), workers: 2)
      configuration.hyperparameters[.localSteps] = mode == .localSGD ? .integer(1) : nil
      configuration.compression = compression
      let reports = try [1, 2, 3].map { try simulate(configuration, cluster, threads: $0) }
      for report in reports {
        #expect(report.final.outcome == .completed)
        #expect(report.final.parametersHash == reports[0].final.parametersHash)
        #expect(report.final.last.figures.dropped(.late) == 1)
      }
    }
  }

  @Test(
    "a run ends though somebody waits for an update that will never come",
    arguments: [
      "crash worker 0 at 30ms\njoin worker 1 at update 1000\npause all rate 1/s for 1ms",
      "crash all at 20ms\ncrash all rate 1/s restart after 1ms",
    ])
  func nobodyLeft(script: String) throws {
    let cluster = try ClusterDescription(script: script)
    for mode in [CoordinationMode.async, .sync] {
      let report = try simulate(configuration(PolicyCase(mode), workers: 2), cluster)
      #expect(report.final.last.updates < 64 && report.final.outcome == .deserted)
    }
  }

  @Test(
    "one worker in virtual time is one worker that lives, and sequential SGD",
    arguments: PolicyCase.all.filter { $0.goesWith(workers: 1) && $0.gathersOneOfOneWorker && $0.mode != .easgd })
  func oneWorker(policy: PolicyCase) throws {
    var configuration = configuration(policy, workers: 1)
    configuration.hyperparameters[.localSteps] = .integer(1)
    let cluster = ClusterDescription(compute: ComputeTimeModel(.constant))
    let virtual = try simulate(configuration, cluster)
    let live = try TrainingFixture.trainer(configuration, backend: Self.backend).run()
    let sequential = try TrainingFixture.trainer(
      self.configuration(PolicyCase(.sequential), workers: 1), backend: Self.backend
    ).run()
    #expect(virtual.final.parametersHash == live.parametersHash)
    #expect(virtual.final.parametersHash == sequential.parametersHash)
    // 64 minibatches of 10 milliseconds.
    #expect(abs(virtual.seconds - 0.64) < 1e-9)
  }

  @Test(
    "what a run tells does not depend on when the wall's clock looks at it: progress, warnings, and those of its replay"
  )
  func sameWords() throws {
    var configuration = configuration(PolicyCase(.async), workers: 8)
    // Far too large a step, so that there is something to warn of.
    (configuration.learningRate, configuration.epochs) = (3, 16)
    let keeper = EventKeeper()
    let observers = [RecordingObserver(), RecordingObserver()]
    let reports = try zip([1, 3], observers).map { threads, observer in
      try simulate(
        configuration, Self.troubled, threads: threads, recorder: threads == 1 ? keeper : nil, observer: observer)
    }
    #expect(reports[0].final.warnings == reports[1].final.warnings && !reports[0].final.warnings.isEmpty)
    #expect(observers[0].warnings == observers[1].warnings)
    let progress = observers.map { observer in
      observer.events.compactMap { event -> [Double?]? in
        guard case .progress(let progress) = event, !progress.isGlance else { return nil }
        return [
          Double(progress.examples), Double(progress.updates), progress.trainLoss, progress.virtualSeconds,
          progress.stalenessMean,
        ]
      }
    }
    #expect(progress[0] == progress[1] && progress[0].count > 8)
    let recording = Recording(
      header: RecordingHeader(settings: ["workers": "8"]), events: keeper.events, discardedBytes: 0)
    let replayed = RecordingObserver()
    _ = try Replayer(
      configuration, isExact: true, recording: recording, model: TrainingFixture.model("mlp"),
      data: TrainingFixture.digits, backend: Self.backend, programVersion: "test", threads: 2, isContinuous: true,
      observer: replayed
    ).run()
    #expect(replayed.warnings == observers[0].warnings)
  }

  @Test("constant times: after the first round every gradient is n − 1 updates old")
  func constantTimes() throws {
    let report = try simulate(
      configuration(PolicyCase(.async), workers: 5), ClusterDescription(compute: ComputeTimeModel(.constant)))
    #expect(report.final.last.staleness.p50 == 4 && report.final.last.staleness.max == 4)
    #expect(report.final.last.updates == 64)
  }

  @Test("memory grows with the versions in use, and not with the workers, who share what they pulled")
  func sharedVersions() throws {
    var configuration = configuration(PolicyCase(.async), workers: 1000)
    configuration.epochs = 2
    let simulator = try Simulator(
      configuration, cluster: ClusterDescription(), model: TrainingFixture.model("softmax"),
      data: TrainingFixture.digits, backend: Self.backend, programVersion: "test", threads: 2,
      observer: RecordingObserver())
    #expect(try simulator.run().final.last.updates == 64)
    let workers = (0..<1000).map { simulator.workers[$0] }
    let versions = Set(workers.map(\.version))
    #expect(versions.count > 32 && Set(workers.map(\.parameters)).count == versions.count)
    // The first version, one of each update, and no more when the last of them was written.
    let server = try #require(simulator.setup.server as? ParameterServer)
    #expect((versions.count...65).contains(server.mostVersionsInUse))
  }

  @Test("a thousand workers train, and epochs are evaluated on the way")
  func manyWorkers() throws {
    var configuration = configuration(PolicyCase(.async), workers: 1000)
    configuration.epochs = 60
    let observer = RecordingObserver()
    let report = try simulate(configuration, model: "softmax", observer: observer)
    #expect(report.final.outcome == .completed)
    #expect(observer.epochs.map(\.epoch) == Array(1...60))
    #expect(report.final.last.updates == 60 * 32)
    #expect(report.final.updatesByWorker.reduce(0, +) == 60 * 32)
    let times = observer.epochs.compactMap(\.virtualSeconds)
    #expect(times.count == 60 && zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    let last = try #require(report.final.last.virtualSeconds)
    #expect(last == report.seconds && last > 0)
  }

  @Test("a stop ends the run at once, and what is in flight is forgotten")
  func stop() throws {
    let keeper = EventKeeper()
    let simulator = try Simulator(
      configuration(PolicyCase(.async)), cluster: ClusterDescription(), model: TrainingFixture.model("mlp"),
      data: TrainingFixture.digits, backend: Self.backend, programVersion: "test", threads: 2, recorder: keeper,
      observer: RecordingObserver())
    simulator.requestStop()
    let report = try simulator.run()
    #expect(report.final.outcome == .interrupted)
    #expect(report.final.last.updates == 0)
  }
}
