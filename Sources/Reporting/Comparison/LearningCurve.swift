/// How well a run did as it went on: its evaluations in order.
package struct LearningCurve: Hashable, Sendable {
  /// One evaluation.
  package struct Point: Hashable, Sendable {
    /// Examples trained on so far.
    package var examples: Int
    /// Updates applied so far.
    package var updates: Int
    /// Seconds of training so far, on the wall or virtual.
    package var seconds: Double
    /// Mean loss of the epoch's minibatches, in nats; `nil` within an epoch, and if there were none.
    package var trainLoss: Double?
    /// Mean loss over the test set, in nats.
    package var testLoss: Double
    /// Share of the test set classified correctly, 0…1.
    package var testAccuracy: Double

    /// Creates an evaluation.
    package init(
      examples: Int, updates: Int, seconds: Double, trainLoss: Double?, testLoss: Double, testAccuracy: Double
    ) {
      self.examples = examples
      self.updates = updates
      self.seconds = seconds
      self.trainLoss = trainLoss
      self.testLoss = testLoss
      self.testAccuracy = testAccuracy
    }

    /// Examples as a position on an axis.
    fileprivate var progress: Double { Double(examples) }
  }

  /// What the curve can be read along.
  package enum Axis: Hashable, Sendable {
    /// Examples, and so gradients: every minibatch makes one.
    case examples
    /// Seconds.
    case seconds
  }

  /// What can be read.
  package enum Quantity: Hashable, Sendable {
    /// Share of the test set classified correctly.
    case accuracy
    /// Mean loss over the test set.
    case loss
    /// Examples trained on.
    case examples
    /// Seconds of training.
    case seconds
  }

  /// The evaluations, none before its predecessor.
  package let points: [Point]

  /// Creates a curve; evaluations whose accuracy is no share, or which lie before their predecessor, are left out.
  package init(_ points: [Point]) {
    var kept: [Point] = []
    for point in points where (0...1).contains(point.testAccuracy) && point.seconds >= 0 && point.seconds.isFinite {
      if let last = kept.last, point.examples < last.examples || point.seconds < last.seconds { continue }
      kept.append(point)
    }
    self.points = kept
  }

  /// The last position along `axis`; `nil` of a curve without evaluations.
  package func end(along axis: Axis) -> Double? {
    points.last?[keyPath: Self.position(axis)]
  }

  /// Returns a quantity at a position, linear between evaluations; `nil` outside of them, or where it is not finite.
  package func value(of quantity: Quantity, at position: Double, along axis: Axis) -> Double? {
    let x = Self.position(axis)
    let y = Self.value(quantity)
    guard let index = points.firstIndex(where: { $0[keyPath: x] >= position }) else { return nil }
    let next = points[index]
    if next[keyPath: x] == position { return finite(next[keyPath: y]) }
    guard index > 0 else { return nil }
    let previous = points[index - 1]
    let share = (position - previous[keyPath: x]) / (next[keyPath: x] - previous[keyPath: x])
    return finite(previous[keyPath: y] + share * (next[keyPath: y] - previous[keyPath: y]))
  }

  /// Returns where the accuracy first reaches `target`, linear between evaluations; `nil` if it never does.
  package func crossing(_ target: Double, along axis: Axis) -> Double? {
    let x = Self.position(axis)
    guard let index = points.firstIndex(where: { $0.testAccuracy >= target }) else { return nil }
    let next = points[index]
    guard index > 0 else { return next[keyPath: x] }
    let previous = points[index - 1]
    let share = (target - previous.testAccuracy) / (next.testAccuracy - previous.testAccuracy)
    return previous[keyPath: x] + share * (next[keyPath: x] - previous[keyPath: x])
  }

  private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  private static func position(_ axis: Axis) -> KeyPath<Point, Double> {
    switch axis {
    case .examples: \.progress
    case .seconds: \.seconds
    }
  }

  private static func value(_ quantity: Quantity) -> KeyPath<Point, Double> {
    switch quantity {
    case .accuracy: \.testAccuracy
    case .loss: \.testLoss
    case .examples: \.progress
    case .seconds: \.seconds
    }
  }
}
