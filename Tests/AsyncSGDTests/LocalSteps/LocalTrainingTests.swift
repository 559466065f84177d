import AllocationCounter
import DataPipeline
import Kernels
import NeuralNet
import Synchronization
import Testing

@testable import AsyncSGD

/// A mode with hyperparameters under which its workers take steps of their own.
struct LocalSetup: Sendable, CustomTestStringConvertible {
  var mode: CoordinationMode
  var hyperparameters = Hyperparameters()

  init(_ mode: CoordinationMode, _ given: [(Hyperparameter, Hyperparameter.Value)] = []) {
    self.mode = mode
    for (hyperparameter, value) in given { hyperparameters[hyperparameter] = value }
  }

  var testDescription: String {
    ([mode.rawValue] + hyperparameters.given.map { "\($0.key)=\($0.value)" }.sorted()).joined(separator: " ")
  }

  /// All of them, with periods that do not divide an epoch of 63 minibatches.
  static let all = [
    LocalSetup(.async, [(.pushEvery, .integer(4)), (.fetchEvery, .integer(4))]),
    LocalSetup(.async, [(.pushEvery, .integer(2)), (.fetchEvery, .integer(5))]),
    LocalSetup(.async, [(.pushEvery, .integer(5)), (.fetchEvery, .integer(2))]),
    LocalSetup(.async, [(.warmStart, .number(0.5))]),
    LocalSetup(.agn),
    LocalSetup(.fedBuff),
    LocalSetup(.localSGD),
    LocalSetup(.localSGD, [(.localMomentum, .number(0.5)), (.postLocalFrom, .number(0.4))]),
    LocalSetup(.easgd),
    LocalSetup(.easgd, [(.communicationPeriod, .integer(4)), (.exchangeOrder, .choice("round-robin"))]),
    LocalSetup(.eamsgd),
  ]
}

@Suite("Trainer: workers with steps of their own")
struct LocalTrainingTests {
  private func configuration(_ setup: LocalSetup, workers: Int, epochs: Int = 2) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration(
      workers: workers, mode: setup.mode, epochs: epochs, batchSize: 4, learningRate: 0.01)
    configuration.hyperparameters = setup.hyperparameters
    // Of a sum, which Downpour pushes, the same steps as of a mean.
    if setup.mode == .async { configuration.learningRate /= Double(configuration.integer(.pushEvery)) }
    return configuration
  }

  @Test("every minibatch is told to the server, however many workers there are", arguments: LocalSetup.all, [1, 3, 8])
  func countsAll(setup: LocalSetup, workers: Int) throws {
    let trainer = try TrainingFixture.trainer(configuration(setup, workers: workers), model: "softmax")
    // run() itself fails if the law of staleness does not hold where there is one.
    let report = try trainer.run()
    #expect(report.outcome == .completed)
    #expect(report.last.examples == 500)
    #expect(report.last.testLoss < 2.3)
    #expect(report.last.figures.drops.values.allSatisfy { $0 == 0 })
  }

  @Test("local SGD with H = 1 has the bits of synchronous SGD", arguments: [1, 4])
  func localSGDWithoutLocality(workers: Int) throws {
    let single = LocalSetup(.localSGD, [(.localSteps, .integer(1))])
    let local = try TrainingFixture.trainer(configuration(single, workers: workers)).run()
    let sync = try TrainingFixture.trainer(configuration(LocalSetup(.sync), workers: workers)).run()
    #expect(local.parametersHash == sync.parametersHash)
    // And so it has where locality never begins.
    let postponed = LocalSetup(.localSGD, [(.postLocalFrom, .number(1))])
    let never = try TrainingFixture.trainer(configuration(postponed, workers: workers)).run()
    #expect(never.parametersHash == sync.parametersHash)
  }

  @Test("AGN with λ = 1 and Downpour with periods of 1 are one worker's plain SGD")
  func periodsOfOne() throws {
    let plain = try TrainingFixture.trainer(configuration(LocalSetup(.async), workers: 1)).run()
    let agn = try TrainingFixture.trainer(configuration(LocalSetup(.agn, [(.localSteps, .integer(1))]), workers: 1))
    #expect(try agn.run().parametersHash == plain.parametersHash)
  }

  @Test("with α = 0 an elastic worker is plain SGD, and the center keeps the first parameters")
  func inelastic() throws {
    let plain = try TrainingFixture.trainer(configuration(LocalSetup(.async), workers: 1))
    let first = plain.state.parameters
    _ = try plain.run()
    let setup = LocalSetup(.easgd, [(.movingRate, .number(0)), (.communicationPeriod, .integer(3))])
    let elastic = try TrainingFixture.trainer(configuration(setup, workers: 1))
    _ = try elastic.run()
    #expect(elastic.state.carried.vectors["worker.0.parameters"] == plain.state.parameters)
    #expect(elastic.state.parameters == first)
  }

  @Test("in a warm start the first worker trains alone, and then all do, with the parameters of then")
  func warmStart() throws {
    let observer = RecordingObserver()
    let setup = LocalSetup(.async, [(.warmStart, .number(1.5))])
    let trainer = try TrainingFixture.trainer(configuration(setup, workers: 4, epochs: 3), observer: observer)
    let report = try trainer.run()
    #expect(report.last.updates == 3 * 63)
    #expect(observer.epochs[0].staleness.max == 0)
    // 94.5 minibatches alone; the others' 94 between four.
    #expect(report.updatesByWorker[0] >= 94)
    #expect(report.updatesByWorker.reduce(0, +) == 189)
    #expect(report.last.staleness.max < 94, "nobody works with the parameters of the beginning")
  }

  @Test("a warm start cuts an epoch where the others join")
  func stretches() {
    var configuration = configuration(LocalSetup(.async, [(.warmStart, .number(1.25))]), workers: 4)
    let plan = EpochPlan(examples: 8, batchSize: 1)
    func stretches(_ epoch: Int, from first: Int = 0) -> [EpochStretch] {
      configuration.stretches(ofEpoch: epoch, from: first, plan: plan)
    }
    let alone = EpochStretch(minibatches: 0..<8, workers: 0..<1, joining: 0..<0)
    #expect(stretches(0) == [alone])
    #expect(stretches(1).map(\.minibatches) == [0..<2, 2..<8])
    #expect(stretches(1).map(\.workers) == [0..<1, 0..<4])
    #expect(stretches(1).map(\.joining) == [0..<0, 1..<4])
    #expect(stretches(1, from: 1).map(\.minibatches) == [1..<2, 2..<8])
    #expect(stretches(1, from: 5) == [EpochStretch(minibatches: 5..<8, workers: 0..<4, joining: 0..<0)])
    #expect(stretches(2) == [EpochStretch(minibatches: 0..<8, workers: 0..<4, joining: 0..<0)])
    configuration.hyperparameters[.warmStart] = .number(1)
    #expect(stretches(0) == [alone])
    #expect(stretches(1) == [EpochStretch(minibatches: 0..<8, workers: 0..<4, joining: 1..<4)])
    configuration.hyperparameters[.warmStart] = .number(0)
    // Without a warm start, and in modes that have none, nobody joins in any epoch.
    for mode in [CoordinationMode.async, .hogwild, .softSync] {
      configuration.mode = mode
      for epoch in 0..<3 {
        #expect(stretches(epoch) == [EpochStretch(minibatches: 0..<8, workers: 0..<4, joining: 0..<0)])
      }
    }
  }

  /// Runs until the first epoch's end, and returns what was saved there.
  private func firstEpoch(_ configuration: TrainingConfiguration) throws -> TrainerState {
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let observer = RecordingObserver { event in
      if case .epoch = event { stop.withLock { $0?() } }
    }
    let trainer = try TrainingFixture.trainer(configuration, observer: observer)
    stop.withLock { $0 = { trainer.requestStop() } }
    var saved: TrainerState?
    #expect(try trainer.run { saved = trainer.state }.outcome == .interrupted)
    stop.withLock { $0 = nil }
    return try #require(saved)
  }

  private func resumesExactly(_ configuration: TrainingConfiguration) throws {
    let whole = try TrainingFixture.trainer(configuration)
    _ = try whole.run()
    let saved = try firstEpoch(configuration)
    #expect(saved.epoch == 1 && saved.nextMinibatch == 0)
    let second = try TrainingFixture.trainer(configuration, resuming: saved)
    _ = try second.run()
    #expect(second.state == whole.state)
  }

  @Test("a run of one worker that is resumed has the same bits as one that was not", arguments: LocalSetup.all)
  func resumeOne(setup: LocalSetup) throws {
    try resumesExactly(configuration(setup, workers: 1))
  }

  @Test("a run of many workers that meet at barriers is resumed with its velocities and residuals, to the bit")
  func resumeMany() throws {
    for kind in CompressionKind.allCases {
      // DGC has the momentum itself.
      let momentum = LocalSetup(.localSGD, [(.localMomentum, .number(kind == .dgc ? 0 : 0.5))])
      var configuration = configuration(momentum, workers: 3)
      configuration.compression = kind
      try resumesExactly(configuration)
    }
  }

  @Test("with another number of workers, all begin anew from the parameters")
  func resumeWithOthers() throws {
    let saved = try firstEpoch(configuration(LocalSetup(.easgd), workers: 3))
    #expect(saved.carried.isOf(workers: 3) && !saved.carried.isOf(workers: 2) && !saved.carried.isOf(workers: 4))
    let other = try TrainingFixture.trainer(configuration(LocalSetup(.easgd), workers: 2), resuming: saved)
    #expect(other.state.carried.vectors["worker.0.parameters"] == saved.parameters)
    let same = try TrainingFixture.trainer(configuration(LocalSetup(.easgd), workers: 3), resuming: saved)
    #expect(same.state.carried == saved.carried)
    #expect(saved.carried.vectors["worker.0.parameters"] != saved.parameters)
  }

  @Test("compressed gradients train, and the bytes that were pushed are told")
  func compressed() throws {
    let parameters = try TrainingFixture.model("softmax").layout.count
    #expect(parameters == 7850)
    // Tensors of 7840 and 10. Bytes of one push:
    let expected: [CompressionKind: Int] = [
      .none: 4 * 7850, .topK: 4 + 8 * 78 + 4 + 8, .randomK: 4 * (784 + 1), .oneBit: 8 + 980 + 8 + 2,
      .signSGD: 4 + 980 + 4 + 2, .qsgd: 4 * 16 + 7840 + 4 + 10,
    ]
    for kind in CompressionKind.allCases {
      var configuration = configuration(LocalSetup(.sync), workers: 2)
      configuration.compression = kind
      let model = try TrainingFixture.model("softmax")
      let backend = ReferenceBackend<Float>()
      let trainer = try Trainer(
        configuration, model: model, data: TrainingFixture.digits, backend: backend, programVersion: "test",
        observer: RecordingObserver())
      let report = try trainer.run()
      #expect(report.last.testLoss < 2.3, "\(kind.rawValue)")
      let pushed = report.last.figures.pushedBytes
      if let bytes = expected[kind] { #expect(pushed == 2 * 63 * bytes, "\(kind.rawValue)") }
      #expect(pushed > 0 && pushed <= 2 * 63 * (4 + 4 * 7840 + 4 + 4 * 10), "\(kind.rawValue)")
    }
  }

  @Test("top-k with ratio 1 and DGC with ratio 1 change no bit of a run")
  func lossless() throws {
    var configuration = configuration(LocalSetup(.sync), workers: 2)
    let whole = try TrainingFixture.trainer(configuration).run()
    for kind in [CompressionKind.topK, .dgc, .randomK] {
      configuration.compression = kind
      configuration.hyperparameters[.compressionRatio] = .number(1)
      #expect(try TrainingFixture.trainer(configuration).run().parametersHash == whole.parametersHash)
    }
  }

  @Test(
    "a step allocates nothing in steady state",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: LocalSetup.all.map { ($0, CompressionKind.none) }
      + CompressionKind.allCases.map { (LocalSetup(.async), $0) })
  func stepAllocatesNothing(setup: LocalSetup, compression: CompressionKind) throws {
    let backend = try KernelBackends.make(named: "simd")
    let model = try TrainingFixture.model("lenet5")
    let data = TrainingFixture.digits.training
    var configuration = configuration(setup, workers: 1)
    configuration.compression = compression
    let plan = EpochPlan(examples: data.count, batchSize: 4)
    let server = ServerAssembly(
      configuration, model: model, backend: backend,
      schedule: SchedulePosition(configuration, plan: plan, epoch: 0, minibatch: 0), state: nil
    ).makeServer()
    let dispenser = MinibatchDispenser(workers: 1, inRounds: configuration.dealsInRounds)
    dispenser.begin(minibatches: plan.minibatches, from: 0)
    let worker = TrainingFixture.worker(
      configuration, model: model, plan: plan, backend: backend, server: server, dispenser: dispenser, data: data)
    let order = (0..<Int32(data.count)).map { $0 }
    order.withUnsafeBufferPointer { order in
      var isGood = true
      // A whole period and more, so that caches of the runtime are filled.
      for minibatch in 0..<25 { isGood = worker.step(minibatch, epoch: 0, order: order) && isGood }
      let before = allocation_count_of_this_thread()
      for minibatch in 25..<60 { isGood = worker.step(minibatch, epoch: 0, order: order) && isGood }
      #expect(allocation_count_of_this_thread() == before)
      #expect(isGood)
    }
  }
}
