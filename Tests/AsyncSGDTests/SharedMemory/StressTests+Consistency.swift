import Kernels
import TestSupport
import Testing

@testable import AsyncSGD

/// Many threads at shared memory and at shards; the gate runs these under ThreadSanitizer.
extension StressTests {
  /// What racing workers left behind.
  private struct Outcome {
    let server: any TrainingServer
    /// The parameters at the end.
    let parameters: [Float]
    /// Pulls whose parameters were not all of the same value.
    let unequalPulls: Int
  }

  private static let workers = 8
  private static let pushes = 150
  private static let updates = workers * pushes

  /// Lets all workers push gradients of 1, so that a parameter is the number of updates that it contains, negated.
  private func race(on server: any TrainingServer) -> Outcome {
    let unequal = LockedCounter()
    let boxes = (0..<Self.workers).map { _ in SnapshotBox(server.latest()) }
    onWorkers(Self.workers) { worker in
      for _ in 0..<Self.pushes {
        let gradient = server.takeGradientBuffer()
        gradient.values.update(repeating: 1, count: gradient.count)
        let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
        if server.push(push, snapshot: &boxes[worker].snapshot) != .proceed { unequal.increment() }
        let snapshot = UnsafeBufferPointer(
          start: boxes[worker].snapshot.values, count: boxes[worker].snapshot.count)
        if !snapshot.allSatisfy({ $0 == snapshot[0] }) { unequal.increment() }
      }
    }
    let final = server.latest()
    return Outcome(
      server: server, parameters: Array(UnsafeBufferPointer(start: final.values, count: final.count)),
      unequalPulls: unequal.value)
  }

  private func sharedMemory(parameters: Int, lockStripes: Int) -> SharedMemoryServer {
    let backend = ReferenceBackend<Float>()
    return SharedMemoryServer(
      initial: [Float](repeating: 0, count: parameters),
      optimizers: ServiceScript.optimizers(
        .sgd, count: parameters, workers: Self.workers, momentum: 0, backend: backend),
      lockStripes: lockStripes, schedule: ServiceScript.constant(1), backend: backend,
      parameterName: { "parameter \($0)" })
  }

  @Test("without locks the counters lose exactly the updates that their parameters lose, with 8 racing workers")
  func lockFree() {
    let outcome = race(on: sharedMemory(parameters: 5000, lockStripes: 0))
    let record = outcome.server.record
    // Blocks begin at 0, 2048 and 4096; every 15th parameter of a block is watched.
    let watched = [(0, 2048), (2048, 4096), (4096, 5000)].flatMap { stride(from: $0, to: $1, by: 15) }
    let missing = watched.reduce(0) { $0 + Self.updates + Int(outcome.parameters[$1]) }
    #expect(record.consistency?.watchedUpdates == watched.count * Self.updates)
    #expect(record.consistency?.lostUpdates == missing)
    #expect(outcome.parameters.allSatisfy { $0 < 0 && $0 >= -Float(Self.updates) })
    #expect(record.stalenessLawResidual == 0)
    #expect(record.updatesByWorker == Array(repeating: Self.pushes, count: Self.workers))
    #expect(record.consistency?.pulls == Self.updates)
  }

  @Test("under locks no update is lost, and every mixed pull is noticed", arguments: [1, 3, 64])
  func lockStripes(stripes: Int) {
    let outcome = race(on: sharedMemory(parameters: 1000, lockStripes: stripes))
    let record = outcome.server.record
    #expect(outcome.parameters == [Float](repeating: -Float(Self.updates), count: 1000))
    #expect(record.consistency?.watchedUpdates == 0)
    #expect(record.stalenessLawResidual == 0)
    // Pulls with as many but other updates in each part are mixed too, and look alike here.
    #expect(outcome.unequalPulls <= record.consistency?.mixedPulls ?? -1)
    if stripes == 1 { #expect(outcome.unequalPulls == 0 && record.consistency?.mixedPulls == 0) }
  }

  @Test("shards lose no update, and exactly the pulls of different versions are counted", arguments: [1, 3, 8])
  func shards(count: Int) {
    let parameters = 100
    let backend = ReferenceBackend<Float>()
    let server = ShardedParameterServer(
      count: parameters, shards: count, workers: Self.workers, backend: backend
    ) { range in
      ParameterServer(
        initial: [Float](repeating: 0, count: range.count),
        coordinator: Coordinator(mode: .async, workers: Self.workers), optimizer: SGD(backend: backend),
        schedule: ServiceScript.constant(1), backend: backend, parameterName: { "parameter \($0)" })
    }
    let outcome = race(on: server)
    let record = outcome.server.record
    #expect(outcome.parameters == [Float](repeating: -Float(Self.updates), count: parameters))
    #expect(record.stalenessLawResidual == 0)
    #expect(record.staleness.applied.count == count * Self.updates)
    #expect(record.updatesByWorker == Array(repeating: Self.pushes, count: Self.workers))
    #expect(record.consistency?.mixedPulls == outcome.unequalPulls)
    if count == 1 { #expect(outcome.unequalPulls == 0) }
  }

  @Test("whole trainings with shared memory and shards race cleanly", arguments: ["hogwild 0", "hogwild 4", "async 3"])
  func dividedTrainings(setup: String) throws {
    let words = setup.split(separator: " ")
    let mode = try #require(CoordinationMode(rawValue: String(words[0])))
    let parts = try #require(Int(words[1]))
    var configuration = TrainingFixture.configuration(
      workers: 6, mode: mode, optimizer: .momentum, batchSize: 8, learningRate: 0.01)
    configuration.hyperparameters[mode == .hogwild ? .lockStripes : .serverShards] = .integer(parts)
    let report = try TrainingFixture.trainer(configuration, model: "softmax").run()
    #expect(report.outcome == .completed)
    #expect(report.last.examples == 500 && report.last.updates == 64)
  }
}
