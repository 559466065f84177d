internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Randomness

/// Top-k with momentum in the worker: what is accumulated is the velocity, and not the gradient.
///
///     g ← g · min(1, c / (√N · ‖g‖))                 local clipping, before anything is accumulated
///     u ← m·u + g,   v ← v + u                       momentum correction
///     send the elements of v with the largest |v|    tensor by tensor
///     there: u ← 0,  v ← 0                           momentum factor masking
///
/// The share that is sent falls over E epochs to its final value r: it is r^min(1, (e + 1)/(E + 1)) in epoch e, which for
/// r = 0.001 and E = 4 is the 25 %, 6.3 %, 1.6 %, 0.4 % and 0.1 % of the paper. In a large tensor the threshold comes from
/// a sample of its elements, so that the number that is sent is only about what was asked for; if it is off by more than
/// the factors 0.8 and 1.3, the elements are selected exactly.
///
/// The server must have no momentum of its own. With r = 1 everything is sent and masked in each step, so that there is no
/// momentum at all.
///
/// Sources: Lin, Han, Mao, Wang & Dally, "Deep Gradient Compression", ICLR 2018, <https://arxiv.org/abs/1712.01887>.
final class DeepGradientCompressor: GradientCompressor {
  /// The constants.
  struct Constants {
    /// r, the share that is sent in the end.
    var ratio: Double
    /// m.
    var momentum: Float
    /// E, the epochs before the share is r.
    var warmupEpochs: Int
    /// c/√N, the largest norm of a gradient; infinite for no clipping.
    var largestNorm: Double
    /// Minibatches in an epoch.
    var minibatchesPerEpoch: Int

    /// Returns the share of elements that is sent at some place of the run, in minibatches.
    func ratio(at position: Int) -> Double {
      let epoch = position / minibatchesPerEpoch
      return pow(ratio, min(1, Double(epoch + 1) / Double(warmupEpochs + 1)))
    }
  }

  /// Tensors of up to so many elements are not sampled.
  static let sampledFrom = 8192

  /// Whether exactly the share that was asked for is sent of a tensor, and not only about so much.
  static func isExact(_ ratio: Double, of count: Int) -> Bool {
    count <= sampledFrom || kept(ratio, of: count) == count
  }

  /// The share of a large tensor's elements that is sampled.
  private static let samplingRatio = 0.01

  let constants: Constants
  private let tensors: [Range<Int>]
  private let count: Int
  private let seed: UInt64
  private let backend: any KernelBackend<Float>
  private let velocity: GradientBuffer
  private let accumulated: GradientBuffer
  /// Both before the last gradient.
  private let before: (velocity: GradientBuffer, accumulated: GradientBuffer)?
  private let sample: GradientBuffer
  private let payload: Payload
  private let selector = MagnitudeSelector()

  /// Creates a compressor with nothing accumulated.
  ///
  /// - Parameters:
  ///   - constants: The constants.
  ///   - layout: The tensors.
  ///   - undoes: Whether ``undo()`` may be called.
  ///   - seed: The seed of the run.
  ///   - backend: The kernels.
  init(
    _ constants: Constants, layout: ParameterLayout, undoes: Bool = false, seed: UInt64,
    backend: any KernelBackend<Float>
  ) {
    self.constants = constants
    self.seed = seed
    self.backend = backend
    tensors = layout.entries.map(\.range)
    count = layout.count
    velocity = GradientBuffer(count: layout.count)
    accumulated = GradientBuffer(count: layout.count)
    before = undoes ? (GradientBuffer(count: layout.count), GradientBuffer(count: layout.count)) : nil
    sample = GradientBuffer(count: tensors.map(\.count).max() ?? 0)
    payload = Payload(capacity: tensors.reduce(0) { $0 + SparseFormat.bytes($1.count, of: $1.count) })
  }

  func compress(_ gradient: UnsafeMutablePointer<Float>, worker: Int, position: Int) -> Int? {
    guard backend.firstNonFinite(count: count, values: gradient) == nil else { return nil }
    before?.velocity.copy(velocity.values)
    before?.accumulated.copy(accumulated.values)
    let factor = clippingFactor(gradient)
    backend.scaledSum(count: count, alpha: factor, x: gradient, beta: constants.momentum, y: velocity.values)
    backend.scaledSum(count: count, alpha: 1, x: velocity.values, beta: 1, y: accumulated.values)
    guard backend.firstNonFinite(count: count, values: accumulated.values) == nil else {
      // The sum overflowed: the server shall see it, and what is left is worth nothing.
      gradient.update(from: accumulated.values, count: count)
      velocity.elements.update(repeating: 0)
      accumulated.elements.update(repeating: 0)
      return nil
    }

    payload.clear()
    var random = RandomStream(seed: seed, purpose: .compression, worker: worker, step: position)
    let ratio = constants.ratio(at: position)
    for tensor in tensors {
      let values = UnsafePointer(accumulated.values + tensor.lowerBound)
      let (cut, number) = selection(ratio, of: values, count: tensor.count, random: &random)
      SparseFormat.encode(cut, number: number, of: values, count: tensor.count, into: payload)
    }
    for tensor in tensors {
      SparseFormat.decode(payload, count: tensor.count, into: gradient + tensor.lowerBound)
    }
    mask(sent: gradient)
    return payload.count
  }

  func undo() {
    guard let before else { preconditionFailure("a compressor that keeps no history cannot undo") }
    velocity.copy(before.velocity.values)
    accumulated.copy(before.accumulated.values)
  }

  func reset() {
    velocity.elements.update(repeating: 0)
    accumulated.elements.update(repeating: 0)
  }

  /// What is accumulated, and the velocity.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] {
    ["velocity": velocity.elements, "accumulated": accumulated.elements]
  }

  private func clippingFactor(_ gradient: UnsafePointer<Float>) -> Float {
    guard constants.largestNorm < .infinity else { return 1 }
    var sum = 0.0
    for index in 0..<count { sum += Double(gradient[index]) * Double(gradient[index]) }
    let norm = sum.squareRoot()
    return norm > constants.largestNorm ? Float(constants.largestNorm / norm) : 1
  }

  /// Chooses the elements of a tensor that are sent.
  private func selection(
    _ ratio: Double, of values: UnsafePointer<Float>, count: Int, random: inout RandomStream
  ) -> (cut: MagnitudeSelector.Cut, number: Int) {
    let wanted = kept(ratio, of: count)
    if !Self.isExact(ratio, of: count) {
      // Enough that several of the elements that are to be sent are among them.
      let size = min(count, max(Int(Self.samplingRatio * Double(count)), Int(10 / ratio), Self.sampledFrom / 8))
      let stride = count / size
      let first = Int((UInt64(random.nextWord()) * UInt64(stride)) >> 32)
      for index in 0..<size { sample.values[index] = values[first + index * stride] }
      let threshold = selector.cut(sample.values, count: size, largest: kept(ratio, of: size)).bits
      let number = selector.number(of: values, count: count, atLeast: threshold)
      if Double(number) >= 0.8 * Double(wanted), Double(number) <= 1.3 * Double(wanted) {
        return (MagnitudeSelector.Cut(bits: threshold, ties: count), number)
      }
    }
    return (selector.cut(values, count: count, largest: wanted), wanted)
  }

  /// Forgets velocity and accumulated values where `sent` has them.
  ///
  /// Where a 0 was sent there is nothing accumulated, but there may be a velocity.
  private func mask(sent: UnsafePointer<Float>) {
    for index in 0..<count {
      let isSent = sent[index] != 0
      velocity.values[index] = isSent ? 0 : velocity.values[index]
      accumulated.values[index] = isSent ? 0 : accumulated.values[index]
    }
  }
}
