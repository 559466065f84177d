public import KernelInterface

extension SIMDBackend {
  /// Computes the cross-entropy of the softmax of each example, in nats, and its gradient with respect to the logits.
  ///
  /// - Precondition: Every label is in `0..<classes`.
  public func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> ClassificationSums {
    preconditionFailure("being written")
  }
}
