import Foundation
import Kernels
import TestSupport
import Testing

@testable import AsyncSGD

/// Many threads at once.
///
/// The gate runs this suite under ThreadSanitizer too, with a canary that must be reported.
@Suite("Stress")
struct StressTests {
  /// Runs `body` on one dispatch queue a worker, all at once, and waits.
  func onWorkers(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for worker in 0..<count {
      DispatchQueue(label: "stress.\(worker)").async(group: group) { body(worker) }
    }
    group.wait()
  }

  private func server(workers: Int, mode: CoordinationMode, parameters: Int) -> ParameterServer {
    let backend = ReferenceBackend<Float>()
    return ParameterServer(
      initial: [Float](repeating: 0, count: parameters), coordinator: Coordinator(mode: mode, workers: workers),
      optimizer: SGD(backend: backend),
      schedule: LearningRateSchedule(peak: 1, shape: .constant, warmup: 0, plannedMinibatches: 1), backend: backend,
      parameterName: { "parameter \($0)" })
  }

  @Test("no snapshot mixes two versions, no update is lost, and the law holds, with 8 racing workers")
  func asynchronous() {
    let workers = 8
    let pushes = 300
    let server = server(workers: workers, mode: .async, parameters: 777)
    let torn = LockedCounter()
    // Taken before the first push: the coordinator takes every worker to start at version 0.
    let boxes = (0..<workers).map { _ in SnapshotBox(server.latest()) }
    onWorkers(workers) { worker in
      var snapshot: ParameterSnapshot {
        _read { yield boxes[worker].snapshot }
        _modify { yield &boxes[worker].snapshot }
      }
      for _ in 0..<pushes {
        // Every update subtracts 1 everywhere, so version v is −v everywhere.
        let expected = -Float(snapshot.version)
        for index in 0..<snapshot.count where !(snapshot.values[index] == expected) { torn.increment() }
        let gradient = server.takeGradientBuffer()
        for index in 0..<gradient.count { gradient.values[index] = 1 }
        let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
        let reply = server.push(push, snapshot: &snapshot)
        if reply != .proceed { torn.increment() }
      }
    }
    #expect(torn.value == 0)
    let final = server.latest()
    #expect(final.version == workers * pushes)
    #expect(final.values[0] == -Float(workers * pushes) && final.values[776] == -Float(workers * pushes))
    #expect(server.coordination.updatesByWorker == Array(repeating: pushes, count: workers))
    #expect(server.coordination.stalenessLawResidual == 0)
  }

  @Test("pulls go on while updates are made, and see only whole versions")
  func readersDuringUpdates() {
    let server = server(workers: 2, mode: .async, parameters: 5000)
    let torn = LockedCounter()
    onWorkers(5) { index in
      if index < 2 {
        var snapshot = server.latest()
        server.pull(worker: index, into: &snapshot)
        for _ in 0..<200 {
          let gradient = server.takeGradientBuffer()
          for index in 0..<gradient.count { gradient.values[index] = 1 }
          let push = GradientPush(worker: index, gradient: gradient, examples: 1, sums: ClassificationSums())
          _ = server.push(push, snapshot: &snapshot)
        }
      } else {
        for _ in 0..<200 {
          let snapshot = server.latest()
          let expected = -Float(snapshot.version)
          for index in 0..<snapshot.count where !(snapshot.values[index] == expected) { torn.increment() }
        }
      }
    }
    #expect(torn.value == 0)
    #expect(server.latest().version == 400)
  }

  @Test("8 workers meet at every barrier, and each round is one update")
  func synchronous() {
    let workers = 8
    let rounds = 100
    let server = server(workers: workers, mode: .sync, parameters: 33)
    server.begin(workers: 0..<workers)
    let wrong = LockedCounter()
    onWorkers(workers) { worker in
      var snapshot = server.latest()
      server.pull(worker: worker, into: &snapshot)
      for round in 0..<rounds {
        if !(snapshot.version == round && snapshot.values[32] == -Float(round)) { wrong.increment() }
        let gradient = server.takeGradientBuffer()
        // Small integers and an eighth each: the mean is exactly 1.
        for index in 0..<gradient.count { gradient.values[index] = worker % 2 == 0 ? 3 : -1 }
        let push = GradientPush(worker: worker, gradient: gradient, examples: 4, sums: ClassificationSums())
        var reply = server.push(push, snapshot: &snapshot)
        if reply == .wait { reply = server.wait(worker: worker, snapshot: &snapshot) }
        if reply != .proceed { wrong.increment() }
      }
    }
    #expect(wrong.value == 0)
    #expect(server.latest().version == rounds)
  }

  @Test(
    "in every mode racing workers that fail and push what is not finite are let go, and told of each drop",
    arguments: PolicyCase.gradients)
  func everyMode(policy: PolicyCase) {
    let workers = 6
    let backend = ReferenceBackend<Float>()
    let server = ParameterServer(
      initial: [Float](repeating: 0, count: 40),
      coordinator: Coordinator(
        mode: policy.mode, workers: workers, hyperparameters: policy.hyperparameters, divergencePolicy: .skip),
      optimizer: SGD(backend: backend),
      schedule: LearningRateSchedule(peak: 1, shape: .constant, warmup: 0, plannedMinibatches: 1), backend: backend,
      parameterName: { "parameter \($0)" })
    let boxes = (0..<workers).map { _ in SnapshotBox(server.latest()) }
    let torn = LockedCounter()
    let told = (0..<workers).map { _ in LockedCounter() }
    onWorkers(workers) { worker in
      let box = boxes[worker]
      defer { server.leave(worker: worker, snapshot: &box.snapshot) }
      // They leave unevenly: the first after 60 steps, the last after 160.
      for step in 0..<60 + 20 * worker {
        // Every mean of ones is 1, so version v is −v everywhere.
        let expected = -Float(box.snapshot.version)
        for index in 0..<box.snapshot.count where !(box.snapshot.values[index] == expected) { torn.increment() }
        if !server.isWanted(version: box.snapshot.version) {
          server.restart(worker: worker, snapshot: &box.snapshot)
        }
        let gradient = server.takeGradientBuffer()
        for index in 0..<gradient.count { gradient.values[index] = 1 }
        if (step + worker) % 17 == 3 { gradient.values[7] = .nan }
        let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
        var reply = server.push(push, snapshot: &box.snapshot)
        if reply == .wait { reply = server.wait(worker: worker, snapshot: &box.snapshot) }
        if case .dropped = reply { told[worker].increment() }
      }
    }
    #expect(torn.value == 0)
    let coordination = server.coordination
    let pushes = (0..<workers).reduce(0) { $0 + 60 + 20 * $1 }
    let drops = coordination.dropsByWorker.reduce(0, +)
    #expect(told.map(\.value) == coordination.dropsByWorker)
    #expect(coordination.updatesByWorker.reduce(0, +) + drops == pushes && coordination.pendingPushes == 0)
    #expect(coordination.refusedPushes > 0)
    #expect(coordination.stalenessLawResidual == 0)
    #expect(server.latest().version == coordination.version && coordination.version > 0)
    #expect(server.latest().values[39] == -Float(coordination.version))
  }

  @Test("whole trainings race cleanly", arguments: PolicyCase.all)
  func trainings(policy: PolicyCase) throws {
    var configuration = TrainingFixture.configuration(
      workers: 6, mode: policy.mode, batchSize: 8, learningRate: 0.01)
    configuration.hyperparameters = policy.hyperparameters
    if configuration.conflict() != nil { configuration.workers = 3 }
    #expect(configuration.conflict() == nil)
    let report = try TrainingFixture.trainer(configuration, model: "softmax").run()
    #expect(report.outcome == .completed)
    #expect(report.last.examples == 500)
  }

  @Test(
    "canary: a deliberate race is reported, or the sanitizer is blind",
    .enabled(if: ThreadSanitizer.isActive || Gate.expectsThreadSanitizer, "only under ThreadSanitizer"))
  func canary() async {
    await #expect(processExitsWith: .exitCode(ThreadSanitizer.exitCode)) {
      let racy = UnsafeMutablePointer<Int>.allocate(capacity: 1)
      racy.initialize(to: 0)
      nonisolated(unsafe) let shared = racy
      let group = DispatchGroup()
      let arrivals = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
      for worker in 0..<2 {
        DispatchQueue(label: "canary.\(worker)").async(group: group) {
          // Many short meetings: each is a chance that the two threads run side by side, on a busy machine too.
          for _ in 0..<200 {
            arrivals[1 - worker].signal()
            arrivals[worker].wait()
            for _ in 0..<1000 { shared.pointee += 1 }
          }
        }
      }
      group.wait()
      // The sanitizer turns a clean exit into its own code if it has reported anything.
      exit(0)
    }
  }
}

/// What ThreadSanitizer tells of itself.
private enum ThreadSanitizer {
  /// Whether this process runs under it.
  static var isActive: Bool { dlsym(nil, "__tsan_init") != nil }
  /// The exit code of a process in which it has reported a race.
  static let exitCode: CInt = 66
}

/// A counter that many threads may increment.
final class LockedCounter: @unchecked Sendable {  // `count` is protected by `lock`
  private let lock = NSLock()
  private var count = 0

  func increment() { lock.withLock { count += 1 } }
  var value: Int { lock.withLock { count } }
}
