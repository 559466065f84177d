extension SIMDBackend {
  /// Computes the cross-entropy of the softmax of each row, in nats, and its gradient with respect to the logits.
  ///
  /// - Precondition: Every label is in `0..<classes`.
  public func softmaxCrossEntropy(
    rows: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> ClassificationSums {
    var sums = ClassificationSums()
    for i in 0..<rows {
      let z = logits + i * classes
      let label = Int(labels[i])
      precondition(label >= 0 && label < classes, "label \(label) of row \(i) is not in 0..<\(classes)")

      var largest = 0
      var holdsNaN = z[0].isNaN
      for j in 1..<classes {
        if z[j].isNaN { holdsNaN = true }
        if z[j] > z[largest] { largest = j }
      }
      let shift = z[largest]
      let labelled = z[label]
      let dz = gradient.map { $0 + i * classes }
      let total = sumOfExponentials(count: classes, input: z, shift: shift, output: dz)
      sums.loss += Double.logarithm(Double(total)) - Double(labelled - shift)
      if largest == label, !holdsNaN { sums.correct += 1 }

      if let dz {
        scaleVector(count: classes, factor: 1 / total, input: UnsafePointer(dz), output: dz)
        dz[label] -= 1
        scaleVector(count: classes, factor: gradientScale, input: UnsafePointer(dz), output: dz)
      }
    }
    return sums
  }
}
