public import Kernels

/// The cross-entropy between the softmax of the logits and the labels, in nats.
///
///     L = 1/N · Σ_i (log Σ_j exp(z[j,i]) − z[label[i],i])
///
/// The minibatch **mean** is what is differentiated; what is reported are sums, which add up over minibatches of
/// different sizes.
public struct SoftmaxCrossEntropy<Scalar: KernelScalar> {
  /// The number of logits of an example.
  public let classes: Int
  /// The kernels that do the arithmetic.
  public let backend: any KernelBackend<Scalar>

  /// Creates a loss over `classes` classes that computes on `backend`.
  public init(classes: Int, backend: any KernelBackend<Scalar>) {
    self.classes = classes
    self.backend = backend
  }

  /// Computes the sums over a minibatch, and the gradient of its mean loss.
  ///
  /// - Parameters:
  ///   - examples: N, the number of examples.
  ///   - logits: z, `[classes, N]`.
  ///   - labels: `[N]`.
  ///   - gradient: ∂L/∂z, `[classes, N]`, overwritten; `nil` if nobody needs it.
  /// - Returns: The summed loss, and the number of examples whose largest logit is the label's.
  /// - Precondition: Each label is in `0..<classes`.
  public func sums(
    examples: Int, logits: UnsafePointer<Scalar>, labels: UnsafePointer<Int32>,
    gradient: UnsafeMutablePointer<Scalar>?
  ) -> ClassificationSums {
    for index in 0..<examples {
      precondition(
        labels[index] >= 0 && labels[index] < classes,
        "label \(labels[index]) of example \(index) is outside the \(classes) classes")
    }
    return backend.softmaxCrossEntropy(
      examples: examples, classes: classes, logits: logits, labels: labels, gradientScale: 1 / Scalar(examples),
      gradient: gradient)
  }
}
