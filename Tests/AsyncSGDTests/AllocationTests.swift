import AllocationCounter
import DataPipeline
import Kernels
import NeuralNet
import Testing

@testable import AsyncSGD

@Suite("Allocations")
struct AllocationTests {
  @Test("the counter sees what the process allocates")
  func counterCounts() {
    guard allocation_counting_is_active() else { return }
    let before = allocation_count_of_this_thread()
    let array = [Int](repeating: before.hashValue, count: 1000)
    withExtendedLifetime(array) {}
    #expect(allocation_count_of_this_thread() > before)
  }

  @Test(
    "a training step allocates nothing in steady state: data, forward, backward, push, update and pull",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: ["lenet5", "hogwild", "mlp", "softmax"], KernelBackends.all.map(\.name))
  func stepAllocatesNothing(model name: String, kernels: String) throws {
    let backend = try KernelBackends.make(named: kernels)
    let model = try TrainingFixture.model(name)
    let data = TrainingFixture.digits.training
    let configuration = TrainingFixture.configuration(optimizer: .momentum, batchSize: 4)
    let server = ParameterServer(
      configuration, model: model, backend: backend, plannedUpdates: 100, state: nil)
    let plan = EpochPlan(examples: data.count, batchSize: 4)
    let dispenser = MinibatchDispenser(workers: 1, inRounds: false)
    dispenser.begin(minibatches: plan.minibatches, from: 0)
    let worker = Worker(
      index: 0, model: model, backend: backend, service: server, snapshot: server.latest(), dispenser: dispenser,
      training: data, plan: plan, seed: 1)
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
    "a synchronous round allocates nothing in steady state",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"))
  func roundAllocatesNothing() {
    let schedule = ManualSchedule(mode: .sync, workers: 1, initial: [0, 0], offsets: [1])
    schedule.server.expect(pushes: 100)
    var snapshot = schedule.server.latest()
    func push() -> PushReply {
      let gradient = schedule.server.takeGradientBuffer()
      gradient.values.update(repeating: 1, count: 2)
      let push = GradientPush(worker: 0, gradient: gradient, examples: 1, sums: ClassificationSums())
      return schedule.server.push(push, snapshot: &snapshot)
    }
    for _ in 0..<5 { #expect(push() == .proceed) }
    let before = allocation_count_of_this_thread()
    for _ in 0..<50 { _ = push() }
    #expect(allocation_count_of_this_thread() == before)
    #expect(schedule.parameters == [-55, -55])
  }
}
