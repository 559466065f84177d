import DataPipeline
import Kernels
import NeuralNet
import Randomness
import Synchronization
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("Trainer: identities between modes")
struct TrainerIdentityTests {
  /// Sequential SGD, written out: the oracle of the identities.
  private func sequential(_ configuration: TrainingConfiguration, model: ShapedModel, data: Dataset) -> [Float] {
    let backend = ReferenceBackend<Float>()
    let replica = Replica<Float>(model, minibatchCapacity: configuration.batchSize, backend: backend)
    var parameters = [Float](repeating: 0, count: model.layout.count)
    var gradient = parameters
    var velocity = parameters
    model.initialize(&parameters, seed: configuration.seed)
    var order = [Int32](repeating: 0, count: data.count)
    let perEpoch = (data.count + configuration.batchSize - 1) / configuration.batchSize
    let total = perEpoch * configuration.epochs
    let warmup = Int((configuration.warmup * Double(total)).rounded())
    for update in 0..<total {
      let (epoch, minibatch) = update.quotientAndRemainder(dividingBy: perEpoch)
      order.withUnsafeMutableBufferPointer {
        EpochOrder(count: data.count, seed: configuration.seed).write(epoch: epoch, into: $0)
      }
      let first = minibatch * configuration.batchSize
      let examples = Array(order[first..<min(first + configuration.batchSize, data.count)])
      examples.withUnsafeBufferPointer { data.write($0, images: replica.inputs, labels: replica.labels) }
      let stream = RandomStream(seed: configuration.seed, purpose: .dropout, worker: 0, step: update)
      _ = replica.gradient(at: parameters, examples: examples.count, random: stream, into: &gradient)
      let rate =
        update < warmup
        ? configuration.learningRate * Double(update + 1) / Double(warmup)
        : configuration.learningRate * Double(total - update) / Double(total - warmup)
      // Weights decay, biases do not.
      for tensor in model.layout.entries {
        let step = SGDStep(
          learningRate: Float(rate), momentum: Float(configuration.momentum),
          weightDecay: tensor.shape.count > 1 ? Float(configuration.weightDecay) : 0)
        var speed = Array(velocity[tensor.range])
        var updated = Array(parameters[tensor.range])
        let old = updated
        speed.withUnsafeMutableBufferPointer { speed in
          backend.sgdStep(
            step, count: old.count, parameters: old, gradient: Array(gradient[tensor.range]),
            velocity: configuration.optimizer == .momentum ? speed.baseAddress : nil, updated: &updated)
        }
        velocity.replaceSubrange(tensor.range, with: speed)
        parameters.replaceSubrange(tensor.range, with: updated)
      }
    }
    return parameters
  }

  @Test(
    "one asynchronous worker is sequential SGD, bit for bit",
    arguments: ["mlp", "softmax", "hogwild"], [OptimizerKind.sgd, .momentum])
  func oneWorkerIsSequential(model name: String, optimizer: OptimizerKind) throws {
    var configuration = TrainingFixture.configuration(optimizer: optimizer)
    configuration.weightDecay = 0.01
    if name == "hogwild" { configuration.epochs = 1 }
    let model = try TrainingFixture.model(name)
    let trainer = try TrainingFixture.trainer(configuration, model: name)
    let report = try trainer.run()
    let expected = sequential(configuration, model: model, data: TrainingFixture.digits.training)
    try FloatAgreement.checkSameBits(trainer.state.parameters, as: expected)
    #expect(report.outcome == .completed)
    #expect(report.last.staleness == StalenessSummary(mean: 0, p50: 0, p95: 0, p99: 0, max: 0))
    #expect(report.last.updates == configuration.epochs * 16)
    #expect(report.last.examples == configuration.epochs * 250)
  }

  @Test("one synchronous worker is sequential SGD, bit for bit")
  func oneSynchronousWorkerIsSequential() throws {
    let configuration = TrainingFixture.configuration(mode: .sync, optimizer: .momentum)
    let trainer = try TrainingFixture.trainer(configuration)
    _ = try trainer.run()
    let expected = sequential(
      configuration, model: try TrainingFixture.model("mlp"), data: TrainingFixture.digits.training)
    try FloatAgreement.checkSameBits(trainer.state.parameters, as: expected)
  }

  @Test(
    "W synchronous workers with minibatches of B do what one does with W·B, up to the order of summation",
    arguments: [2, 3, 5, 8])
  func synchronousIsOneLargeMinibatch(workers: Int) throws {
    // 250 examples: the last round of each epoch is ragged, in workers and in examples.
    var configuration = TrainingFixture.configuration(workers: workers, mode: .sync, batchSize: 8)
    // The same rate for all: the course of a schedule is over minibatches, of which the ragged round has fewer.
    (configuration.schedule, configuration.warmup) = (.constant, 0)
    let many = try TrainingFixture.trainer(configuration)
    (configuration.workers, configuration.mode, configuration.batchSize) = (1, .async, 8 * workers)
    let one = try TrainingFixture.trainer(configuration)
    let reports = (try many.run(), try one.run())
    #expect(reports.0.last.updates == reports.1.last.updates)
    #expect(reports.0.last.examples == 500)
    // Each update sums W·B terms in another order; the errors of all updates add up at worst. The parameters are of
    // the order of 1, and so is the sensitivity of this convex-like short run to them.
    let tolerance = FloatAgreement.tolerance(depth: 8 * workers, magnitude: 1) * Double(reports.0.last.updates)
    try FloatAgreement.check(many.state.parameters, against: one.state.parameters, tolerance: tolerance)
  }

  @Test("synchronous training has the same bits whatever the threads do", arguments: [3, 8])
  func synchronousIsDeterministic(workers: Int) throws {
    let hashes = try (0..<3).map { _ in
      try TrainingFixture.trainer(TrainingFixture.configuration(workers: workers, mode: .sync)).run().parametersHash
    }
    #expect(Set(hashes).count == 1)
  }

  @Test("another seed gives other parameters")
  func seeds() throws {
    let hashes = try [UInt64(1), 2].map { seed in
      try TrainingFixture.trainer(TrainingFixture.configuration(seed: seed)).run().parametersHash
    }
    #expect(hashes[0] != hashes[1])
  }
}

@Suite("Trainer: workers, epochs and the law of staleness")
struct TrainerRunTests {
  @Test("every worker has a thread of its own: more workers than cores complete a barrier", arguments: [8, 64])
  func allWorkersRendezvous(workers: Int) throws {
    // A round needs a push from every worker, so this run ends only if all of them run at once.
    let configuration = TrainingFixture.configuration(workers: workers, mode: .sync, batchSize: 1)
    let report = try TrainingFixture.trainer(configuration, model: "softmax").run()
    #expect(report.last.updates == 2 * ((250 + workers - 1) / workers))
    #expect(report.updatesByWorker.allSatisfy { $0 > 0 })
  }

  @Test("asynchronous updates count each minibatch once, and obey the law of staleness", arguments: [2, 8, 20])
  func asynchronousCounts(workers: Int) throws {
    let observer = RecordingObserver()
    let configuration = TrainingFixture.configuration(workers: workers, epochs: 3, batchSize: 4, learningRate: 0.01)
    let trainer = try TrainingFixture.trainer(configuration, observer: observer)
    let report = try trainer.run()
    // run() itself fails if the law does not hold exactly.
    #expect(report.last.updates == 3 * 63)
    #expect(report.updatesByWorker.reduce(0, +) == 3 * 63)
    #expect(report.last.examples == 750)
    #expect(report.last.staleness.mean <= Double(workers - 1))
    #expect(observer.epochs.map(\.epoch) == [1, 2, 3])
    #expect(observer.epochs.map(\.updates) == [63, 126, 189])
    #expect(observer.epochs.allSatisfy { $0.trainLoss.map { $0 > 0 && $0 < 10 } ?? false })
  }

  @Test("the observer hears of the run first and of its end last, and of an epoch's end only after its progress")
  func eventOrder() throws {
    let observer = RecordingObserver()
    _ = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 2), observer: observer).run()
    var kinds: [String] = []
    for event in observer.events {
      switch event {
      case .run: kinds.append("run")
      case .progress: kinds.append("progress")
      case .evaluation: kinds.append("evaluation")
      case .epoch: kinds.append("epoch")
      case .warning: kinds.append("warning")
      case .fault: kinds.append("fault")
      case .final: kinds.append("final")
      }
    }
    #expect(kinds.first == "run")
    #expect(kinds.last == "final")
    let withoutRepeats = kinds.enumerated().filter { $0.offset == 0 || kinds[$0.offset - 1] != $0.element }
    #expect(withoutRepeats.map(\.element) == ["run", "progress", "epoch", "progress", "epoch", "final"])
  }

  @Test("the evaluation does not depend on the number of workers")
  func evaluationIsIndependentOfWorkers() throws {
    let start = try TrainingFixture.trainer(TrainingFixture.configuration()).state
    let losses = try [1, 3, 8].map { workers in
      // No epoch left: nothing but the evaluation happens.
      var state = start
      state.epoch = 2
      let configuration = TrainingFixture.configuration(workers: workers)
      return try TrainingFixture.trainer(configuration, resuming: state).run().last
    }
    #expect(losses[0].testLoss > 0)
    #expect(Set(losses.map(\.testLoss)).count == 1)
    #expect(Set(losses.map(\.testAccuracy)).count == 1)
  }

  @Test("data with more classes than the model tells apart, or with no example, are refused")
  func unfitData() throws {
    let model = try ModelZoo.make("softmax", options: ModelOptions(classes: 4)).shaped(for: Shape([1, 28, 28]))
    #expect(throws: TrainingError.classMismatch(model: 4, dataset: 10)) {
      try Trainer(
        TrainingFixture.configuration(), model: model, data: TrainingFixture.digits,
        backend: ReferenceBackend<Float>(), programVersion: "test", observer: RecordingObserver())
    }
    let digits = TrainingFixture.digits
    let empty = DatasetPair(training: digits.training.prefix(0), test: digits.test)
    #expect(throws: TrainingError.noTrainingExamples) {
      try TrainingFixture.trainer(TrainingFixture.configuration(), data: empty)
    }
  }

  @Test("minibatches larger than the data set cost no memory and train on all of it")
  func hugeMinibatch() throws {
    let configuration = TrainingFixture.configuration(workers: 3, batchSize: 1_000_000)
    let report = try TrainingFixture.trainer(configuration).run()
    #expect(report.last.updates == 2 && report.last.examples == 500)
    #expect(EpochPlan(examples: 250, batchSize: 1_000_000).capacity == 250)
  }

  @Test("data of another shape than the model's are refused with both shapes")
  func shapeMismatch() throws {
    let model = try ModelZoo.make("softmax", options: ModelOptions(classes: 10)).shaped(for: Shape([3, 32, 32]))
    #expect(throws: TrainingError.shapeMismatch(model: "3×32×32", dataset: "1×28×28")) {
      try Trainer(
        TrainingFixture.configuration(), model: model, data: TrainingFixture.digits,
        backend: ReferenceBackend<Float>(), programVersion: "test", observer: RecordingObserver())
    }
  }
}

@Suite("Trainer: interruption and continuation")
struct TrainerContinuationTests {
  /// Runs the first part of a run, stopped after `updates`, and returns what it saved last.
  private func firstPart(
    _ configuration: TrainingConfiguration, model: String, stopAfter updates: Int
  ) throws -> (state: TrainerState, report: FinalReport) {
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let backend = HookedBackend(
      parametersPerUpdate: try TrainingFixture.model(model).layout.count,
      afterUpdate: { if $0 == updates { stop.withLock { $0?() } } })
    let trainer = try TrainingFixture.trainer(configuration, model: model, backend: backend)
    stop.withLock { $0 = { trainer.requestStop() } }
    var saved: TrainerState?
    let report = try trainer.run { saved = trainer.state }
    stop.withLock { $0 = nil }
    return (try #require(saved), report)
  }

  @Test(
    "a run stopped anywhere and resumed has the same bits as one that was not",
    arguments: [(1, "mlp"), (15, "mlp"), (16, "mlp"), (17, "mlp"), (31, "mlp"), (5, "hogwild")])
  func resumeIsExact(updates: Int, model: String) throws {
    let configuration = TrainingFixture.configuration(optimizer: .momentum)
    let whole = try TrainingFixture.trainer(configuration, model: model)
    _ = try whole.run()
    let first = try firstPart(configuration, model: model, stopAfter: updates)
    #expect(first.report.outcome == .interrupted)
    #expect(first.state.version == updates)
    #expect(first.state.epoch * 16 + first.state.nextMinibatch == updates)
    let second = try TrainingFixture.trainer(configuration, model: model, resuming: first.state)
    let report = try second.run()
    #expect(report.outcome == .completed)
    #expect(second.state == whole.state)
    #expect(report.last.updates == 32)
    #expect(report.last.examples == 500)
  }

  @Test("a stop finishes the minibatches in flight and loses none", arguments: [CoordinationMode.async, .sync])
  func stopWithManyWorkers(mode: CoordinationMode) throws {
    let configuration = TrainingFixture.configuration(workers: 4, mode: mode, batchSize: 2, learningRate: 0.01)
    let first = try firstPart(configuration, model: "mlp", stopAfter: 3)
    let perUpdate = mode == .sync ? 4 : 1
    let done = first.state.epoch * 125 + first.state.nextMinibatch
    #expect(first.report.outcome == .interrupted)
    #expect(first.state.version * perUpdate == done, "every minibatch that was dealt is part of an update")
    #expect(first.state.examples == 2 * done)
    #expect(first.state.version >= 3 && done < 250)
    let second = try TrainingFixture.trainer(configuration, resuming: first.state)
    let report = try second.run()
    #expect(report.outcome == .completed)
    #expect(report.last.examples == 500)
    #expect(second.state.epoch == 2 && second.state.nextMinibatch == 0)
  }

  @Test("a stop that comes with the last update is no interruption")
  func stopAtTheEnd() throws {
    let first = try firstPart(TrainingFixture.configuration(), model: "mlp", stopAfter: 32)
    #expect(first.report.outcome == .completed)
  }

  @Test("a stop between two epochs ends the run with the report of the first, told and saved once")
  func stopBetweenEpochs() throws {
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let observer = RecordingObserver { event in
      if case .epoch = event { stop.withLock { $0?() } }
    }
    let trainer = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 2, epochs: 5), observer: observer)
    stop.withLock { $0 = { trainer.requestStop() } }
    var saves = 0
    let report = try trainer.run { saves += 1 }
    #expect(report.outcome == .interrupted)
    #expect(observer.epochs == [report.last])
    #expect(report.last.epoch == 1 && report.last.trainLoss != nil)
    #expect(saves == 1)
  }

  @Test("an epoch that is interrupted is not told as one that is done, but is in the final report")
  func interruptedEpochIsNotTold() throws {
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let backend = HookedBackend(
      parametersPerUpdate: try TrainingFixture.model("mlp").layout.count,
      afterUpdate: { if $0 == 20 { stop.withLock { $0?() } } })
    let observer = RecordingObserver()
    let trainer = try TrainingFixture.trainer(TrainingFixture.configuration(), backend: backend, observer: observer)
    stop.withLock { $0 = { trainer.requestStop() } }
    let report = try trainer.run()
    stop.withLock { $0 = nil }
    #expect(observer.epochs.map(\.epoch) == [1])
    #expect(report.last.epoch == 1 && report.last.updates == 20)
  }

  @Test("a run resumed with other workers, mode or minibatches goes on at the same share of its schedule")
  func resumeWithOtherShape() throws {
    var configuration = TrainingFixture.configuration(workers: 2, epochs: 2, batchSize: 5)
    let first = try TrainingFixture.trainer(configuration)
    _ = try first.run()
    let state = first.state
    #expect(state.version == 100 && state.epoch == 2)

    configuration.epochs = 4
    configuration.mode = .sync
    configuration.workers = 5
    configuration.batchSize = 10
    let observer = RecordingObserver()
    let second = try TrainingFixture.trainer(configuration, resuming: state, observer: observer)
    // 25 minibatches an epoch in rounds of 5: 5 updates an epoch, 10 of 20 behind.
    #expect(second.description.plannedUpdates == 100 + 10)
    let report = try second.run()
    #expect(report.last.updates == 110)
    #expect(second.state.parameters != state.parameters, "the learning rate of the first update left is not 0")
    #expect(report.last.testLoss < 2.3)

    let plan = EpochPlan(examples: 250, batchSize: 10)
    let position = SchedulePosition(configuration, plan: plan, epoch: 2, minibatch: 7)
    #expect(position.total == 100 && position.done == 57)
    // 18 minibatches of the third epoch are left, four rounds, and five rounds of the fourth.
    #expect(position.updatesLeft(configuration, plan: plan) == 9)
  }

  @Test("a stop before the first minibatch trains nothing")
  func stopBeforeStart() throws {
    let trainer = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 3))
    trainer.requestStop()
    var saves = 0
    let report = try trainer.run { saves += 1 }
    #expect(saves == 1, "who asked for a checkpoint gets one")
    #expect(report.outcome == .interrupted)
    #expect(report.last.updates == 0)
    #expect(report.last.trainLoss == nil)
  }

  @Test("a state that does not fit is refused with both numbers")
  func unfitStates() throws {
    let state = try TrainingFixture.trainer(TrainingFixture.configuration()).state
    var short = state
    short.parameters.removeLast()
    let count = state.parameters.count
    #expect(throws: TrainingError.stateMismatch(part: "parameters", expected: count, actual: count - 1)) {
      try TrainingFixture.trainer(TrainingFixture.configuration(), resuming: short)
    }
    var elsewhere = state
    elsewhere.trainingExamples = 60_000
    #expect(throws: TrainingError.stateMismatch(part: "training examples", expected: 250, actual: 60_000)) {
      try TrainingFixture.trainer(TrainingFixture.configuration(), resuming: elsewhere)
    }
    var beyond = state
    beyond.nextMinibatch = 16
    #expect(throws: TrainingError.positionOutOfRange(minibatch: 16, minibatches: 16)) {
      try TrainingFixture.trainer(TrainingFixture.configuration(), resuming: beyond)
    }
    let withMomentum = TrainingFixture.configuration(optimizer: .momentum)
    #expect(throws: TrainingError.missingOptimizerState(name: "velocity")) {
      try TrainingFixture.trainer(withMomentum, resuming: state)
    }
    var wrong = state
    wrong.carried.vectors["velocity"] = [1, 2]
    #expect(throws: TrainingError.stateMismatch(part: "velocity", expected: count, actual: 2)) {
      try TrainingFixture.trainer(withMomentum, resuming: wrong)
    }
  }
}

@Suite("Trainer: divergence")
struct TrainerDivergenceTests {
  /// Spoils the gradient of one minibatch.
  private func poisoning(_ loss: Int) -> HookedBackend {
    HookedBackend(afterLoss: { count, gradient in if count == loss { gradient[3] = .infinity } })
  }

  @Test("a gradient that is not finite stops the run, which names worker, update and layer")
  func stops() throws {
    let trainer = try TrainingFixture.trainer(TrainingFixture.configuration(), backend: poisoning(6))
    let report = try trainer.run()
    guard case .diverged(let divergence) = report.outcome else {
      Issue.record("the outcome is \(report.outcome)")
      return
    }
    #expect(divergence.worker == 0 && divergence.update == 5)
    #expect(divergence.parameter.hasPrefix("fc"))
    #expect(report.refusedPushes == 1)
    #expect(report.last.updates == 5)
    #expect(trainer.state.parameters.allSatisfy { $0.isFinite })
  }

  @Test("a run told to skip drops the gradient, says so, and goes on", arguments: [CoordinationMode.async, .sync])
  func skips(mode: CoordinationMode) throws {
    var configuration = TrainingFixture.configuration(workers: 2, mode: mode, learningRate: 0.01)
    configuration.divergencePolicy = .skip
    let observer = RecordingObserver()
    let trainer = try TrainingFixture.trainer(configuration, backend: poisoning(6), observer: observer)
    let report = try trainer.run()
    #expect(report.outcome == .completed)
    #expect(report.refusedPushes == 1)
    #expect(report.last.updates == (mode == .sync ? 16 : 31))
    #expect(report.updatesByWorker.reduce(0, +) == 31)
    #expect(trainer.state.parameters.allSatisfy { $0.isFinite })
    let skipped = observer.warnings.map(\.symptom).filter {
      if case .nonFiniteGradientSkipped = $0 { true } else { false }
    }
    #expect(skipped.count == 1)
  }

  @Test("workers that wait at a barrier are released when another one diverges")
  func barrierIsReleased() throws {
    let configuration = TrainingFixture.configuration(workers: 5, mode: .sync)
    let report = try TrainingFixture.trainer(configuration, backend: poisoning(9)).run()
    guard case .diverged = report.outcome else {
      Issue.record("the outcome is \(report.outcome)")
      return
    }
    #expect(report.last.updates == 1)
  }

  @Test("an absurd learning rate diverges instead of training on NaN")
  func absurdLearningRate() throws {
    let configuration = TrainingFixture.configuration(epochs: 4, learningRate: 1e30)
    let trainer = try TrainingFixture.trainer(configuration, model: "hogwild")
    let report = try trainer.run()
    guard case .diverged = report.outcome, case .stepTooLarge(let stability)? = report.advice?.cause else {
      Issue.record("the outcome is \(report.outcome), because \(String(describing: report.advice))")
      return
    }
    #expect(stability.learningRate > 1e27 && stability.stableLearningRate < 10, "\(stability)")
    #expect(report.advice?.remedies.last == .skipNonFinite)
  }

  @Test("a run that is too short for its curvature to be measured is left alone, and says nothing of it")
  func shortRun() throws {
    let report = try TrainingFixture.trainer(TrainingFixture.configuration()).run()
    #expect(report.last.diagnosis.stability == nil)
    #expect(report.last.diagnosis.silentUnits.map(\.layer) == ["fc1"])
    #expect(report.warnings.isEmpty && report.advice == nil)
  }
}
