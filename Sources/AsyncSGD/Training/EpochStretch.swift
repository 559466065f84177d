/// Minibatches of an epoch, one after another, that the same workers train on.
struct EpochStretch: Hashable, Sendable {
  /// The minibatches.
  var minibatches: Range<Int>
  /// The workers that take part.
  var workers: Range<Int>
  /// Those of them who were left out until now, and so begin with the latest parameters.
  var joining: Range<Int>
}

extension TrainingConfiguration {
  /// Cuts the rest of an epoch where other workers join.
  ///
  /// In a warm start the first worker trains alone, so that the parameters have left the region where gradients are large
  /// and point anywhere before any of them is stale.
  ///
  /// Sources: Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012.
  ///
  /// - Parameters:
  ///   - epoch: The number of the epoch, from 0.
  ///   - first: The minibatch that it begins or goes on with.
  ///   - plan: How an epoch is cut into minibatches.
  /// - Returns: One stretch or two, of all minibatches from `first` on.
  func stretches(ofEpoch epoch: Int, from first: Int, plan: EpochPlan) -> [EpochStretch] {
    let end = plan.minibatches
    let warmStart = mode == .async ? Int((number(.warmStart) * Double(end)).rounded()) : 0
    // Counted from this epoch's first minibatch: below 0 once the warm start is over.
    let alone = warmStart - epoch * end
    let together = max(first, min(alone, end))
    var stretches: [EpochStretch] = []
    if together > first {
      stretches.append(EpochStretch(minibatches: first..<together, workers: 0..<1, joining: 0..<0))
    }
    if together < end || stretches.isEmpty {
      let joining = alone >= 0 && together == alone && warmStart > 0 ? 1..<workers : 0..<0
      stretches.append(EpochStretch(minibatches: together..<end, workers: 0..<workers, joining: joining))
    }
    return stretches
  }
}
