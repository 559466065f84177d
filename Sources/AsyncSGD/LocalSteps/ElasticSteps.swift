internal import Kernels

/// A worker on its own, elastically tied to a center.
///
/// Every τ steps, from the first on, worker i and the server exchange, which moves both towards each other; e is computed
/// once, and the server does both in one action:
///
///     EASGD:   g at x_i;          if τ | t_i:  e = α·(x_i − x̃),  x_i ← x_i − e,  x̃ ← x̃ + e
///              x_i ← x_i − η·g
///     EAMSGD:  g at x_i + δ·v_i;  if τ | t_i:  (the same)
///              v_i ← δ·v_i − η·g,  x_i ← x_i + v_i
///
/// The gradient is the one at the parameters *before* the exchange, as in algorithms 1 and 2 of the paper. The center gets
/// no gradient and has no momentum; it is what is evaluated and saved.
///
/// When an epoch ends, a worker that has moved since its last exchange makes one more, so that the center knows of all
/// that was learned. Its clock t_i, its parameters and its velocity go on into the next epoch.
///
/// Sources: Zhang, Choromanska & LeCun, "Deep learning with Elastic Averaging SGD", NeurIPS 2015,
/// <https://arxiv.org/abs/1412.6651>.
final class ElasticSteps: LocalSteps {
  private let period: Int
  private let momentum: Float
  private let arithmetic: LocalArithmetic
  private let local: GradientBuffer
  private let gradient: GradientBuffer
  private let velocity: GradientBuffer?
  /// x + δ·v.
  private let ahead: GradientBuffer?
  /// t modulo τ.
  private var clock = 0
  private var hasMoved = false
  /// η of the step that follows the exchange under way; `nil` if none does.
  private var rateOfMove: Float?
  private var hasBegun = false

  /// Creates the steps of a worker that has not pulled yet.
  ///
  /// - Parameters:
  ///   - period: τ.
  ///   - momentum: δ of EAMSGD, `nil` for EASGD.
  ///   - arithmetic: How to compute.
  init(period: Int, momentum: Float?, arithmetic: LocalArithmetic) {
    self.period = period
    self.momentum = momentum ?? 0
    self.arithmetic = arithmetic
    local = GradientBuffer(count: arithmetic.count)
    gradient = GradientBuffer(count: arithmetic.count)
    velocity = momentum == nil ? nil : GradientBuffer(count: arithmetic.count)
    ahead = momentum == nil ? nil : GradientBuffer(count: arithmetic.count)
  }

  /// Starts at the center, once: from then on the parameters are the worker's own.
  func begin(at parameters: UnsafePointer<Float>) {
    if !hasBegun { local.copy(parameters) }
    hasBegun = true
  }

  func step(_ step: LocalStep, of worker: LogicalWorker) -> Dealing {
    let point = lookAhead()
    worker.gradient(of: step, at: point, into: gradient)
    arithmetic.addWeightDecay(at: point, to: gradient.values)
    let exchanges = clock == 0
    clock = (clock + 1) % period
    guard exchanges else {
      move(learningRate: step.learningRate)
      return .nothing
    }
    rateOfMove = step.learningRate
    return exchange()
  }

  func finish(_ worker: LogicalWorker) -> Dealing {
    hasMoved ? exchange() : .nothing
  }

  /// Makes the step whose gradient was computed before the exchange; or begins anew at the center, if the worker's
  /// parameters are not finite: the gradient belongs to what was spoiled.
  func answered(_ reply: PushReply, at parameters: UnsafePointer<Float>) {
    let rate = rateOfMove.take()
    if case .dropped = reply {
      local.copy(parameters)
      velocity?.elements.update(repeating: 0)
    } else if let rate {
      move(learningRate: rate)
    }
  }

  func reset() {
    hasBegun = false
    hasMoved = false
    clock = 0
    rateOfMove = nil
    velocity?.elements.update(repeating: 0)
  }

  var ownBuffer: GradientBuffer? { local }

  private func move(learningRate: Float) {
    if let velocity {
      arithmetic.add(-learningRate, gradient.values, to: velocity.values, keeping: momentum)
      arithmetic.add(1, velocity.values, to: local.values)
    } else {
      arithmetic.descend(local.values, along: gradient.values, learningRate: learningRate)
    }
    hasMoved = true
  }

  private func lookAhead() -> UnsafePointer<Float> {
    guard let velocity, let ahead else { return UnsafePointer(local.values) }
    ahead.copy(local.values)
    arithmetic.add(momentum, velocity.values, to: ahead.values)
    return UnsafePointer(ahead.values)
  }

  private func exchange() -> Dealing {
    hasMoved = false
    return .push(local)
  }

  /// The worker's parameters, and its velocity.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] {
    var vectors = ["parameters": local.elements]
    if let velocity { vectors["velocity"] = velocity.elements }
    return vectors
  }

  /// Its clock.
  var scalars: [String: Double] {
    get { ["clock": Double(clock)] }
    set { clock = newValue["clock"].flatMap { Int(exactly: $0) }.map { max(0, $0) % period } ?? 0 }
  }
}
