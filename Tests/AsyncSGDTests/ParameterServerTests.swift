import Dispatch
import Kernels
import Synchronization
import Testing

@testable import AsyncSGD

extension ParameterServer {
  /// Whether isolated code finds itself on the actor's executor.
  fileprivate func isRunningIsolated() -> Bool {
    preconditionIsolated()
    return true
  }
}

@Suite("Parameter server, scripted interleavings")
struct ParameterServerTests {
  @Test("in async mode each push is applied at once, at the staleness that the script says")
  func asynchronousTrace() {
    // θ ← θ − 1·(0.5·θ_base + offset), with offsets 1 (A) and 10 (B); θ₀ = 8.
    let schedule = ManualSchedule(mode: .async, workers: 2, initial: [8], slope: 0.5, offsets: [1, 10])
    let log = schedule.run("A.pull B.pull A.push B.push A.push B.push B.push")
    #expect(
      log == [
        "A.pull@0", "B.pull@0",
        "A.push@0:proceed",  // g = 5   at θ₀ = 8,  θ₁ = 3,   staleness 0
        "B.push@0:proceed",  // g = 14  at θ₀ = 8,  θ₂ = −11, staleness 1
        "A.push@1:proceed",  // g = 2.5 at θ₁ = 3,  θ₃ = −13.5, staleness 1
        "B.push@2:proceed",  // g = 4.5 at θ₂ = −11, θ₄ = −18, staleness 1
        "B.push@4:proceed",  // g = 1   at θ₄ = −18, θ₅ = −19, staleness 0
      ])
    #expect(schedule.parameters == [-19])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 5)
    #expect(coordination.staleness.applied[0] == 2)
    #expect(coordination.staleness.applied[1] == 3)
    #expect(coordination.updatesByWorker == [2, 3])
    #expect(coordination.stalenessLawResidual == 0)
    // Losses of 2 a push; A's minibatches have 1 example, B's have 2.
    let status = schedule.server.takeStatus()
    #expect(status.examples == 2 * 1 + 3 * 2)
    #expect(status.recent.examples == 8 && status.recent.loss == 10 && status.recent.correct == 5)
    schedule.run("A.push")
    let next = schedule.server.takeStatus()
    #expect(next.examples == 9)
    #expect(next.recent.examples == 1 && next.recent.loss == 2 && next.recent.correct == 1)
  }

  @Test("a push replaces the worker's snapshot in the same step, and leaves the others' alone")
  func repull() {
    let schedule = ManualSchedule(mode: .async, workers: 2, initial: [0, 0], offsets: [1, 10])
    schedule.run("A.push")
    #expect(schedule.parameters(heldBy: 0) == [-1, -1])
    #expect(schedule.parameters(heldBy: 1) == [0, 0])
    schedule.run("A.push A.push A.push B.push")
    #expect(schedule.parameters(heldBy: 1) == [-14, -14])
  }

  @Test("momentum on the server mixes the gradients of all workers")
  func momentum() {
    // v₁ = 1, θ₁ = −1; v₂ = 0.5 + 10 = 10.5, θ₂ = −11.5; v₃ = 5.25 + 1 = 6.25, θ₃ = −17.75.
    let schedule = ManualSchedule(mode: .async, workers: 2, initial: [0], momentum: 0.5, offsets: [1, 10])
    schedule.run("A.push B.push A.push")
    #expect(schedule.parameters == [-17.75])
    #expect(schedule.server.carriedState().vectors == ["velocity": [6.25]])
  }

  @Test("in sync mode workers wait for the round, and its mean is weighed by examples")
  func synchronousTrace() {
    // Examples 1, 2, 3; gradients 6, 12, 24: mean (6 + 24 + 72) / 6 = 17.
    let schedule = ManualSchedule(mode: .sync, workers: 3, initial: [0], offsets: [6, 12, 24])
    let log = schedule.run("C.push A.push B.push C.wait A.wait")
    #expect(log == ["C.push@0:wait", "A.push@0:wait", "B.push@0:proceed", "C.wait@1:proceed", "A.wait@1:proceed"])
    #expect(schedule.parameters == [-17])
    schedule.run("A.push B.push C.push")
    #expect(schedule.parameters == [-34])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 2)
    #expect(coordination.staleness.applied.max == 0)
    #expect(coordination.updatesByWorker == [2, 2, 2])
  }

  @Test("the result of a round does not depend on who came first, bit for bit")
  func roundOrder() {
    let offsets: [Float] = [0.1, 1e6, -1e6, 3.3]
    let results = ["A.push B.push C.push D.push", "D.push C.push B.push A.push", "B.push D.push A.push C.push"]
      .map { script in
        let schedule = ManualSchedule(mode: .sync, workers: 4, initial: [1, 2], slope: 0.3, offsets: offsets)
        schedule.run(script)
        return schedule.parameters.map(\.bitPattern)
      }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test("a round at the end of an epoch does not wait for workers that have no minibatch left")
  func raggedRound() {
    let schedule = ManualSchedule(mode: .sync, workers: 3, initial: [0], offsets: [6, 12, 24])
    schedule.run("A.push B.push C.push A.wait B.wait")
    let log = schedule.run("A.push B.leave C.leave A.wait")
    #expect(log.suffix(4) == ["A.push@1:wait", "B.leave", "C.leave", "A.wait@2:proceed"])
    #expect(schedule.parameters == [-17 - 6])
    #expect(schedule.server.coordination.updatesByWorker == [2, 1, 1])
  }

  @Test("a gradient that is not finite never reaches the parameters, and stops training where told so")
  func refuseAndStop() {
    let schedule = ManualSchedule(mode: .async, workers: 2, initial: [1, 2, 3], offsets: [1, 1])
    schedule.poisoned = [1]
    let log = schedule.run("A.push B.push A.push")
    #expect(log == ["A.push@0:proceed", "B.push@0:stopped", "A.push@1:stopped"])
    #expect(schedule.parameters == [0, 1, 2])
    let status = schedule.server.status
    #expect(status.refusedPushes == 1)
    #expect(status.divergence == Divergence(worker: 1, update: 1, parameter: "layer2"))
    #expect(status.examples == 1)
  }

  @Test("a gradient that is not finite is dropped and counted where told to skip, and the law still holds")
  func refuseAndSkip() {
    let schedule = ManualSchedule(
      mode: .async, workers: 3, initial: [1], divergencePolicy: .skip, offsets: [1, 1, 1])
    schedule.poisoned = [1]
    let log = schedule.run("A.push A.push B.push C.push B.push A.push")
    #expect(log[2] == "B.push@0:dropped-notFinite")
    #expect(schedule.parameters == [-3])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 4)
    #expect(coordination.refusedPushes == 2)
    #expect(coordination.staleness.droppedSum == 2 + 1)
    #expect(coordination.stalenessLawResidual == 0)
    #expect(schedule.server.status.divergence == nil)
    #expect(schedule.server.status.lastSkipped == Divergence(worker: 1, update: 3, parameter: "layer0"))
  }

  @Test("a run that only skips stops in the end", arguments: [CoordinationMode.async, .sync])
  func skippingEnds(mode: CoordinationMode) {
    var coordinator = Coordinator(mode: mode, workers: 2, divergencePolicy: .skip)
    func push(_ worker: Int, isFinite: Bool) {
      _ = coordinator.push(worker: worker, baseVersion: coordinator.version, isFinite: isFinite)
      _ = coordinator.release()
      for worker in 0..<2 { coordinator.pulled(worker: worker) }
    }
    // One good gradient in the middle begins the count anew.
    for index in 0..<200 { push(index % 2, isFinite: index == 100) }
    for index in 0..<101 { push(index % 2, isFinite: false) }
    #expect(!coordinator.isStopped)
    push(1, isFinite: false)
    #expect(coordinator.isStopped)
    #expect(coordinator.refusedPushes == 199 + 102)
  }

  @Test("a refused update is a step on the schedule, though none of the version")
  func refusedSteps() {
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [0], divergencePolicy: .skip, offsets: [1, 1])
    schedule.poisoned = [1]
    schedule.run("A.push B.push A.push B.push")
    #expect(schedule.server.coordination.version == 2)
    #expect(schedule.server.coordination.minibatches == 4)
  }

  @Test("taking a snapshot does not wait for an update in progress, and sees the version before it whole")
  func snapshotDuringUpdate() {
    let seen = Mutex<[Float]?>(nil)
    let holder = Mutex<ParameterServer?>(nil)
    let backend = HookedBackend(
      parametersPerUpdate: 2,
      afterUpdate: { _ in
        // On the server's queue, in the middle of an update: the new values are computed but not published.
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "reader").async {
          if let server = holder.withLock({ $0 }) {
            let snapshot = server.latest()
            seen.withLock { $0 = [Float(snapshot.version), snapshot.values[0], snapshot.values[1]] }
          }
          done.signal()
        }
        // A reader that waits for the update would wait for ever; the bound turns that into a failure.
        _ = done.wait(timeout: .now() + .seconds(10))
      })
    let server = ParameterServer(
      initial: [5, 6], coordinator: Coordinator(mode: .async, workers: 1),
      optimizer: SGD(backend: backend),
      schedule: LearningRateSchedule(peak: 1, shape: .constant, warmup: 0, plannedMinibatches: 1), backend: backend,
      parameterName: { "\($0)" })
    holder.withLock { $0 = server }
    var snapshot = server.latest()
    let gradient = server.takeGradientBuffer()
    gradient.values.update(repeating: 1, count: 2)
    let push = GradientPush(worker: 0, gradient: gradient, examples: 1, sums: ClassificationSums())
    #expect(server.push(push, snapshot: &snapshot) == .proceed)
    #expect(seen.withLock { $0 } == [0, 5, 6])
    #expect(snapshot.version == 1 && snapshot.values[0] == 4 && snapshot.values[1] == 5)
    holder.withLock { $0 = nil }
  }

  @Test("async code may await the actor, which runs on its own queue")
  func awaiting() async {
    let schedule = ManualSchedule(mode: .async, workers: 1, initial: [1], offsets: [1])
    let server = schedule.server
    schedule.run("A.push A.push")
    let isIsolated = await server.isRunningIsolated()
    #expect(isIsolated)
  }

  @Test("a round leaves out the gradient that is not finite")
  func skipInRound() {
    let schedule = ManualSchedule(
      mode: .sync, workers: 3, initial: [0], divergencePolicy: .skip, offsets: [6, 12, 24])
    schedule.poisoned = [1]
    // (1·6 + 3·24) / 4 = 19.5
    #expect(schedule.run("A.push C.push B.push").last == "B.push@0:dropped-notFinite")
    #expect(schedule.parameters == [-19.5])
    schedule.run("A.wait C.wait")
    schedule.poisoned = [0, 1, 2]
    #expect(schedule.run("A.push B.push C.push").last == "C.push@1:dropped-notFinite")
    #expect(schedule.parameters == [-19.5], "a round without a finite gradient changes nothing")
    schedule.run("A.wait B.wait")
    #expect(schedule.server.coordination.version == 1)
    #expect(schedule.server.coordination.refusedPushes == 4)
  }

  @Test("workers that wait are released when training stops")
  func stopReleases() {
    let schedule = ManualSchedule(mode: .sync, workers: 3, initial: [0], offsets: [1, 1, 1])
    schedule.poisoned = [2]
    let log = schedule.run("A.push B.push C.push A.wait B.wait")
    #expect(log.suffix(3) == ["C.push@0:stopped", "A.wait@0:stopped", "B.wait@0:stopped"])
    #expect(schedule.parameters == [0])
  }

  @Test("a snapshot does not change, however many updates follow")
  func snapshotsAreImmutable() {
    let schedule = ManualSchedule(mode: .async, workers: 2, initial: [5], offsets: [1, 0])
    let early = schedule.server.latest()
    schedule.run("A.push A.push A.push")
    let middle = schedule.server.latest()
    for _ in 0..<20 { schedule.run("A.push") }
    #expect(early.version == 0 && early.values[0] == 5)
    #expect(middle.version == 3 && middle.values[0] == 2)
    #expect(schedule.parameters == [-18])
  }

  @Test("the law of staleness holds under random schedules of any unfairness")
  func lawUnderRandomSchedules() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var state = seed
    for workers in [1, 2, 3, 8] {
      var coordinator = Coordinator(mode: .async, workers: workers, divergencePolicy: .skip)
      var bases = Array(repeating: 0, count: workers)
      for step in 0..<2000 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // The square favours low numbers: worker 0 pushes far more often than the last.
        let draw = Double(state >> 40) / Double(1 << 24)
        let worker = Int(draw * draw * Double(workers))
        let isFinite = state >> 33 & 15 != 0
        _ = coordinator.push(worker: worker, baseVersion: bases[worker], isFinite: isFinite)
        #expect(coordinator.release() == [worker])
        bases[worker] = coordinator.version
        #expect(coordinator.stalenessLawResidual == 0, "seed \(seed), \(workers) workers, step \(step)")
      }
    }
  }

  @Test("a push computed at another version than the worker pulled is a programming error")
  func baseVersionIsChecked() async {
    await #expect(processExitsWith: .failure) {
      var coordinator = Coordinator(mode: .async, workers: 2)
      _ = coordinator.push(worker: 0, baseVersion: 1, isFinite: true)
    }
  }

  @Test("a worker that pushes twice in one round is a programming error")
  func doublePushIsChecked() async {
    await #expect(processExitsWith: .failure) {
      var coordinator = Coordinator(mode: .sync, workers: 2)
      _ = coordinator.push(worker: 0, baseVersion: 0, isFinite: true)
      _ = coordinator.push(worker: 0, baseVersion: 0, isFinite: true)
    }
  }

  @Test("a gradient of another length than the parameters is a programming error")
  func gradientLengthIsChecked() async {
    await #expect(processExitsWith: .failure) {
      let schedule = ManualSchedule(mode: .async, workers: 1, initial: [1, 2], offsets: [1])
      var snapshot = schedule.server.latest()
      _ = schedule.server.push(
        GradientPush(worker: 0, gradient: GradientBuffer(count: 3), examples: 1, sums: ClassificationSums()),
        snapshot: &snapshot)
    }
  }
}
