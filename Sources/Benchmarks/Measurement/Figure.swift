/// A quantity that was measured once or several times.
struct Figure: Hashable, Sendable {
  /// The median; of an even number of samples, the mean of the two in the middle.
  let median: Double
  /// The least sample.
  let minimum: Double
  /// The largest sample.
  let maximum: Double
  /// Whether there was more than one sample.
  let isRepeated: Bool

  /// Creates a figure of the samples.
  ///
  /// - Precondition: There is at least one.
  init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "there is no figure without a sample")
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
    isRepeated = sorted.count > 1
  }

  /// Creates a figure that was summed up elsewhere.
  init(median: Double, minimum: Double, maximum: Double) {
    self.median = median
    self.minimum = minimum
    self.maximum = maximum
    isRepeated = true
  }

  /// Creates the figure of one measurement.
  init(_ value: Double) {
    self.init([value])
  }
}
