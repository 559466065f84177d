internal import DataPipeline
internal import Dispatch
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Randomness

/// A worker of a live run: a serial queue, a replica, a link to the server, and what it does with its gradients.
///
/// Each worker has a serial queue of its own, which gives it a thread of its own. A shared concurrent queue would run
/// only as many workers at once as there are cores, and the rest after them: the staleness would be that of fewer
/// workers.
///
/// The worker brings minibatches and replica together; what becomes of a gradient is decided by its ``LocalSteps``. A
/// training step allocates nothing.
final class Worker: @unchecked Sendable {  // all but `index` and `queue` is used on `queue`, or while it is idle
  let index: Int
  let queue: DispatchQueue
  private let replica: Replica<Float>
  private let link: ServerLink
  private let steps: any LocalSteps
  private let treatment: GradientTreatment
  private let compressor: (any GradientCompressor)?
  private let dispenser: MinibatchDispenser
  private let training: Dataset
  private let plan: EpochPlan
  private let schedule: LearningRateSchedule
  private let seed: UInt64
  /// The minibatches that are dealt at once, one a worker; 1 where each is dealt by itself.
  private let roundSize: Int
  /// Whether to give way after each step.
  ///
  /// More workers than cores share them in slices of milliseconds, which may be hundreds of small steps: a worker would
  /// push fresh gradients all through its slice, while the others' grow old by hundreds of updates at once. Giving way
  /// makes them take turns, as workers with cores of their own would. Where there are cores for all it would only hand
  /// them to other programs.
  private let takesTurns: Bool

  // The minibatch at hand.
  private var examples = 0
  private var random = RandomStream(seed: 0, purpose: .dropout)

  init(
    index: Int, _ configuration: TrainingConfiguration, model: ShapedModel, backend: any KernelBackend<Float>,
    service: any ParameterService, snapshot: consuming ParameterSnapshot, dispenser: MinibatchDispenser,
    training: Dataset, plan: EpochPlan, takesTurns: Bool
  ) {
    self.index = index
    queue = DispatchQueue(label: "asgd.worker.\(index)", qos: .userInitiated)
    replica = Replica(model, minibatchCapacity: plan.capacity, backend: backend)
    treatment = GradientTreatment(configuration, count: model.layout.count, backend: backend)
    compressor = configuration.makeCompressor(model.layout, plan: plan, backend: backend)
    link = ServerLink(worker: index, service: service, snapshot: snapshot, compressor: compressor)
    steps = configuration.makeLocalSteps(model.layout, plan: plan, backend: backend)
    self.dispenser = dispenser
    self.training = training
    self.plan = plan
    schedule = LearningRateSchedule(configuration, plan: plan)
    seed = configuration.seed
    roundSize = configuration.dealsInRounds ? configuration.workers : 1
    self.takesTurns = takesTurns
    steps.begin(on: link)
  }

  /// Trains until the epoch's minibatches are dealt out or training stops.
  ///
  /// - Parameters:
  ///   - epoch: The number of the epoch, from 0.
  ///   - order: The training examples in the order of this epoch.
  ///   - repulls: Whether to begin with the latest parameters. A worker that never waits keeps the snapshot it pulled
  ///     with its last push instead, as if the pause between the epochs had not been.
  func train(epoch: Int, order: UnsafeBufferPointer<Int32>, repulls: Bool) {
    defer { link.leave() }
    if repulls {
      link.pull()
      steps.begin(on: link)
    }
    while let minibatch = dispenser.next(for: index) {
      guard step(minibatch, epoch: epoch, order: order) else { return }
      if takesTurns { sched_yield() }
    }
    steps.finish(on: link)
  }

  /// Trains on one minibatch; returns whether to go on.
  func step(_ minibatch: Int, epoch: Int, order: UnsafeBufferPointer<Int32>) -> Bool {
    let examples = UnsafeBufferPointer(rebasing: order[plan.positions(of: minibatch)])
    training.write(examples, images: replica.inputs, labels: replica.labels)
    self.examples = examples.count
    let start = epoch * plan.minibatches
    random = RandomStream(seed: seed, purpose: .dropout, worker: index, step: start + minibatch)
    let round = round(of: minibatch)
    let rate = schedule.rate(of: start + round.lowerBound..<start + round.upperBound)
    return steps.step(
      LocalStep(
        learningRate: Float(rate), position: start + round.lowerBound, examples: examples.count, source: self),
      on: link)
  }

  /// The minibatches that are dealt together with this one, and share a learning rate with it.
  private func round(of minibatch: Int) -> Range<Int> {
    let first = roundSize == 1 ? minibatch : minibatch - index
    return first..<min(first + roundSize, plan.minibatches)
  }

  /// Adds up the loss and the hits of some examples at `parameters`, and notes which units respond to them; for the
  /// worker's queue too.
  func evaluate(
    _ examples: UnsafeBufferPointer<Int32>, of dataset: Dataset, at parameters: UnsafePointer<Float>,
    noting activity: inout ActivityCensus
  ) -> ClassificationSums {
    dataset.write(examples, images: replica.inputs, labels: replica.labels)
    let sums = replica.evaluate(at: parameters, examples: examples.count)
    replica.noteActivity(at: parameters, examples: examples.count, in: &activity)
    return sums
  }
}

extension Worker: GradientSource {
  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
  ) -> ClassificationSums {
    let sums = replica.gradient(at: parameters, examples: examples, random: random, into: gradient)
    treatment.apply(to: gradient, count: replica.model.layout.count)
    return sums
  }

  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, isWanted: () -> Bool
  ) -> ClassificationSums? {
    let sums = replica.gradient(at: parameters, examples: examples, random: random, into: gradient, isWanted: isWanted)
    // What is given up must leave no trace in the worker's momentum.
    guard let sums, isWanted() else { return nil }
    treatment.apply(to: gradient, count: replica.model.layout.count)
    return sums
  }
}

// MARK: What a run carries over

extension Worker {
  /// A copy of what the worker keeps to itself, while it pauses: parameters, velocities, residuals, by names under
  /// `worker.` and its number.
  var state: CarriedState {
    var state = steps.state(prefix: prefix)
    if let momentum = treatment.momentum { state.merge(momentum.state(prefix: prefix + "momentum.")) }
    if let compressor { state.merge(compressor.state(prefix: prefix + "compression.")) }
    return state
  }

  /// Takes over what ``state`` copied, before the first step.
  func restore(_ state: CarriedState) {
    var steps = steps
    steps.restore(state, prefix: prefix)
    if var momentum = treatment.momentum { momentum.restore(state, prefix: prefix + "momentum.") }
    if var compressor { compressor.restore(state, prefix: prefix + "compression.") }
  }

  private var prefix: String { "worker.\(index)." }
}

extension CarriedState {
  /// Adds another state of other names.
  mutating func merge(_ other: CarriedState) {
    vectors.merge(other.vectors) { first, _ in first }
    scalars.merge(other.scalars) { first, _ in first }
  }

  /// Whether what workers keep to themselves is that of so many of them.
  func isOf(workers: Int) -> Bool {
    let numbers = vectors.keys.compactMap { name -> Int? in
      let parts = name.split(separator: ".")
      return parts.count > 2 && parts[0] == "worker" ? Int(parts[1]) : nil
    }
    return Set(numbers) == Set(0..<workers)
  }
}
