public import KernelInterface

extension ReferenceBackend {
  /// Computes the cross-entropy of the softmax of each example, in nats, and its gradient with respect to the logits.
  ///
  /// - Precondition: Every label is in `0..<classes`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Scalar>, labels: UnsafePointer<Int32>, gradientScale: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?
  ) -> ClassificationSums {
    var sums = ClassificationSums()
    for i in 0..<examples {
      let z = logits + i
      let label = Int(labels[i])
      precondition(label >= 0 && label < classes, "label \(label) of example \(i) is not in 0..<\(classes)")

      var largest = 0
      var holdsNaN = z[0].isNaN
      for j in 1..<max(classes, 1) {
        if z[j * examples].isNaN { holdsNaN = true }
        if z[j * examples] > z[largest * examples] { largest = j }
      }
      let shift = z[largest * examples]
      var total: Scalar = 0
      for j in 0..<classes {
        total += Scalar.exponential(z[j * examples] - shift)
      }
      sums.loss += Double(Scalar.logarithm(total)) - Double(z[label * examples] - shift)
      if largest == label, !holdsNaN { sums.correct += 1 }

      if let gradient {
        let dz = gradient + i
        for j in 0..<classes {
          let probability = Scalar.exponential(z[j * examples] - shift) / total
          dz[j * examples] = gradientScale * (probability - (j == label ? 1 : 0))
        }
      }
    }
    return sums
  }
}
