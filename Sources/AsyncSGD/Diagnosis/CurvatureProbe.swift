internal import DataPipeline
internal import Kernels
internal import NeuralNet
internal import Randomness

/// Measures the sharpest curvature of the loss: the largest eigenvalue λ of its Hessian over a fixed sample of examples.
///
/// Power iteration, which begins in the direction of the gradient because that lies mostly among the sharpest ones, with
/// Hessian-vector products from differences of gradients:
///
///     H·d ≈ (∇L(w + ε·d) − ∇L(w)) / ε,  λ ≈ d·H·d
///
/// The quotient never exceeds the sample's largest eigenvalue, so that few iterations give too little and not too much. The
/// probe has a replica of its own, so that it may run while workers train, and it touches nothing of theirs.
///
/// Sources: Pearlmutter, "Fast Exact Multiplication by the Hessian", 1994; LeCun, Simard & Pearlmutter, "Automatic learning
/// rate maximization by on-line estimation of the Hessian's eigenvectors", 1993; on the gradient's direction, Gur-Ari,
/// Roberts & Dyer, "Gradient Descent Happens in a Tiny Subspace", 2018, <https://arxiv.org/abs/1812.04754>.
///
/// Confined to one thread at a time.
final class CurvatureProbe {
  /// The most examples that are looked at.
  static let mostExamples = 64
  /// Iterations of a measurement.
  static let iterations = 4

  private let replica: Replica<Float>
  private let data: Dataset
  private let backend: any KernelBackend<Float>
  private let sample: [Int32]
  private let seed: UInt64

  /// Creates a probe.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - data: The training set, not empty.
  ///   - capacity: Examples that are computed at once.
  ///   - seed: The seed of the run, which draws the masks of dropout layers.
  ///   - backend: The kernels.
  init(_ model: ShapedModel, data: Dataset, capacity: Int, seed: UInt64, backend: any KernelBackend<Float>) {
    sample = Self.sample(of: data.count)
    replica = Replica(model, minibatchCapacity: min(capacity, sample.count), backend: backend)
    self.data = data
    self.seed = seed
    self.backend = backend
  }

  /// Gradients of one example that a measurement computes.
  static func price(examples: Int) -> Int {
    min(mostExamples, examples) * (iterations + 1)
  }

  /// Returns examples spread evenly over a data set, in no step with any order that its classes may have: multiples of the
  /// golden ratio.
  static func sample(of count: Int) -> [Int32] {
    (0..<min(mostExamples, count)).map { index in
      let position = (Double(index) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
      return Int32(position * Double(count))
    }
  }

  /// Returns λ at some parameters, at least 0; `nil` if it is not finite there.
  func sharpness(at parameters: UnsafePointer<Float>) -> Double? {
    let count = replica.model.layout.count
    let base = GradientBuffer(count: count)
    let shiftedGradient = GradientBuffer(count: count)
    let part = GradientBuffer(count: count)
    let shifted = GradientBuffer(count: count)
    let direction = GradientBuffer(count: count)

    gradient(at: parameters, into: base, by: part)
    var largest = 0.0
    guard normalize(base, count: count, into: direction) else {
      return backend.firstNonFinite(count: count, values: base.values) == nil ? 0 : nil
    }
    // A thousandth of the parameters' length: far above rounding, and the loss is still its own quadratic there.
    let distance = Float(1e-3 * max(1, dot(parameters, parameters, count: count).squareRoot()))
    for _ in 0..<Self.iterations {
      shifted.values.update(from: parameters, count: count)
      backend.scaledSum(count: count, alpha: distance, x: direction.values, beta: 1, y: shifted.values)
      gradient(at: shifted.values, into: shiftedGradient, by: part)
      backend.scaledSum(
        count: count, alpha: -1 / distance, x: base.values, beta: 1 / distance, y: shiftedGradient.values)
      let quotient = dot(direction.values, shiftedGradient.values, count: count)
      guard quotient.isFinite else { return nil }
      largest = max(largest, quotient)
      guard normalize(shiftedGradient, count: count, into: direction) else { break }
    }
    return largest
  }

  /// Notes which units respond to the sample at some parameters.
  func activity(at parameters: UnsafePointer<Float>) -> ActivityCensus {
    var census = ActivityCensus()
    forEachChunk { count in
      _ = replica.evaluate(at: parameters, examples: count)
      replica.noteActivity(at: parameters, examples: count, in: &census)
    }
    return census
  }

  /// Writes the gradient of the sample's mean loss, always with the same dropout.
  private func gradient(at parameters: UnsafePointer<Float>, into sum: GradientBuffer, by part: GradientBuffer) {
    var step = 0
    forEachChunk { count in
      let random = RandomStream(seed: seed, purpose: .dropout, worker: 0, step: step)
      _ = replica.gradient(at: parameters, examples: count, random: random, into: part.values)
      backend.scaledSum(
        count: replica.model.layout.count, alpha: Float(count) / Float(sample.count), x: part.values,
        beta: step == 0 ? 0 : 1, y: sum.values)
      step += 1
    }
  }

  /// Fills the replica with one minibatch of the sample after another.
  private func forEachChunk(_ body: (_ examples: Int) -> Void) {
    sample.withUnsafeBufferPointer { sample in
      for start in stride(from: 0, to: sample.count, by: replica.minibatchCapacity) {
        let chunk = start..<min(start + replica.minibatchCapacity, sample.count)
        data.write(UnsafeBufferPointer(rebasing: sample[chunk]), images: replica.inputs, labels: replica.labels)
        body(chunk.count)
      }
    }
  }

  /// Writes `vector` at length 1; returns whether it has a direction.
  private func normalize(_ vector: GradientBuffer, count: Int, into unit: GradientBuffer) -> Bool {
    let length = dot(vector.values, vector.values, count: count).squareRoot()
    guard length.isFinite, length > 0 else { return false }
    backend.scaledSum(count: count, alpha: Float(1 / length), x: vector.values, beta: 0, y: unit.values)
    return true
  }

  private func dot(_ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, count: Int) -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(first[index]) * Double(second[index]) }
    return sum
  }
}
