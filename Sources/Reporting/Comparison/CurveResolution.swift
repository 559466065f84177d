/// Whether curves are known well enough to be read between their evaluations.
///
/// Between two evaluations a curve is taken for a straight line. A curve that bends, as accuracies do at first, is far from
/// that, and for each cell in another way; so where evaluations are few or far apart, nothing is said rather than something
/// wrong.
enum CurveResolution {
  /// The fewest evaluations after the first one.
  static let fewestEvaluations = 5
  /// The largest difference in accuracy of the two evaluations between which a curve is read.
  static let widestStep = 0.05

  /// Finds out whether curves can be read.
  ///
  /// - Parameters:
  ///   - runs: The runs whose curves are read.
  ///   - step: Returns the difference in accuracy of the evaluations around the point, `nil` where nothing is read.
  /// - Returns: Why they cannot, in words that follow "because"; `nil` if they can.
  static func doubt(of runs: [ComparisonRun], step: (LearningCurve) -> Double?) -> String? {
    // From a curve without evaluations nothing is read.
    let read = runs.filter { !$0.curve.points.isEmpty }
    if let shortest = read.min(by: { $0.curve.points.count < $1.curve.points.count }) {
      let evaluations = shortest.curve.points.count - 1
      if evaluations < fewestEvaluations {
        let times = evaluations == 1 ? "once" : "\(evaluations) times"
        return "\(shortest.cell.algorithm) was evaluated \(times) after the start, and it takes "
          + "\(fewestEvaluations) evaluations to read a curve in between: '--evaluations-per-epoch' gives more"
      }
    }
    let widest = read.compactMap { step($0.curve) }.max() ?? 0
    // An allowance for rounding, far below what an accuracy resolves.
    guard widest > widestStep + 1e-9 else { return nil }
    return "the evaluations around it differ by up to \(NumberText.fixed(widest * 100, digits: 1)) points of accuracy, "
      + "and more than \(NumberText.fixed(widestStep * 100, digits: 0)) do not say what is in between: '--evaluations-per-epoch' gives more of them"
  }
}

extension LearningCurve {
  /// Returns the difference in accuracy of the evaluations around a position; 0 at an evaluation, `nil` outside of all.
  func step(at position: Double, along axis: Axis) -> Double? {
    let places = points.map { axis == .seconds ? $0.seconds : Double($0.examples) }
    guard let index = places.firstIndex(where: { $0 >= position }) else { return nil }
    if places[index] == position { return 0 }
    return index > 0 ? abs(points[index].testAccuracy - points[index - 1].testAccuracy) : nil
  }

  /// Returns the difference in accuracy of the evaluations between which `target` is first reached; 0 at an evaluation,
  /// `nil` if it never is.
  func step(to target: Double) -> Double? {
    guard let index = points.firstIndex(where: { $0.testAccuracy >= target }) else { return nil }
    guard index > 0, points[index].testAccuracy > target else { return 0 }
    return points[index].testAccuracy - points[index - 1].testAccuracy
  }
}
