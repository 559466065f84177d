import Kernels
import Synchronization
import Testing

@testable import AsyncSGD

/// A service that declares some calculations unwanted, at moments that a test chooses.
private final class ImpatientService: ServiceDecorator {
  let base: any ParameterService
  private let questions = Mutex(0)
  private let unwanted: Set<Int>

  /// Answers the questions of the given numbers, from 1, with no.
  init(_ base: any ParameterService, unwanted: Set<Int>) {
    self.base = base
    self.unwanted = unwanted
  }

  func isWanted(version: Int) -> Bool {
    let number = questions.withLock { count in
      count += 1
      return count
    }
    return !unwanted.contains(number) && base.isWanted(version: version)
  }
}

@Suite("Coordination, whole trainings")
struct ModeTrainingTests {
  private func configuration(_ policy: PolicyCase, workers: Int) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration(
      workers: workers, mode: policy.mode, batchSize: 8, learningRate: 0.01)
    configuration.hyperparameters = policy.hyperparameters
    // A step of a worker is a push.
    configuration.hyperparameters[.localSteps] = .integer(1)
    return configuration
  }

  @Test(
    "every mode with one worker is sequential SGD, bit for bit",
    arguments: PolicyCase.all.filter { $0.mode != .easgd && $0.goesWith(workers: 1) && $0.gathersOneOfOneWorker })
  func oneWorker(policy: PolicyCase) throws {
    let sequential = try TrainingFixture.trainer(configuration(PolicyCase(.sequential), workers: 1)).run()
    let report = try TrainingFixture.trainer(configuration(policy, workers: 1)).run()
    #expect(report.parametersHash == sequential.parametersHash)
    #expect(report.last.updates == sequential.last.updates && report.last.updates == 64)
  }

  @Test(
    "each minibatch that was dealt is applied or counted as dropped, in every mode", arguments: PolicyCase.gradients)
  func everyMinibatchIsAccountedFor(policy: PolicyCase) throws {
    let report = try TrainingFixture.trainer(configuration(policy, workers: 3)).run()
    let drops = report.last.figures.drops.reduce(0) { $0 + $1.value }
    // 32 minibatches an epoch; one that was given up was computed anew.
    #expect(report.updatesByWorker.reduce(0, +) + drops == 64)
    #expect(report.last.examples == 500)
    #expect(report.last.figures.dropsByWorker.reduce(0, +) == drops)
  }

  @Test("a calculation that is given up leaves no trace: the same minibatch is computed anew", arguments: [1, 2])
  func abandonedCalculations(questionsBetween: Int) throws {
    var configuration = TrainingFixture.configuration(optimizer: .momentum)
    configuration.epochs = 1
    let expected = try TrainingFixture.trainer(configuration).run()
    // A step asks after its forward pass and before its push: some are given up here, some there.
    let unwanted: Set = [1, 4, 5, 10, 10 + questionsBetween]
    let trainer = try Trainer(
      configuration, model: TrainingFixture.model("mlp"), data: TrainingFixture.digits,
      backend: ReferenceBackend<Float>(), programVersion: "test", observer: RecordingObserver(),
      service: { server, _ in ImpatientService(server, unwanted: unwanted) })
    let report = try trainer.run()
    #expect(report.parametersHash == expected.parametersHash)
    #expect(report.last.figures.abandoned == 5)
    #expect(report.last.examples == 250 && report.last.updates == 16)
  }

  @Test(
    "a gradient that is not finite ends a run of any mode, and whoever waits is let go", arguments: PolicyCase.gradients
  )
  func divergence(policy: PolicyCase) throws {
    let backend = HookedBackend(afterLoss: { count, gradient in if count == 20 { gradient[3] = .infinity } })
    var configuration = configuration(policy, workers: 3)
    let stopped = try TrainingFixture.trainer(configuration, backend: backend).run()
    // The poisoned calculation may have been given up.
    if case .diverged = stopped.outcome {
      #expect(stopped.refusedPushes == 1)
    } else {
      #expect(stopped.last.figures.abandoned > 0)
    }
    configuration.divergencePolicy = .skip
    let again = HookedBackend(afterLoss: { count, gradient in if count % 20 == 0 { gradient[3] = .infinity } })
    let skipped = try TrainingFixture.trainer(configuration, backend: again).run()
    #expect(skipped.outcome == .completed)
    #expect(skipped.refusedPushes > 0 || skipped.last.figures.abandoned > 0)
  }

  @Test(
    "a stop ends a run of any mode with whole minibatches, and the rest can follow", arguments: PolicyCase.gradients)
  func interruption(policy: PolicyCase) throws {
    let configuration = configuration(policy, workers: 3)
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    let backend = HookedBackend(afterLoss: { count, _ in if count == 10 { stop.withLock { $0?() } } })
    let trainer = try TrainingFixture.trainer(configuration, backend: backend)
    stop.withLock { $0 = { trainer.requestStop() } }
    let report = try trainer.run()
    stop.withLock { $0 = nil }
    #expect(report.outcome == .interrupted)
    let state = trainer.state
    let dealt = state.epoch * 32 + state.nextMinibatch
    let drops = report.last.figures.drops.reduce(0) { $0 + $1.value }
    #expect(report.updatesByWorker.reduce(0, +) + drops == dealt)
    // The tenth loss asked for the stop; calculations that were given up had losses, too.
    #expect(dealt + report.last.figures.abandoned >= 9)
    #expect(state.examples == report.last.examples)
    let rest = try TrainingFixture.trainer(configuration, resuming: state).run()
    #expect(rest.outcome == .completed && rest.last.examples == 500)
  }
}

extension PolicyCase {
  /// Whether each gradient of a single worker is an update.
  var gathersOneOfOneWorker: Bool {
    hyperparameters.gradientsOfUpdate(in: Hyperparameter.Setting(workers: 1, mode: mode)) == 1
  }
}
