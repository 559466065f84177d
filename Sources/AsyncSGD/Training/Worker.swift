internal import Dispatch
internal import Foundation
internal import Kernels
internal import NeuralNet

/// A worker of a live run: a thread with a replica, and the logical worker that computes on it.
///
/// Each worker has a serial queue of its own, which gives it a thread of its own. A shared concurrent queue would run
/// only as many workers at once as there are cores, and the rest after them: the staleness would be that of fewer
/// workers.
///
/// A training step allocates nothing.
final class Worker: @unchecked Sendable {  // `core` is used on the lane's queue, or while it is idle
  let lane: ComputeLane
  /// What is independent of threads.
  let core: LogicalWorker
  private let dispenser: MinibatchDispenser
  private let curriculum: Curriculum
  /// Whether to give way after each step.
  ///
  /// More workers than cores share them in slices of milliseconds, which may be hundreds of small steps: a worker would
  /// push fresh gradients all through its slice, while the others' grow old by hundreds of updates at once. Giving way
  /// makes them take turns, as workers with cores of their own would. Where there are cores for all it would only hand
  /// them to other programs.
  private let takesTurns: Bool
  /// Keeps what is evaluated later; `nil` for nothing.
  private let samples: MidEpochSamples?
  /// Looks at some gradients; `nil` for none.
  private let probe: FreshGradientProbe?
  /// What it is made to suffer; `nil` for nothing.
  private let trouble: WorkerTrouble?

  init(
    _ core: LogicalWorker, lane: ComputeLane, dispenser: MinibatchDispenser, curriculum: Curriculum, takesTurns: Bool,
    samples: MidEpochSamples? = nil, probe: FreshGradientProbe? = nil, trouble: WorkerTrouble? = nil
  ) {
    self.samples = samples
    self.probe = probe
    self.trouble = trouble
    self.core = core
    self.lane = lane
    self.dispenser = dispenser
    self.curriculum = curriculum
    self.takesTurns = takesTurns
  }

  var index: Int { core.index }

  /// Whether it takes no part because of its faults; while it pauses.
  var isOut: Bool { trouble?.isOut ?? false }

  /// The faults that struck it; while it pauses.
  var faults: FaultCounts { trouble?.counts ?? FaultCounts() }

  /// Trains until the epoch's minibatches are dealt out or training stops.
  ///
  /// - Parameters:
  ///   - epoch: The number of the epoch, from 0.
  ///   - order: The training examples in the order of this epoch.
  ///   - repulls: Whether to begin with the latest parameters. A worker that never waits keeps the snapshot it pulled
  ///     with its last push instead, as if the pause between the epochs had not been.
  func train(epoch: Int, order: UnsafeBufferPointer<Int32>, repulls: Bool) {
    guard trouble?.takesPart(core, dispenser) ?? true else { return }
    defer {
      if !(trouble?.isLost ?? false) { core.leave() }
      dispenser.note(isPresent: false)
    }
    // Who came late has the latest parameters already.
    if repulls, !(trouble?.hasJustJoined ?? false) { core.pull() }
    while let minibatch = dispenser.next(for: index) {
      samples?.deal(minibatch)
      guard step(minibatch, epoch: epoch, order: order) else { return }
      if takesTurns { sched_yield() }
    }
    _ = carryOut(core.finish())
  }

  /// Trains on one minibatch; returns whether to go on.
  func step(_ minibatch: Int, epoch: Int, order: UnsafeBufferPointer<Int32>) -> Bool {
    let examples = UnsafeBufferPointer(rebasing: order[curriculum.plan.positions(of: minibatch)])
    let step = curriculum.step(
      epoch * curriculum.plan.minibatches + minibatch, of: index, examples: examples, on: lane)
    trouble?.beginCalculation()
    while true {
      let errand = core.train(step)
      guard case .restart = errand else {
        if let probe, probe.isSampled(step.number), let push = core.pending {
          probe.observe(push.gradient, of: lane)
        }
        if let trouble, trouble.strike(core, dispenser) == .struck { return !trouble.isLost }
        return carryOut(errand)
      }
      core.restart()
    }
  }

  /// Does what the worker wants of the server, blocking until it may go on; returns whether it may.
  private func carryOut(_ errand: Errand) -> Bool {
    var errand = errand
    while true {
      switch errand {
      case .nothing: return true
      case .restart: preconditionFailure("a worker gives up a calculation that is not under way")
      case .pull:
        core.pull()
        errand = .nothing
      case .push:
        if let trouble, trouble.losesPush(core, dispenser) {
          errand = .pull
          continue
        }
        var reply = core.push()
        if reply == .wait { reply = core.wait() }
        guard reply != .stopped else { return false }
        errand = core.answered(reply)
      }
    }
  }
}

extension TrainingConfiguration {
  /// Makes the worker of a number, without a thread.
  func makeLogicalWorker(
    _ index: Int, model: ShapedModel, plan: EpochPlan, backend: any KernelBackend<Float>,
    service: any ParameterService, snapshot: consuming ParameterSnapshot, clock: RunClock? = nil
  ) -> LogicalWorker {
    LogicalWorker(
      index: index, service: service, snapshot: snapshot,
      steps: makeLocalSteps(model.layout, plan: plan, backend: backend),
      treatment: GradientTreatment(self, count: model.layout.count, backend: backend),
      compressor: makeCompressor(model.layout, plan: plan, backend: backend), clock: clock)
  }
}
