internal import Kernels
internal import NeuralNet

extension TrainingConfiguration {
  /// Makes the compressor of a worker.
  ///
  /// - Parameters:
  ///   - layout: The tensors of a gradient.
  ///   - plan: How an epoch is cut.
  ///   - backend: The kernels that it computes with.
  /// - Returns: The compressor, or `nil` if gradients are pushed whole.
  func makeCompressor(
    _ layout: ParameterLayout, plan: EpochPlan, backend: any KernelBackend<Float>
  ) -> (any GradientCompressor)? {
    func compressor(_ codec: some TensorCodec) -> any GradientCompressor {
      CodecCompressor(
        codec, layout: layout, feedsBack: feedsBack, undoes: mode.mayDropGradients, seed: seed, backend: backend)
    }
    switch compression {
    case .none: return nil
    case .topK: return compressor(TopKCodec(ratio: number(.compressionRatio)))
    case .threshold: return compressor(ThresholdCodec(threshold: Float(number(.compressionThreshold))))
    case .randomK:
      return compressor(
        RandomKCodec(
          ratio: number(.compressionRatio), isUnbiased: !feedsBack,
          capacity: layout.entries.map(\.range.count).max() ?? 0))
    case .oneBit: return compressor(OneBitCodec())
    case .signSGD: return compressor(SignCodec())
    case .qsgd:
      return compressor(QSGDCodec(levels: integer(.quantizationLevels), bucket: integer(.quantizationBucket)))
    case .dgc:
      return DeepGradientCompressor(
        deepCompression(minibatchesPerEpoch: plan.minibatches), layout: layout, undoes: mode.mayDropGradients,
        seed: seed, backend: backend)
    }
  }

  /// The constants of ``CompressionKind/dgc``.
  func deepCompression(minibatchesPerEpoch: Int) -> DeepGradientCompressor.Constants {
    let clipping = number(.compressionClipping)
    return DeepGradientCompressor.Constants(
      ratio: number(.compressionRatio), momentum: Float(number(.compressionMomentum)),
      warmupEpochs: integer(.compressionWarmup),
      largestNorm: clipping == 0 ? .infinity : clipping / Double(workers).squareRoot(),
      minibatchesPerEpoch: minibatchesPerEpoch)
  }

  private var feedsBack: Bool { choice(.errorFeedback) == "on" }
}
