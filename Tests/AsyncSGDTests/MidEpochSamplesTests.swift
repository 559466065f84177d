import Kernels
import NeuralNet
import Synchronization
import Testing

@testable import AsyncSGD

@Suite("Evaluations within an epoch")
struct MidEpochSamplesTests {
  @Test("an epoch is cut into equal parts, of which each has a minibatch at least")
  func marks() {
    let plan = EpochPlan(examples: 250, batchSize: 16)
    #expect(plan.minibatches == 16)
    #expect(plan.marks(parts: 1) == [])
    #expect(plan.marks(parts: 4) == [4, 8, 12])
    #expect(plan.marks(parts: 3) == [5, 10])
    #expect(plan.marks(parts: 100) == Array(1..<16))
    #expect(EpochPlan(examples: 3, batchSize: 16).marks(parts: 5) == [])
  }

  @Test("what is evaluated are the parameters of that moment, as if the run had been stopped there")
  func moment() throws {
    var configuration = TrainingFixture.configuration()
    configuration.evaluationsPerEpoch = 4
    let observer = RecordingObserver()
    let run = try TrainingFixture.trainer(configuration, observer: observer).run()
    #expect(observer.evaluations.map(\.updates) == [4, 8, 12, 20, 24, 28])
    #expect(observer.evaluations.map(\.examples) == [64, 128, 192, 250 + 64, 250 + 128, 250 + 192])
    #expect(observer.evaluations.map(\.epoch) == observer.evaluations.map { Double($0.examples) / 250 })
    let seconds = observer.evaluations.map(\.seconds)
    #expect(seconds == seconds.sorted() && seconds.allSatisfy { $0 > 0 && $0 <= run.last.seconds })

    let unwatched = try TrainingFixture.trainer(TrainingFixture.configuration()).run()
    #expect(run.parametersHash == unwatched.parametersHash)
    for evaluation in observer.evaluations {
      let stop = Mutex<(@Sendable () -> Void)?>(nil)
      let updates = evaluation.updates
      let backend = HookedBackend(
        parametersPerUpdate: try TrainingFixture.model("mlp").layout.count,
        afterUpdate: { if $0 == updates { stop.withLock { $0?() } } })
      let trainer = try TrainingFixture.trainer(TrainingFixture.configuration(), backend: backend)
      stop.withLock { $0 = { trainer.requestStop() } }
      let stopped = try trainer.run().last
      stop.withLock { $0 = nil }
      #expect(stopped.updates == updates)
      #expect(stopped.testLoss == evaluation.testLoss && stopped.testAccuracy == evaluation.testAccuracy)
    }
  }

  @Test("they are told in order, after the progress of their epoch and before its end")
  func order() throws {
    var configuration = TrainingFixture.configuration()
    configuration.evaluationsPerEpoch = 3
    let observer = RecordingObserver()
    _ = try TrainingFixture.trainer(configuration, observer: observer).run()
    let kinds = observer.events.compactMap { event in
      switch event {
      case .evaluation: "evaluation"
      case .epoch: "epoch"
      case .final: "final"
      case .run, .progress, .warning, .fault: nil
      }
    }
    #expect(kinds == ["evaluation", "evaluation", "epoch", "evaluation", "evaluation", "epoch", "final"])
  }

  @Test(
    "of workers that race each mode has its evaluations, and their figures rise",
    arguments: [CoordinationMode.async, .sync, .easgd, .localSGD, .hogwild])
  func modes(_ mode: CoordinationMode) throws {
    var configuration = TrainingFixture.configuration(workers: 3, mode: mode, batchSize: 5)
    configuration.evaluationsPerEpoch = 5
    let observer = RecordingObserver()
    let report = try TrainingFixture.trainer(configuration, observer: observer).run()
    #expect(report.outcome == .completed)
    let evaluations = observer.evaluations
    #expect(evaluations.count == 2 * 4)
    #expect(evaluations.map(\.updates) == evaluations.map(\.updates).sorted())
    #expect(evaluations.allSatisfy { $0.testLoss.isFinite && (0...1).contains($0.testAccuracy) && $0.examples <= 500 })
  }

  @Test("a sharded server is evaluated, too")
  func sharded() throws {
    var configuration = TrainingFixture.configuration(workers: 2, batchSize: 5)
    configuration.hyperparameters[.serverShards] = .integer(3)
    configuration.evaluationsPerEpoch = 2
    let observer = RecordingObserver()
    _ = try TrainingFixture.trainer(configuration, observer: observer).run()
    #expect(observer.evaluations.count == 2)
  }

  @Test("in virtual time they do not depend on the threads, and one worker's are those of a live run")
  func virtualTime() throws {
    func simulate(workers: Int, threads: Int, evaluations: Int) throws -> (RecordingObserver, SimulationReport) {
      var configuration = TrainingFixture.configuration(workers: workers)
      configuration.evaluationsPerEpoch = evaluations
      let observer = RecordingObserver()
      let report = try Simulator(
        configuration, cluster: ClusterDescription(), model: TrainingFixture.model("mlp"), data: TrainingFixture.digits,
        backend: ReferenceBackend<Float>(), programVersion: "test", threads: threads,
        observer: observer
      ).run()
      return (observer, report)
    }
    func timeless(_ observer: RecordingObserver) -> [EvaluationReport] {
      observer.evaluations.map { report in
        var report = report
        report.seconds = 0
        return report
      }
    }
    let (first, report) = try simulate(workers: 6, threads: 1, evaluations: 4)
    let (second, _) = try simulate(workers: 6, threads: 3, evaluations: 4)
    #expect(first.evaluations.count == 6 && timeless(first) == timeless(second))
    let times = first.evaluations.compactMap(\.virtualSeconds)
    #expect(times.count == 6 && times == times.sorted() && times.allSatisfy { $0 > 0 && $0 < report.seconds })
    let unwatched = try simulate(workers: 6, threads: 1, evaluations: 1).1
    #expect(unwatched.final.parametersHash == report.final.parametersHash)

    let (alone, _) = try simulate(workers: 1, threads: 2, evaluations: 4)
    var configuration = TrainingFixture.configuration()
    configuration.evaluationsPerEpoch = 4
    let live = RecordingObserver()
    _ = try TrainingFixture.trainer(configuration, observer: live).run()
    #expect(alone.evaluations.map(\.testLoss) == live.evaluations.map(\.testLoss))
    #expect(alone.evaluations.map(\.examples) == live.evaluations.map(\.examples))
  }
}
