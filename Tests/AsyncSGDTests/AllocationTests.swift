import AllocationCounter
import DataPipeline
import Kernels
import NeuralNet
import Testing

@testable import AsyncSGD

@Suite("Allocations")
struct AllocationTests {
  @Test(
    "the counter sees what the process allocates",
    .enabled(
      if: allocation_counting_is_active() || Gate.expectsAllocationCounter, "a sanitizer owns the allocator here"))
  func counterCounts() {
    let before = allocation_count_of_this_thread()
    let array = [Int](repeating: before.hashValue, count: 1000)
    withExtendedLifetime(array) {}
    #expect(allocation_count_of_this_thread() > before)
  }

  // Of our own kernels; what a library of the system does behind its interface is its own affair.
  @Test(
    "a training step allocates nothing in steady state: data, forward, backward, push, update and pull",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: ["lenet5", "cnn", "hogwild", "mlp", "softmax"], ["simd", "reference"])
  func stepAllocatesNothing(model name: String, kernels: String) throws {
    // The naive kernels take seconds a step for the large model, and nothing in them depends on its size.
    if name == "cnn" && kernels == "reference" { return }
    let backend = try KernelBackends.make(named: kernels)
    let model = try TrainingFixture.model(name)
    let data = TrainingFixture.digits.training
    let configuration = TrainingFixture.configuration(optimizer: .momentum, batchSize: 4)
    let plan = EpochPlan(examples: data.count, batchSize: 4)
    let server = ServerAssembly(
      configuration, model: model, backend: backend,
      schedule: SchedulePosition(configuration, plan: plan, epoch: 0, minibatch: 0), state: nil
    ).makeServer()
    let dispenser = MinibatchDispenser(workers: 1, inRounds: false)
    dispenser.begin(minibatches: plan.minibatches, from: 0)
    let worker = TrainingFixture.worker(
      configuration, model: model, plan: plan, backend: backend, server: server, dispenser: dispenser, data: data)
    var order = (0..<Int32(data.count)).map { $0 }
    order.reverse()
    try order.withUnsafeBufferPointer { order in
      // The first steps fill caches of the runtime: metadata, witness tables, dispatch's own structures.
      for _ in 0..<5 {
        let minibatch = try #require(dispenser.next(for: 0))
        #expect(worker.step(minibatch, epoch: 0, order: order))
      }
      var allGood = true
      let before = allocation_count_of_this_thread()
      for _ in 0..<20 {
        guard let minibatch = dispenser.next(for: 0) else { break }
        allGood = worker.step(minibatch, epoch: 0, order: order) && allGood
      }
      let allocations = allocation_count_of_this_thread() - before
      #expect(allGood)
      #expect(allocations == 0)
      #expect(server.status.version == 25)
    }
  }

  @Test(
    "a synchronous round allocates nothing in steady state: hold, wait, mean, release",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"))
  func roundAllocatesNothing() {
    let schedule = ManualSchedule(mode: .sync, workers: 2, initial: [0, 0], offsets: [1, 1])
    let server = schedule.server
    let boxes = [SnapshotBox(server.latest()), SnapshotBox(server.latest())]
    var isInOrder = true
    /// One thread plays both workers: the first is told to wait, and its wait is over when it begins.
    func round() {
      for worker in 0..<2 {
        let gradient = server.takeGradientBuffer()
        gradient.values.update(repeating: 1, count: 2)
        let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
        let reply = server.push(push, snapshot: &boxes[worker].snapshot)
        isInOrder = isInOrder && reply == (worker == 0 ? .wait : .proceed)
      }
      isInOrder = isInOrder && server.wait(worker: 0, snapshot: &boxes[0].snapshot) == .proceed
    }
    for _ in 0..<5 { round() }
    let before = allocation_count_of_this_thread()
    for _ in 0..<50 { round() }
    #expect(allocation_count_of_this_thread() == before)
    #expect(isInOrder)
    #expect(schedule.parameters == [-55, -55])
  }

  @Test(
    "no rule allocates in steady state",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: UpdateRuleKind.allCases)
  func ruleAllocatesNothing(rule: UpdateRuleKind) {
    // Fewer parameters than are sampled, and more.
    let initial = (0..<300).map { 0.01 * Float($0) }
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: initial, learningRate: 0.01, rule: rule, momentum: 0.5, slope: 0.1,
      offsets: [1, 1])
    let server = schedule.server
    let boxes = [SnapshotBox(server.servedSnapshot()), SnapshotBox(server.servedSnapshot())]
    var goesOn = true
    func push(_ worker: Int) {
      let gradient = server.takeGradientBuffer()
      for index in 0..<gradient.count { gradient.values[index] = 0.1 * boxes[worker].snapshot.values[index] }
      let push = GradientPush(worker: worker, gradient: gradient, examples: 1, sums: ClassificationSums())
      goesOn = server.push(push, snapshot: &boxes[worker].snapshot) == .proceed && goesOn
    }
    for round in 0..<50 { push(round % 2) }
    let before = allocation_count_of_this_thread()
    for round in 0..<50 { push(round % 2) }
    #expect(allocation_count_of_this_thread() == before)
    #expect(goesOn)
  }

  @Test(
    "no policy allocates in steady state: decision, turns, release, restart and leave",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: PolicyCase.all)
  func policyAllocatesNothing(policy: PolicyCase) {
    var coordinator = Coordinator(
      mode: policy.mode, workers: 3, hyperparameters: policy.hyperparameters, divergencePolicy: .skip)
    var bases = [0, 0, 0]
    var waits = [false, false, false]
    var allocations = 0
    // The test's own loops allocate, because they are not optimized.
    func counting<Result>(_ event: () -> Result) -> Result {
      let before = allocation_count_of_this_thread()
      let result = event()
      allocations += Int(allocation_count_of_this_thread() - before)
      return result
    }
    func settle() {
      while counting({ coordinator.nextInTurn() }) != nil {}
      for worker in counting({ coordinator.release() }) {
        waits[worker] = false
        bases[worker] = coordinator.version
      }
    }
    func steps(_ range: Range<Int>) {
      for step in range {
        // Worker 0 pushes twice as often as the others.
        let worker = step % 4 % 3
        guard !waits[worker] else { continue }
        if bases[worker] < coordinator.oldestWanted {
          counting { coordinator.restarted(worker: worker) }
          bases[worker] = coordinator.version
        }
        _ = counting {
          coordinator.push(worker: worker, baseVersion: bases[worker], isFinite: step % 50 != 7, seconds: Double(step))
        }
        waits[worker] = true
        settle()
      }
    }
    // The histograms of staleness grow while it is new.
    steps(0..<400)
    allocations = 0
    steps(400..<800)
    _ = counting { coordinator.leave(worker: 2) }
    settle()
    #expect(allocations == 0)
    #expect(coordinator.version > 100)
  }
}
