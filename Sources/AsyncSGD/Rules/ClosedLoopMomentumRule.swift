/// Measures the momentum that the parameters move with, and steers the optimizer's so that the total is the one wanted.
///
/// Asynchrony acts like momentum: an old gradient pulls as the step did that it should have been part of. The total
/// momentum μ_T is what makes the steps fit E[θₖ₊₁ − θₖ] = μ_T·E[θₖ − θₖ₋₁] − η·E[∇L(θₖ)]. A gradient g that arrives was
/// computed at θₖ, so it is compared with the steps around θₖ, which lie behind:
///
///     μ̂ = median over parameters of (θₖ₊₁ − θₖ + ηₖ·(g + λ·θₖ)) / (θₖ − θₖ₋₁) · ηₖ₋₁/ηₖ
///     μ ← μ + γ·(μ* − μ̂)
///
/// The last factor is 1 while the learning rate stays, and makes the measurement exact while it changes: μ is a coefficient
/// of velocities, and steps are η times longer. With one worker μ̂ is μ, whatever the gradients, and μ goes to μ*. With
/// many, μ may become negative; it is kept in -0.99...0.99, which the paper does not say.
///
/// The median is over up to 255 parameters, the same in every update, chosen evenly from all; those that have not moved are
/// left out. Gradients older than the iterates that are kept (8 for each worker) are not measured.
///
/// Sources: Mitliagkas, Zhang, Hadjis & Ré, "Asynchrony begets Momentum, with an Application to Deep Learning", 2016,
/// <https://arxiv.org/abs/1605.09774>; Zhang & Mitliagkas, "YellowFin and the Art of Momentum Tuning" (closed-loop
/// YellowFin, γ = 0.01, μ = 0 at first), MLSys 2019, <https://arxiv.org/abs/1706.03471>. Their tuner chooses μ* and η; here
/// both are given.
public final class ClosedLoopMomentumRule: UpdateRule {
  /// μ*.
  private let target: Float
  /// γ.
  private let gain: Float
  private var history: IterateHistory
  /// θ before the last update, where it is measured, and zeros elsewhere.
  private let previous: StateVector
  /// The version that ``previous`` became, if it is known.
  private var previousBecame: Int?
  private var previousLearningRate: Float = 0
  /// The gradient that is being applied, and the steps that it is compared with.
  private var measurement: Measurement?
  /// The ratios of the parameters that moved.
  private var ratios: [Float] = []

  private struct Measurement {
    let gradient: StaleGradient
    /// The next sample.
    var sample = 0
  }

  /// μ, the optimizer's momentum.
  public private(set) var momentum: Float = 0
  /// μ̂, the last measurement; `nil` before the first one.
  public private(set) var measured: Float?

  /// The largest magnitude of μ.
  static let bound: Float = 0.99

  /// Creates the rule, with an algorithmic momentum of 0.
  ///
  /// - Parameters:
  ///   - target: μ*, 0 ≤ μ* < 1.
  ///   - gain: γ, in `0...1`.
  ///   - workers: The number of workers.
  ///   - count: The number of parameters.
  public init(target: Float, gain: Float = 0.01, workers: Int, count: Int) {
    self.target = target
    self.gain = gain
    history = IterateHistory(count: count, iterates: 8 * workers + 2)
    previous = StateVector(count: count)
    ratios.reserveCapacity(history.coordinates.count)
  }

  /// Sets the optimizer's momentum, and keeps the present iterate.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float {
    optimizer.momentum = momentum
    if previousBecame == gradient.version {
      history.record(previous.values, version: gradient.version - 1, learningRate: previousLearningRate)
    }
    history.record(gradient.parameters, version: gradient.version, learningRate: gradient.learningRate)
    for coordinate in history.coordinates { previous.values[coordinate] = gradient.parameters[coordinate] }
    previousBecame = gradient.version + 1
    previousLearningRate = gradient.learningRate
    let pulled = gradient.pulledVersion
    let isKnown = history.contains(pulled - 1) && history.contains(pulled)
    measurement = isKnown && history.learningRate(of: pulled) > 0 ? Measurement(gradient: gradient) : nil
    ratios.removeAll(keepingCapacity: true)
    return 1
  }

  /// Yes.
  public var observes: Bool { true }

  /// Compares the gradient with the steps around the iterate that it was computed at.
  public func observe(
    _ block: ParameterBlocks.Block, learningRate: Float, from parameters: UnsafePointer<Float>,
    to updated: UnsafePointer<Float>
  ) {
    guard let gradient = measurement?.gradient, var sample = measurement?.sample else { return }
    let version = gradient.pulledVersion
    let rate = history.learningRate(of: version)
    let isFresh = gradient.staleness == 0
    while sample < history.coordinates.count, history.coordinates[sample] < block.range.upperBound {
      let coordinate = history.coordinates[sample]
      let point = gradient.pulled[coordinate]
      let next = isFresh ? updated[coordinate] : history.value(sample, of: version + 1)
      let slope = gradient.values[coordinate] + block.weightDecay * point
      let ratio = (next - point + rate * slope) / (point - history.value(sample, of: version - 1))
      if ratio.isFinite { ratios.append(ratio) }
      sample += 1
    }
    measurement?.sample = sample
  }

  /// Moves μ by what was measured.
  public func end(_ gradient: StaleGradient) {
    defer { measurement = nil }
    guard measurement != nil, let median = ratios.withUnsafeMutableBufferPointer(medianReordering) else { return }
    let version = gradient.pulledVersion
    let total = median * history.learningRate(of: version - 1) / history.learningRate(of: version)
    guard total.isFinite else { return }
    measured = total
    momentum = min(max(momentum + gain * (target - total), -Self.bound), Self.bound)
  }

  /// The iterate before the last update.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { ["previous": previous.elements] }

  /// μ, and the version and the learning rate of the last update; the version is -1 before the first one.
  public var scalars: [String: Double] {
    get {
      [
        "momentum": Double(momentum), "version": Double(previousBecame ?? -1),
        "learningRate": Double(previousLearningRate),
      ]
    }
    set {
      momentum = Float(newValue["momentum"] ?? 0)
      let version = Int(newValue["version"] ?? -1)
      previousBecame = version < 0 ? nil : version
      previousLearningRate = Float(newValue["learningRate"] ?? 0)
    }
  }
}

/// The values of some parameters in the latest iterates.
struct IterateHistory {
  /// The most parameters that are kept.
  static let mostCoordinates = 255

  /// The parameters that are kept, in order.
  let coordinates: [Int]
  /// A row an iterate, in turns.
  private var values: [Float]
  private var versions: [Int]
  private var learningRates: [Float]

  /// Creates a history that contains nothing.
  ///
  /// - Parameters:
  ///   - count: The number of parameters.
  ///   - iterates: The iterates to keep.
  init(count: Int, iterates: Int) {
    let kept = min(count, Self.mostCoordinates)
    // One in each of as many equal stretches, at a place that differs, so as not to fall in step with rows of a matrix.
    coordinates = (0..<kept).map { index in
      let place = (Double(index) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
      let stretch = index * count / kept..<(index + 1) * count / kept
      return stretch.lowerBound + Int(place * Double(stretch.count))
    }
    values = Array(repeating: 0, count: kept * iterates)
    versions = Array(repeating: -1, count: iterates)
    learningRates = Array(repeating: 0, count: iterates)
  }

  /// Keeps an iterate, and the learning rate of the step that leaves it.
  mutating func record(_ parameters: UnsafePointer<Float>, version: Int, learningRate: Float) {
    let row = version % versions.count
    versions[row] = version
    learningRates[row] = learningRate
    for (sample, coordinate) in coordinates.enumerated() {
      values[row * coordinates.count + sample] = parameters[coordinate]
    }
  }

  /// Whether the iterate of a version is kept.
  func contains(_ version: Int) -> Bool {
    version >= 0 && versions[version % versions.count] == version
  }

  /// Returns one value of an iterate that is kept.
  func value(_ sample: Int, of version: Int) -> Float {
    values[version % versions.count * coordinates.count + sample]
  }

  /// Returns the learning rate of the step that left an iterate that is kept.
  func learningRate(of version: Int) -> Float { learningRates[version % versions.count] }
}

/// Returns the median, reordering the values: of an even number, the mean of the two in the middle; of none, `nil`.
func medianReordering(_ values: inout UnsafeMutableBufferPointer<Float>) -> Float? {
  guard !values.isEmpty else { return nil }
  let middle = values.count / 2
  var (low, high) = (0, values.count - 1)
  // Hoare's selection: what is left of the range always contains the middle.
  while low < high {
    let pivot = values[(low + high) / 2]
    var (left, right) = (low, high)
    while left <= right {
      while values[left] < pivot { left += 1 }
      while values[right] > pivot { right -= 1 }
      if left <= right {
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
    }
    if middle <= right {
      high = right
    } else if middle >= left {
      low = left
    } else {
      break
    }
  }
  guard values.count.isMultiple(of: 2) else { return values[middle] }
  // All before the middle are at most as large as the one there.
  var below = values[0]
  for index in 1..<max(1, middle) { below = max(below, values[index]) }
  return (below + values[middle]) / 2
}
