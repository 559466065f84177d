import AllocationCounter
import DataPipeline
import Kernels
import NeuralNet
import Synchronization
import TestSupport
import Testing

@testable import AsyncSGD

/// A way to divide the parameters of a run.
private struct Division: CustomTestStringConvertible {
  let mode: CoordinationMode
  let parts: Int

  static let all = [
    Division(mode: .hogwild, parts: 0), Division(mode: .hogwild, parts: 1), Division(mode: .hogwild, parts: 5),
    Division(mode: .async, parts: 3),
  ]

  func configuration(
    workers: Int = 1, optimizer: OptimizerKind = .sgd, epochs: Int = 2, batchSize: Int = 16,
    learningRate: Double = 0.05
  ) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration(
      workers: workers, mode: mode, optimizer: optimizer, epochs: epochs, batchSize: batchSize,
      learningRate: learningRate)
    configuration.hyperparameters[mode == .hogwild ? .lockStripes : .serverShards] = .integer(parts)
    return configuration
  }

  var testDescription: String { "\(mode.rawValue), \(parts) parts" }
}

@Suite("Trainings with shared memory and shards")
struct DividedTrainingTests {
  @Test("one worker trains as with one server, bit for bit", arguments: Division.all, OptimizerKind.allCases)
  fileprivate func oneWorker(division: Division, optimizer: OptimizerKind) throws {
    var configuration = division.configuration(optimizer: optimizer, learningRate: 0.01)
    configuration.weightDecay = 0.01
    let divided = try TrainingFixture.trainer(configuration, model: "softmax")
    let report = try divided.run()
    (configuration.mode, configuration.hyperparameters) = (.async, Hyperparameters())
    let served = try TrainingFixture.trainer(configuration, model: "softmax")
    _ = try served.run()
    #expect(divided.state == served.state)
    #expect(report.last.staleness == StalenessSummary(mean: 0, p50: 0, p95: 0, p99: 0, max: 0))
    let consistency = try #require(report.last.figures.consistency)
    #expect(consistency.pulls == 32 && consistency.mixedPulls == 0 && consistency.lostUpdates == 0)
  }

  @Test("a run of one worker that is resumed has the same bits as one that was not", arguments: Division.all)
  fileprivate func resume(division: Division) throws {
    let configuration = division.configuration(optimizer: .adam, learningRate: 0.01)
    let whole = try TrainingFixture.trainer(configuration)
    var saved: TrainerState?
    _ = try whole.run { saved = saved ?? whole.state }
    let state = try #require(saved)
    #expect(state.epoch == 1)
    let second = try TrainingFixture.trainer(configuration, resuming: state)
    _ = try second.run()
    #expect(second.state == whole.state)
  }

  @Test("each worker's own momentum is saved, and taken up by whoever resumes")
  func ownMomentumIsCarried() throws {
    var configuration = Division(mode: .hogwild, parts: 0).configuration(
      workers: 3, optimizer: .momentum, learningRate: 0.01)
    let first = try TrainingFixture.trainer(configuration, model: "softmax")
    _ = try first.run()
    let state = first.state
    let others = (1...2).map { "worker.\($0).optimizer.velocity" }
    #expect(Set(state.carried.vectors.keys) == Set(["velocity"] + others))
    // Nothing is left to train: what was restored is what is saved.
    let same = try TrainingFixture.trainer(configuration, model: "softmax", resuming: state)
    #expect(same.state.carried == state.carried)
    // Workers without a state of their own begin with the first one's.
    configuration.workers = 4
    let more = try TrainingFixture.trainer(configuration, model: "softmax", resuming: state)
    #expect(more.state.carried.vectors[others[1]] == state.carried.vectors[others[1]])
    #expect(more.state.carried.vectors["worker.3.optimizer.velocity"] == state.carried.vectors["velocity"])
  }

  @Test("many workers train on every minibatch once, and obey the law of staleness", arguments: Division.all)
  fileprivate func manyWorkers(division: Division) throws {
    let configuration = division.configuration(
      workers: 8, optimizer: .momentum, epochs: 3, batchSize: 4, learningRate: 0.01)
    let trainer = try TrainingFixture.trainer(configuration)
    let report = try trainer.run()
    // run() itself fails if the law does not hold exactly.
    #expect(report.outcome == .completed)
    #expect(report.last.updates == 3 * 63 && report.last.examples == 750)
    #expect(report.updatesByWorker.reduce(0, +) == 3 * 63)
    #expect(report.last.staleness.mean <= 7)
    // A worker pulls with each push, and never besides: not at the beginning of an epoch either.
    #expect(report.last.figures.consistency?.pulls == 3 * 63)
    #expect(report.last.trainLoss.map { $0 < 2.3 } ?? false)
    #expect(trainer.state.parameters.allSatisfy { $0.isFinite })
  }

  @Test("more workers than minibatches come to an end", arguments: Division.all)
  fileprivate func earlyEnd(division: Division) throws {
    let configuration = division.configuration(workers: 20, epochs: 3, batchSize: 100, learningRate: 0.01)
    let report = try TrainingFixture.trainer(configuration, model: "softmax").run()
    #expect(report.outcome == .completed)
    #expect(report.last.updates == 9)
  }

  @Test("a stop finishes the minibatches in flight and loses none", arguments: Division.all)
  fileprivate func stop(division: Division) throws {
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let backend = HookedBackend(afterLoss: { count, _ in if count == 20 { stop.withLock { $0?() } } })
    let configuration = division.configuration(workers: 4, batchSize: 2, learningRate: 0.01)
    let trainer = try TrainingFixture.trainer(configuration, backend: backend)
    stop.withLock { $0 = { trainer.requestStop() } }
    let report = try trainer.run()
    stop.withLock { $0 = nil }
    let state = trainer.state
    #expect(report.outcome == .interrupted)
    #expect(state.version == state.epoch * 125 + state.nextMinibatch)
    #expect(state.examples == 2 * state.version && state.version >= 20)
  }

  @Test("a gradient that is not finite stops all workers, or is skipped", arguments: Division.all)
  fileprivate func divergence(division: Division) throws {
    let poisoning = { HookedBackend(afterLoss: { count, gradient in if count == 6 { gradient[3] = .nan } }) }
    var configuration = division.configuration(workers: 5, batchSize: 8, learningRate: 0.01)
    let stopped = try TrainingFixture.trainer(configuration, backend: poisoning())
    let report = try stopped.run()
    guard case .diverged(let place) = report.outcome else {
      Issue.record("the outcome is \(report.outcome)")
      return
    }
    #expect(place.parameter.hasPrefix("fc"))
    #expect(report.refusedPushes == 1)
    #expect(stopped.state.parameters.allSatisfy { $0.isFinite })

    configuration.divergencePolicy = .skip
    let skipping = try TrainingFixture.trainer(configuration, backend: poisoning()).run()
    #expect(skipping.outcome == .completed)
    #expect(skipping.refusedPushes == 1 && skipping.last.updates == 63)
  }

  @Test(
    "a step allocates nothing in steady state, with any optimizer",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: Division.all, OptimizerKind.allCases)
  fileprivate func allocations(division: Division, optimizer: OptimizerKind) throws {
    let backend = try KernelBackends.make(named: "simd")
    let model = try TrainingFixture.model("softmax")
    let configuration = division.configuration(workers: 2, optimizer: optimizer, batchSize: 4)
    let plan = EpochPlan(examples: 250, batchSize: 4)
    let server = ServerAssembly(
      configuration, model: model, backend: backend,
      schedule: SchedulePosition(configuration, plan: plan, epoch: 0, minibatch: 0), state: nil
    ).makeServer()
    let boxes = [SnapshotBox(server.latest()), SnapshotBox(server.latest())]
    var isInOrder = true
    func step(_ worker: Int) {
      let gradient = server.takeGradientBuffer()
      gradient.values.update(repeating: 1e-3, count: gradient.count)
      let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
      isInOrder = server.push(push, snapshot: &boxes[worker].snapshot) == .proceed && isInOrder
      server.pull(worker: worker, into: &boxes[worker].snapshot)
    }
    for turn in 0..<10 { step(turn % 2) }
    let before = allocation_count_of_this_thread()
    for turn in 0..<20 { step(turn % 2) }
    #expect(allocation_count_of_this_thread() == before)
    #expect(isInOrder)
    #expect(server.status.version == 30)
  }
}
