internal import Kernels
internal import NeuralNet
internal import Randomness

/// Makes gradients smaller on their way to the server.
///
/// One object a worker, confined to the worker's thread. It encodes a gradient into a ``Payload``, whose bytes are what
/// would go over a wire, and replaces the gradient by what the other side decodes from them. Nothing allocates after
/// creation.
protocol GradientCompressor: AnyObject, Carried {
  /// Replaces a gradient by what of it arrives at the server.
  ///
  /// - Parameters:
  ///   - gradient: As long as the parameters, replaced.
  ///   - worker: The number of the worker, for random choices.
  ///   - position: Where the gradient stands in the run, in minibatches, for random choices and schedules.
  /// - Returns: The size of the payload in bytes, or `nil` if the gradient is not finite: then it is left alone, for the
  ///   server to refuse, and nothing of it is kept.
  func compress(_ gradient: UnsafeMutablePointer<Float>, worker: Int, position: Int) -> Int?

  /// Forgets the last gradient, because the server dropped it: what is kept is what was kept before.
  ///
  /// Otherwise what earlier gradients had left over would be lost with it.
  func undo()

  /// Forgets everything, as a worker that crashed.
  func reset()
}

/// How one tensor of a gradient is encoded and decoded.
///
/// Both sides know the tensor's extents and the method's constants, so neither is sent.
protocol TensorCodec {
  /// Returns the most bytes that `count` elements take.
  func capacity(count: Int) -> Int

  /// Encodes `count` finite elements.
  ///
  /// - Parameters:
  ///   - values: The elements.
  ///   - count: How many they are.
  ///   - random: The stream of this gradient; a decoder that gets the same stream draws the same numbers.
  ///   - payload: Where the bytes are appended.
  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload)

  /// Decodes what ``encode(_:count:random:into:)`` wrote.
  ///
  /// - Parameters:
  ///   - payload: Where the bytes are taken from.
  ///   - count: The number of elements.
  ///   - random: A stream as the encoder had it.
  ///   - values: The elements, overwritten.
  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>)
}

/// Encodes every tensor of a gradient by itself, and feeds back what was lost.
///
///     p = g + e,  ĝ = decode(encode(p)),  e ← p − ĝ          (e: the residual, 0 at first)
///
/// So what is sent and what is left add up to all gradients so far: Σ ĝ + e = Σ g. Without feedback e stays 0.
///
/// The learning rate is outside of the feedback: the residual is of gradients, and the server applies it with the learning
/// rate of the time when it is sent.
///
/// Sources: Seide et al., "1-Bit Stochastic Gradient Descent and its Application to Data-Parallel Distributed Training of
/// Speech DNNs", Interspeech 2014; Stich, Cordonnier & Jaggi, "Sparsified SGD with Memory", NeurIPS 2018,
/// <https://arxiv.org/abs/1809.07599>; Karimireddy et al., "Error Feedback Fixes SignSGD and other Gradient Compression
/// Schemes", ICML 2019, <https://arxiv.org/abs/1901.09847>.
final class CodecCompressor<Codec: TensorCodec>: GradientCompressor {
  private let codec: Codec
  private let tensors: [Range<Int>]
  private let seed: UInt64
  private let backend: any KernelBackend<Float>
  private let count: Int
  private let residual: GradientBuffer?
  /// The residual before the last gradient.
  private let residualBefore: GradientBuffer?
  private let payload: Payload

  /// Creates a compressor with nothing left over yet.
  ///
  /// - Parameters:
  ///   - codec: How to encode a tensor.
  ///   - layout: The tensors.
  ///   - feedsBack: Whether to keep what is lost.
  ///   - undoes: Whether ``undo()`` may be called.
  ///   - seed: The seed of the run.
  ///   - backend: The kernels.
  init(
    _ codec: Codec, layout: ParameterLayout, feedsBack: Bool, undoes: Bool = false, seed: UInt64,
    backend: any KernelBackend<Float>
  ) {
    self.codec = codec
    self.seed = seed
    self.backend = backend
    tensors = layout.entries.map(\.range)
    count = layout.count
    residual = feedsBack ? GradientBuffer(count: layout.count) : nil
    residualBefore = feedsBack && undoes ? GradientBuffer(count: layout.count) : nil
    payload = Payload(capacity: tensors.reduce(0) { $0 + codec.capacity(count: $1.count) })
  }

  func compress(_ gradient: UnsafeMutablePointer<Float>, worker: Int, position: Int) -> Int? {
    guard backend.firstNonFinite(count: count, values: gradient) == nil else { return nil }
    guard let residual else { return send(UnsafePointer(gradient), as: gradient, worker: worker, position: position) }
    residualBefore?.copy(residual.values)
    backend.scaledSum(count: count, alpha: 1, x: gradient, beta: 1, y: residual.values)
    guard backend.firstNonFinite(count: count, values: residual.values) == nil else {
      // The sum overflowed: the server shall see it, and what is left is worth nothing.
      gradient.update(from: residual.values, count: count)
      residual.elements.update(repeating: 0)
      return nil
    }
    let bytes = send(UnsafePointer(residual.values), as: gradient, worker: worker, position: position)
    backend.scaledSum(count: count, alpha: -1, x: gradient, beta: 1, y: residual.values)
    return bytes
  }

  func undo() {
    guard let residual else { return }
    guard let residualBefore else { preconditionFailure("a compressor that keeps no history cannot undo") }
    residual.copy(residualBefore.values)
  }

  func reset() { residual?.elements.update(repeating: 0) }

  /// Encodes all tensors of `values`, and decodes them into `arrived`, which may be the same memory.
  private func send(
    _ values: UnsafePointer<Float>, as arrived: UnsafeMutablePointer<Float>, worker: Int, position: Int
  ) -> Int {
    payload.clear()
    var random = RandomStream(seed: seed, purpose: .compression, worker: worker, step: position)
    var sameRandom = random
    for tensor in tensors {
      codec.encode(values + tensor.lowerBound, count: tensor.count, random: &random, into: payload)
    }
    for tensor in tensors {
      codec.decode(payload, count: tensor.count, random: &sameRandom, into: arrived + tensor.lowerBound)
    }
    return payload.count
  }

  /// The residual.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] { residual.map { ["residual": $0.elements] } ?? [:] }
}
