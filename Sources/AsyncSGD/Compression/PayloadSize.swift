internal import Foundation
public import NeuralNet

/// What a pushed gradient weighs on a wire, where that does not depend on its values.
public struct PayloadSize: Hashable, Sendable {
  /// The bytes of a push by its epoch; the last ones from then on.
  private let bytesByEpoch: [Int]
  private let minibatchesPerEpoch: Int

  /// The size of gradients that are pushed whole.
  ///
  /// - Parameter parameters: The number of the model's parameters, of four bytes each.
  public init(parameters: Int) {
    bytesByEpoch = [MemoryLayout<Float>.stride * parameters]
    minibatchesPerEpoch = 1
  }

  /// The size of gradients as a run compresses them; `nil` if their values decide how much is sent: with
  /// ``CompressionKind/threshold``, and with ``CompressionKind/dgc`` where it samples large tensors.
  ///
  /// - Parameters:
  ///   - configuration: The run.
  ///   - layout: The tensors of a gradient.
  ///   - minibatches: The minibatches of an epoch.
  public init?(_ configuration: TrainingConfiguration, layout: ParameterLayout, minibatches: Int) {
    let counts = layout.entries.map(\.range.count)
    func bytes(_ codec: some TensorCodec) -> [Int] { [counts.reduce(0) { $0 + codec.capacity(count: $1) }] }
    func ratio() -> Double { configuration.number(.compressionRatio) }
    minibatchesPerEpoch = minibatches
    switch configuration.compression {
    case .none: bytesByEpoch = [MemoryLayout<Float>.stride * layout.count]
    case .threshold: return nil
    // The next five fill their capacity, whatever the values.
    case .topK: bytesByEpoch = bytes(TopKCodec(ratio: ratio()))
    case .randomK: bytesByEpoch = bytes(RandomKCodec(ratio: ratio(), isUnbiased: false, capacity: 0))
    case .oneBit: bytesByEpoch = bytes(OneBitCodec())
    case .signSGD: bytesByEpoch = bytes(SignCodec())
    case .qsgd:
      bytesByEpoch = bytes(
        QSGDCodec(
          levels: configuration.integer(.quantizationLevels), bucket: configuration.integer(.quantizationBucket)))
    case .dgc:
      let constants = configuration.deepCompression(minibatchesPerEpoch: minibatches)
      let ratios = (0...min(constants.warmupEpochs, configuration.epochs)).map {
        constants.ratio(at: $0 * minibatches)
      }
      guard ratios.allSatisfy({ ratio in counts.allSatisfy { DeepGradientCompressor.isExact(ratio, of: $0) } }) else {
        return nil
      }
      bytesByEpoch = ratios.map { ratio in counts.reduce(0) { $0 + SparseFormat.bytes(kept(ratio, of: $1), of: $1) } }
    }
  }

  /// Returns the bytes of a push.
  ///
  /// - Parameter position: Where it stands in the run, in minibatches.
  /// - Returns: The bytes.
  @inline(__always)
  func bytes(at position: Int) -> Int {
    bytesByEpoch.count == 1
      ? bytesByEpoch[0] : bytesByEpoch[min(position / minibatchesPerEpoch, bytesByEpoch.count - 1)]
  }
}
