public import KernelInterface
internal import VectorIntrinsics

extension SIMDBackend {
  /// Computes the cross-entropy of the softmax of each example, in nats, and its gradient with respect to the logits.
  ///
  /// The losses are summed up in the order of the examples.
  ///
  /// - Precondition: Every label is in `0..<classes`.
  public func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> ClassificationSums {
    let problem = SoftmaxCrossEntropy(
      examples: examples, classes: classes, logits: logits, labels: labels, gradientScale: gradientScale,
      gradient: gradient)
    var sums = ClassificationSums()
    var first = 0
    while first <= examples - Lanes.scalarCount {
      problem.addRegister(at: first, lanes: Lanes.scalarCount, to: &sums)
      first += Lanes.scalarCount
    }
    if first < examples { problem.addRegister(at: first, lanes: examples - first, to: &sums) }
    return sums
  }
}
