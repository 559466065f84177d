/// The mean of a cell's curves, place by place.
struct MeanCurve {
  /// Places between which a curve over time is drawn straight.
  private static let steps = 48

  /// The places, from left to right.
  let points: [LinePlot.Series.Point]

  /// Averages the accuracy of the runs that went to their end, as far as all of them go.
  ///
  /// Along the examples, runs are evaluated at the same places, which are marked. Along the time each run has its own; the
  /// curves are read at regular places instead.
  init(_ runs: [ComparisonRun], along axis: LearningCurve.Axis, marks: Int) {
    let curves = runs.filter { $0.outcome == .completed }.map(\.curve)
    let starts = curves.compactMap { $0.points.first.map { axis == .examples ? Double($0.examples) : $0.seconds } }
    let ends = curves.compactMap { $0.end(along: axis) }
    guard let start = starts.max(), let end = ends.min(), end >= start else {
      points = []
      return
    }
    let places: [Double] =
      switch axis {
      case .examples:
        Set(curves.flatMap { $0.points.map { Double($0.examples) } }).filter { (start...end).contains($0) }.sorted()
      case .seconds:
        end > start
          ? (0...Self.steps).map { $0 == Self.steps ? end : start + (end - start) * Double($0) / Double(Self.steps) }
          : [start]
      }
    points = places.enumerated().compactMap { index, place in
      let estimate = Estimate(curves.compactMap { $0.value(of: .accuracy, at: place, along: axis) })
      guard let estimate else { return nil }
      let band = estimate.interval.map { $0.clamped(to: 0...1) }
      return LinePlot.Series.Point(
        x: place, y: estimate.mean, band: band, isMarked: axis == .examples || index % 12 == 2 * (marks % 6))
    }
  }
}
