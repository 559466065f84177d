import Kernels
import NeuralNet
import Testing

@testable import AsyncSGD

@Suite("What else is measured of asynchrony")
struct ObservationTests {
  @Test("the gap is the distance between what was pulled and what is there now")
  func gap() throws {
    // A pulls version 0; B moves both parameters by 3, sixteen times, and each time pulls; A's push comes at version 16.
    let schedule = ManualSchedule(mode: .async, workers: 2, initial: [0, 0], learningRate: 1, offsets: [0, 3])
    schedule.run("A.pull")
    for _ in 0..<16 { schedule.run("B.push") }
    #expect(schedule.server.record.observations?.gap.count == 0, "B pushes to what it has pulled")
    let versions = try #require(schedule.server.record.observations?.versionGap)
    #expect(versions.count == 1 && versions.max == 15, "at update 16 A holds version 0, and B still version 15")
    schedule.run("A.push")
    let gap = try #require(schedule.server.record.observations?.gap)
    #expect(gap.count == 1)
    #expect(try #require(gap.mean) == (2.0 * 48 * 48).squareRoot())
    var direct = ServerWatch(measuresTime: false)
    let pulled = [Float](repeating: 1, count: 5000)
    var present = pulled
    present[0] += 3
    present[4999] -= 4
    direct.observeGap(from: pulled, to: present, count: 5000)
    #expect(direct.observations.gap.count == 1)
    #expect((0..<64).filter(direct.isSampled) == [0, 16, 32, 48])
    #expect(direct.observations.gap.mean == 5)
  }

  @Test("the server is busy for its share of the time in which workers are at work")
  func occupancy() throws {
    var watch = ServerWatch(measuresTime: true, at: 1000)
    // The first requests come 500 ns after the workers began; then a pause of a second, of which nothing counts.
    watch.beginStretch(at: 2000)
    watch.begin(enteredAt: 2400, isPush: true, at: 2500)
    watch.end(at: 2600)
    watch.begin(enteredAt: 2800, isPush: false, at: 2900)
    watch.end(at: 3000)
    #expect(watch.present.serverOccupancy == 200.0 / 1000)
    watch.beginStretch(at: 1_000_003_000)
    watch.begin(enteredAt: 1_000_003_000, isPush: true, at: 1_000_003_100)
    watch.end(at: 1_000_004_000)
    #expect(watch.present.serverOccupancy == 1100.0 / 2000)
    let waits = watch.present.queueWait
    #expect(waits.count == 2 && waits.least == 100 * 1e-9 && waits.largest == 100 * 1e-9)
    #expect(ServerWatch(measuresTime: true, at: 0).present.serverOccupancy == nil)
  }

  @Test("each push is timed, and the server is busy for a share of the time")
  func waits() throws {
    let report = try TrainingFixture.trainer(TrainingFixture.configuration(workers: 3, batchSize: 8)).run()
    let observations = try #require(report.last.figures.observations)
    #expect(observations.queueWait.count == 64)
    #expect(try #require(observations.queueWait.least) >= 0)
    let occupancy = try #require(observations.serverOccupancy)
    #expect(occupancy > 0 && occupancy <= 1)
    #expect(observations.gap.count > 0 && observations.gap.count <= 4)
    #expect(observations.cosine.count == 0, "nobody asked for fresh gradients")
  }

  @Test("a fresh gradient is the stale one where nothing is stale, and changes nothing of the run")
  func freshGradients() throws {
    var configuration = TrainingFixture.configuration(workers: 1, batchSize: 8)
    let plain = try TrainingFixture.trainer(configuration, model: "lenet5").run()
    configuration.freshGradients = 0.25
    let probed = try TrainingFixture.trainer(configuration, model: "lenet5").run()
    #expect(probed.parametersHash == plain.parametersHash)
    let cosine = try #require(probed.last.figures.observations).cosine
    #expect((15...17).contains(cosine.count))
    let (least, largest) = try (#require(cosine.least), #require(cosine.largest))
    #expect(abs(least - 1) < 1e-12 && abs(largest - 1) < 1e-12)
  }

  @Test("a sharded server has the observations of all its shards, and shared memory the cosines", arguments: [1, 3, 0])
  func parts(shards: Int) throws {
    var configuration = TrainingFixture.configuration(
      workers: 3, mode: shards == 0 ? .hogwild : .async, batchSize: 8)
    configuration.freshGradients = 0.25
    if shards > 0 { configuration.hyperparameters[.serverShards] = .integer(shards) }
    let report = try TrainingFixture.trainer(configuration, model: "lenet5").run()
    let observations = try #require(report.last.figures.observations)
    #expect((15...17).contains(observations.cosine.count))
    #expect(try #require(observations.cosine.largest) <= 1 + 1e-6)
    // 64 updates, of which each shard measures the versions at four.
    #expect(observations.queueWait.count == 64 * shards)
    #expect(observations.versionGap.count == 4 * shards)
    #expect((observations.serverOccupancy != nil) == (shards > 0))
  }

  @Test(
    "one worker's pull is what it would pull, also where the rule looks ahead",
    arguments: [UpdateRuleKind.dana, .smega2])
  func lookingAhead(_ rule: UpdateRuleKind) throws {
    var configuration = TrainingFixture.configuration(workers: 1, optimizer: .sgd, batchSize: 8)
    configuration.rule = rule
    configuration.momentum = 0.9
    configuration.freshGradients = 0.25
    let report = try TrainingFixture.trainer(configuration, model: "lenet5").run()
    let observations = try #require(report.last.figures.observations)
    #expect(observations.gap.count == 0 && (15...17).contains(observations.cosine.count))
    #expect(try abs(#require(observations.cosine.least) - 1) < 1e-12)
  }

  @Test(
    "fresh gradients are of the share that was asked for, of all workers", arguments: [0.01, 0.1, 0.4, 0.5, 0.7, 1])
  func share(_ share: Double) throws {
    var configuration = TrainingFixture.configuration(workers: 8)
    configuration.freshGradients = share
    let model = try TrainingFixture.model("mlp")
    let setup = try RunSetup(
      configuration, model: model, data: TrainingFixture.digits, backend: ReferenceBackend<Float>(),
      programVersion: "test", resuming: nil, clock: .wall(), recorder: nil)
    let probe = try #require(FreshGradientProbe(configuration, server: setup.server, count: model.layout.count))
    let sampled = (0..<8000).filter(probe.isSampled)
    #expect(abs(Double(sampled.count) - 8000 * share) <= 3)
    // Of the workers that take them in turn, each has its eighth.
    for worker in 0..<8 {
      #expect(abs(Double(sampled.count { $0 % 8 == worker }) - 1000 * share) <= 4, "worker \(worker)")
    }
  }

  @Test("in virtual time the fresh gradient is that of the very moment, and staleness turns it")
  func freshInVirtualTime() throws {
    func simulate(workers: Int) throws -> SimulationReport {
      var configuration = TrainingFixture.configuration(workers: workers, batchSize: 8, learningRate: 0.5)
      configuration.freshGradients = 1
      return try Simulator(
        configuration, cluster: ClusterDescription(), model: TrainingFixture.model("mlp"), data: TrainingFixture.digits,
        backend: ReferenceBackend<Float>(), programVersion: "test", threads: 2, observer: RecordingObserver()
      ).run()
    }
    let alone = try #require(try simulate(workers: 1).final.last.figures.observations).cosine
    let least = try #require(alone.least)
    #expect(alone.count == 64 && abs(least - 1) < 1e-12)
    let together = try #require(try simulate(workers: 8).final.last.figures.observations).cosine
    #expect(together.count == 64)
    let (mean, largest) = try (#require(together.mean), #require(together.largest))
    #expect(mean < 0.99 && largest <= 1 + 1e-12)
    let again = try #require(try simulate(workers: 8).final.last.figures.observations).cosine
    #expect(again == together)
  }
}
