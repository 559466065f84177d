import DataPipeline
import Kernels
import NeuralNet
import Testing

@testable import AsyncSGD

@Suite("Reports")
struct ReportTests {
  private func status(
    version: Int, examples: Int, recent: (examples: Int, loss: Double, correct: Int)
  ) -> ServerStatus {
    var sums = TrainingTotals()
    (sums.examples, sums.loss, sums.correct) = recent
    return ServerStatus(
      version: version, examples: examples, recent: sums, stalenessMean: 1.5, stalenessMax: 4,
      nextLearningRate: 0.25, refusedPushes: 0)
  }

  private func meter(earlier: Int = 0) throws -> ProgressMeter {
    let trainer = try TrainingFixture.trainer(TrainingFixture.configuration(epochs: 4))
    return ProgressMeter(run: trainer.description, examplesPerEpoch: 250, earlierExamples: earlier)
  }

  @Test("progress counts from the run's beginning, paces by this process, and rates by the last report")
  func progress() throws {
    var meter = try meter(earlier: 250)
    let first = meter.progress(status(version: 3, examples: 100, recent: (100, 50, 40)), seconds: 2)
    #expect(first.examples == 350 && first.epoch == 1.4 && first.epochs == 4)
    #expect(first.examplesPerSecond == 50 && first.trainLoss == 0.5)
    // 650 of 1,000 examples are left, at 50 a second.
    #expect(first.secondsRemaining == 13)
    #expect(first.stalenessMean == 1.5 && first.stalenessMax == 4 && first.learningRate == 0.25)
    let second = meter.progress(status(version: 6, examples: 250, recent: (150, 15, 140)), seconds: 3)
    #expect(second.examplesPerSecond == 150 && second.trainLoss == 0.1)
    #expect(second.updates == 6)
    let idle = meter.progress(status(version: 6, examples: 250, recent: (0, 0, 0)), seconds: 3)
    #expect(idle.trainLoss == nil && idle.examplesPerSecond == 0)
  }

  @Test("an epoch's loss and accuracy are its own, whatever the epoch before was like")
  func epoch() throws {
    var meter = try meter()
    meter.beginEpoch()
    _ = meter.progress(status(version: 1, examples: 250, recent: (250, 1e30, 25)), seconds: 1)
    meter.beginEpoch()
    _ = meter.progress(status(version: 2, examples: 400, recent: (150, 300, 50)), seconds: 2)
    let last = status(version: 3, examples: 500, recent: (100, 200, 75))
    _ = meter.progress(last, seconds: 4)
    let report = meter.epochReport(
      last, epoch: 2, seconds: 4, evaluation: Evaluation(loss: 0.5, accuracy: 0.75),
      staleness: StalenessSummary(mean: 1, p50: 1, p95: 2, p99: 3, max: 4), diagnosis: EpochDiagnosis(),
      figures: RunFigures(abandoned: 5))
    #expect(report.staleness.p95 == 2 && report.figures.abandoned == 5)
    #expect(report.trainLoss == 2 && report.trainAccuracy == 0.5)
    #expect(report.examples == 500 && report.examplesPerSecond == 125 && report.updates == 3)
    #expect(report.testLoss == 0.5 && report.testAccuracy == 0.75 && report.epoch == 2)
  }

  @Test("the evaluation is the mean over every test image, the last partial chunk included")
  func evaluation() throws {
    // 100 test images in chunks of 16 leave 4 over.
    var state = try TrainingFixture.trainer(TrainingFixture.configuration()).state
    state.epoch = 2
    let report = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 3), resuming: state).run()
    let model = try TrainingFixture.model("mlp")
    let test = TrainingFixture.digits.test
    let replica = Replica<Float>(model, minibatchCapacity: 1, backend: ReferenceBackend<Float>())
    var loss = 0.0
    var correct = 0
    for index in 0..<Int32(test.count) {
      [index].withUnsafeBufferPointer { test.write($0, images: replica.inputs, labels: replica.labels) }
      let sums = replica.evaluate(at: state.parameters, examples: 1)
      loss += sums.loss
      correct += sums.correct
    }
    #expect(abs(report.last.testLoss - loss / 100) <= 1e-5 * loss / 100)
    #expect(report.last.testAccuracy == Double(correct) / 100)
  }

  @Test("the description has the effective values")
  func description() throws {
    let synchronous = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 3, mode: .sync)).description
    #expect(synchronous.examplesPerUpdate == 48 && synchronous.plannedUpdates == 2 * 6)
    #expect(!synchronous.hasStaleness)
    let asynchronous = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 3)).description
    #expect(asynchronous.examplesPerUpdate == 16 && asynchronous.plannedUpdates == 2 * 16)
    #expect(asynchronous.hasStaleness)
    #expect(asynchronous.parameters == 784 * 16 + 16 + 160 + 10)
  }

  @Test("recipes scale the learning rate with workers as they say")
  func recipes() {
    let recipe = TrainingRecipe(epochs: 1, batchSize: 8, learningRate: 0.5)
    #expect([1, 4, 8, 16].map { recipe.learningRate(mode: .sync, workers: $0) } == [0.5, 2, 4, 4])
    // 0.5·√(8/16) = 0.35355, and from there on with 16/n.
    let crowded: [Double] = [0.5, 0.5, 0.3536, 0.1768, 0.04419]
    #expect([1, 8, 16, 32, 128].map { recipe.learningRate(mode: .async, workers: $0) } == crowded)
    // Momentum makes each gradient count 1/(1 − μ) times.
    #expect(recipe.learningRate(mode: .async, optimizer: .momentum, workers: 8) == 0.25)
    #expect(recipe.learningRate(mode: .sync, optimizer: .nesterov, momentum: 0.75, workers: 4) == 0.5)
    let withMomentum = recipe.learningRate(mode: .async, rule: .dana, optimizer: .sgd, workers: 8)
    #expect(abs(withMomentum - 0.05) < 1e-12, "the momentum of the rule counts like one of the optimizer's")
    #expect(recipe.learningRate(mode: .async, rule: .closedLoopMomentum, optimizer: .momentum, workers: 8) == 0.25)
    // Adaptive steps grow with the root of the minibatch.
    #expect(
      [1, 4, 16, 64].map { recipe.learningRate(mode: .async, optimizer: .adagrad, workers: $0) }
        == [0.02, 0.02, 0.01414, 0.003536])
    #expect(recipe.learningRate(mode: .sync, optimizer: .adam, workers: 4) == 0.002)
    // The steps of local workers are longer in proportion to half the workers, but not stale ones of a fixed length.
    #expect(recipe.learningRate(mode: .agn, workers: 8) == 2)
    #expect(recipe.learningRate(mode: .agn, optimizer: .adam, workers: 8) == 0.001)
    // Adaptive rates make up for half of what FASGD divides by: 7 and 1 at a mean staleness of seven.
    #expect(recipe.learningRate(mode: .async, rule: .fasgd, optimizer: .sgd, workers: 8) == 0.002)
    #expect(recipe.learningRate(mode: .async, rule: .fasgd, optimizer: .adam, workers: 8) == 0.004)
    #expect(recipe.learningRate(mode: .async, rule: .fasgd, optimizer: .adam, workers: 1) == 0.001)
    #expect(OptimizerKind.allCases.map { recipe.weightDecay(optimizer: $0) } == [0, 0, 0, 0, 0, 0, 0.01])
    var decaying = recipe
    decaying.weightDecay = 0.5
    #expect(decaying.weightDecay(optimizer: .adamw) == 0.5 && decaying.weightDecay(optimizer: .sgd) == 0.5)
    for model in ModelZoo.all.map(\.name) {
      let recommended = TrainingRecipe.recommended(forModel: model)
      #expect(recommended.epochs > 0 && recommended.batchSize > 0 && recommended.learningRate > 0, "\(model)")
      #expect((recommended.momentum > 0) == (recommended.optimizer == .momentum), "\(model)")
    }
  }
}
