internal import Kernels

/// Steps on a copy of the parameters, whose result is averaged with the other workers' at a barrier.
///
///     v ← μ·v + g(y),  d = g(y) + μ·v          (Nesterov; d = g(y) without momentum)
///     y ← y − η·d,     a ← a + (η / η₀)·d      (η₀: the learning rate of the period's first step)
///     every H steps:   push a with η₀, and wait;  y ← the server's parameters
///
/// The server averages what the workers push and takes a step of η₀: x − η₀ · mean(a) = mean(x − Σ η·d) = mean(y). So its
/// parameters become the mean of the workers' (weighed by their examples, as in federated averaging, which matters for a
/// last period of unequal length). An optimizer on the server sees mean(a), a gradient by its units, and adds for example
/// a momentum over the periods.
///
/// With H = 1 and without momentum a = g, and the run has the bits of synchronous SGD.
///
/// Velocities stay in their workers and live through the barriers. Before the share of the run where post-local SGD
/// begins, H is 1. All workers agree on where a period begins, because minibatches are dealt in rounds.
///
/// Sources: Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019, <https://arxiv.org/abs/1805.09767>; Lin,
/// Stich, Patel & Jaggi, "Don't Use Large Mini-Batches, Use Local SGD", ICLR 2020, <https://arxiv.org/abs/1808.07217>.
final class LocalSGDSteps: LocalSteps {
  private let localSteps: Int
  private let localFrom: Int
  private let momentum: Float
  private let arithmetic: LocalArithmetic
  private let local: GradientBuffer
  private let gradient: GradientBuffer
  private let accrued: GradientBuffer
  private let velocity: GradientBuffer?
  private var steps = 0
  private var length = 1
  private var firstRate: Float = 0

  /// Creates the steps of a worker that has not pulled yet.
  ///
  /// - Parameters:
  ///   - localSteps: H.
  ///   - localFrom: The minibatch of the run before which H is 1.
  ///   - momentum: μ.
  ///   - arithmetic: How to compute.
  init(localSteps: Int, localFrom: Int, momentum: Float, arithmetic: LocalArithmetic) {
    self.localSteps = localSteps
    self.localFrom = localFrom
    self.momentum = momentum
    self.arithmetic = arithmetic
    local = GradientBuffer(count: arithmetic.count)
    gradient = GradientBuffer(count: arithmetic.count)
    accrued = GradientBuffer(count: arithmetic.count)
    velocity = momentum == 0 ? nil : GradientBuffer(count: arithmetic.count)
  }

  func begin(at parameters: UnsafePointer<Float>) {
    local.copy(parameters)
    steps = 0
  }

  func step(_ step: LocalStep, of worker: LogicalWorker) -> Dealing {
    if steps == 0 {
      length = step.position < localFrom ? 1 : localSteps
      firstRate = step.learningRate
    }
    worker.gradient(of: step, at: local.values, into: gradient)
    arithmetic.addWeightDecay(at: local.values, to: gradient.values)
    if let velocity {
      arithmetic.add(1, gradient.values, to: velocity.values, keeping: momentum)
      arithmetic.add(momentum, velocity.values, to: gradient.values)
    }
    // A learning rate of 0 is one of the whole run: nothing moves, whatever is pushed.
    let weight = firstRate == 0 ? 1 : step.learningRate / firstRate
    arithmetic.add(weight, gradient.values, to: accrued.values, keeping: steps == 0 ? 0 : 1)
    arithmetic.descend(local.values, along: gradient.values, learningRate: step.learningRate)
    steps += 1
    return steps == length ? average(worker) : .nothing
  }

  func finish(_ worker: LogicalWorker) -> Dealing {
    steps > 0 ? average(worker) : .nothing
  }

  func answered(_ reply: PushReply, at parameters: UnsafePointer<Float>) {
    if reply == .dropped(.notFinite) { velocity?.elements.update(repeating: 0) }
  }

  func reset() {
    steps = 0
    velocity?.elements.update(repeating: 0)
  }

  private func average(_ worker: LogicalWorker) -> Dealing {
    let buffer = worker.takeBuffer()
    buffer.copy(accrued.values)
    return .push(buffer, learningRate: firstRate)
  }

  /// The velocity; between two epochs the parameters are the server's.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] { velocity.map { ["velocity": $0.elements] } ?? [:] }
}
