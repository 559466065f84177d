internal import DataPipeline
internal import Dispatch
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Randomness

/// A worker of a live run: a serial queue, a replica, and a snapshot of the parameters.
///
/// Each worker has a serial queue of its own, which gives it a thread of its own. A shared concurrent queue would run
/// only as many workers at once as there are cores, and the rest after them: the staleness would be that of fewer
/// workers.
///
/// A training step allocates nothing: the gradient is computed on the leased snapshot itself, into a recycled buffer.
final class Worker: @unchecked Sendable {  // all but `index` and `queue` is used on `queue` only
  let index: Int
  let queue: DispatchQueue
  private let replica: Replica<Float>
  private let service: any ParameterService
  private let dispenser: MinibatchDispenser
  private let training: Dataset
  private let plan: EpochPlan
  private let seed: UInt64
  /// Whether to give way after each step.
  ///
  /// More workers than cores share them in slices of milliseconds, which may be hundreds of small steps: a worker would
  /// push fresh gradients all through its slice, while the others' grow old by hundreds of updates at once. Giving way
  /// makes them take turns, as workers with cores of their own would. Where there are cores for all it would only hand
  /// them to other programs.
  private let takesTurns: Bool
  private let treatment: GradientTreatment?
  private var snapshot: ParameterSnapshot

  init(
    index: Int, model: ShapedModel, backend: any KernelBackend<Float>, service: any ParameterService,
    snapshot: consuming ParameterSnapshot, dispenser: MinibatchDispenser, training: Dataset, plan: EpochPlan,
    seed: UInt64, takesTurns: Bool, treatment: GradientTreatment? = nil
  ) {
    self.index = index
    queue = DispatchQueue(label: "asgd.worker.\(index)", qos: .userInitiated)
    replica = Replica(model, minibatchCapacity: plan.capacity, backend: backend)
    self.service = service
    self.dispenser = dispenser
    self.training = training
    self.plan = plan
    self.seed = seed
    self.takesTurns = takesTurns
    self.treatment = treatment
    self.snapshot = snapshot
  }

  /// Trains until the epoch's minibatches are dealt out or training stops.
  ///
  /// - Parameters:
  ///   - epoch: The number of the epoch, from 0.
  ///   - order: The training examples in the order of this epoch.
  ///   - repulls: Whether to begin with the latest parameters. A worker that never waits keeps the snapshot it pulled
  ///     with its last push instead, as if the pause between the epochs had not been.
  func train(epoch: Int, order: UnsafeBufferPointer<Int32>, repulls: Bool) {
    if repulls { service.pull(worker: index, into: &snapshot) }
    defer { service.leave(worker: index, snapshot: &snapshot) }
    while let minibatch = dispenser.next(for: index) {
      guard step(minibatch, epoch: epoch, order: order) else { return }
      if takesTurns { sched_yield() }
    }
  }

  /// Computes one gradient and pushes it; returns whether to go on.
  func step(_ minibatch: Int, epoch: Int, order: UnsafeBufferPointer<Int32>) -> Bool {
    let examples = UnsafeBufferPointer(rebasing: order[plan.positions(of: minibatch)])
    training.write(examples, images: replica.inputs, labels: replica.labels)
    let gradient = service.takeGradientBuffer()
    let stream = RandomStream(
      seed: seed, purpose: .dropout, worker: index, step: epoch * plan.minibatches + minibatch)
    let sums = sumsOfGradient(into: gradient, examples: examples.count, random: stream)
    treatment?.apply(to: gradient)
    let push = GradientPush(worker: index, gradient: gradient, examples: examples.count, sums: sums)
    var reply = service.push(push, snapshot: &snapshot)
    if reply == .wait { reply = service.wait(worker: index, snapshot: &snapshot) }
    return reply != .stopped
  }

  /// Computes a gradient at the worker's snapshot; begins anew with the latest parameters as often as the server would
  /// drop what is being computed.
  private func sumsOfGradient(
    into gradient: GradientBuffer, examples: Int, random: RandomStream
  ) -> ClassificationSums {
    while true {
      let version = snapshot.version
      let sums = replica.gradient(
        at: snapshot.values, examples: examples, random: random, into: gradient.values,
        isWanted: { service.isWanted(version: version) })
      if let sums, service.isWanted(version: version) { return sums }
      service.restart(worker: index, snapshot: &snapshot)
    }
  }

  /// Adds up the loss and the hits of some examples at `parameters`; for the worker's queue too.
  func evaluate(_ examples: UnsafeBufferPointer<Int32>, of dataset: Dataset, at parameters: UnsafePointer<Float>)
    -> ClassificationSums
  {
    dataset.write(examples, images: replica.inputs, labels: replica.labels)
    return replica.evaluate(at: parameters, examples: examples.count)
  }
}
