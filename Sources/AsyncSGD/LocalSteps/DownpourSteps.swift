internal import Kernels

/// Steps on a copy of the parameters, whose gradients are pushed together.
///
///     y ← y − η·g(y),  a ← a + g(y)
///     every n_push steps:   push a, or a / n_push;  a ← 0
///     every n_fetch steps:  y ← the server's parameters
///
/// A push carries gradients as they are, and not a displacement: the server applies their sum or mean with the learning
/// rate and the optimizer of its own.
///
/// The steps of a period come first, and then push and pull, as one action where both are due. In the listing of Dean et
/// al. a push is due after the *first* step of each period, and a fetch before it; a worker then loses sight of its
/// latest n − 1 steps for a while. Their experiments have n = 1, where both are the same.
///
/// When an epoch ends in the middle of a period, what was gathered is pushed, and the worker pulls: no gradient is lost,
/// and all periods begin with the epoch.
///
/// Sources: Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012 (sum); Hermans, Spanakis & Möckel,
/// "Accumulated Gradient Normalization", ACML 2017, <https://arxiv.org/abs/1710.02368> (mean); Nguyen et al., "Federated
/// Learning with Buffered Asynchronous Aggregation", AISTATS 2022, <https://arxiv.org/abs/2106.06639> (sum).
final class DownpourSteps: LocalSteps {
  /// What is made of the gradients of a period.
  enum Accumulation {
    /// Their sum.
    case sum
    /// Their mean, over as many as there are.
    case mean
  }

  private let pushEvery: Int
  private let fetchEvery: Int
  private let accumulation: Accumulation
  private let arithmetic: LocalArithmetic
  private let local: GradientBuffer
  private let gradient: GradientBuffer
  private let accrued: GradientBuffer
  private var stepsSincePush = 0
  private var stepsSinceFetch = 0

  /// Creates the steps of a worker that has not pulled yet.
  init(pushEvery: Int, fetchEvery: Int, accumulation: Accumulation, arithmetic: LocalArithmetic) {
    self.pushEvery = pushEvery
    self.fetchEvery = fetchEvery
    self.accumulation = accumulation
    self.arithmetic = arithmetic
    local = GradientBuffer(count: arithmetic.count)
    gradient = GradientBuffer(count: arithmetic.count)
    accrued = GradientBuffer(count: arithmetic.count)
  }

  func begin(at parameters: UnsafePointer<Float>) {
    local.copy(parameters)
    stepsSinceFetch = 0
  }

  func step(_ step: LocalStep, of worker: LogicalWorker) -> Dealing {
    worker.gradient(of: step, at: local.values, into: gradient)
    arithmetic.addWeightDecay(at: local.values, to: gradient.values)
    arithmetic.add(1, gradient.values, to: accrued.values, keeping: stepsSincePush == 0 ? 0 : 1)
    arithmetic.descend(local.values, along: gradient.values, learningRate: step.learningRate)
    stepsSincePush += 1
    stepsSinceFetch += 1
    return deal(worker, pushes: stepsSincePush == pushEvery, fetches: stepsSinceFetch == fetchEvery)
  }

  func finish(_ worker: LogicalWorker) -> Dealing {
    guard stepsSincePush > 0 || stepsSinceFetch > 0 else { return .nothing }
    return deal(worker, pushes: stepsSincePush > 0, fetches: true)
  }

  func reset() {
    stepsSincePush = 0
  }

  /// Pushes, pulls, or both.
  private func deal(_ worker: LogicalWorker, pushes: Bool, fetches: Bool) -> Dealing {
    guard pushes else { return fetches ? .pull : .nothing }
    let buffer = worker.takeBuffer()
    let weight = accumulation == .mean ? 1 / Float(stepsSincePush) : 1
    arithmetic.add(weight, accrued.values, to: buffer.values, keeping: 0)
    stepsSincePush = 0
    return .push(buffer, pulls: fetches)
  }
}
