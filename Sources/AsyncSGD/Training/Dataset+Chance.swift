internal import DataPipeline

extension Dataset {
  /// The share of the most frequent class: the accuracy of always guessing it.
  ///
  /// 0 for an empty set.
  var largestClassShare: Double {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels { counts[Int(label)] += 1 }
    return Double(counts.max() ?? 0) / Double(max(1, count))
  }
}
