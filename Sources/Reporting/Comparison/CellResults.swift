internal import AsyncSGD

/// What the runs of one cell came to.
///
/// A run that did not go to its end has no accuracy at equal gradients or at equal time; it is counted instead. At the target
/// it counts as one that got there if it did before it ended.
package struct CellResults: Sendable {
  /// What was trained.
  package let cell: ComparisonCell
  /// Its runs, by rising seed.
  package let runs: [ComparisonRun]
  /// Accuracy at equal gradients, by seed.
  package let accuracyAtExamples: [UInt64: Double]
  /// Test loss at equal gradients, by seed.
  package let lossAtExamples: [UInt64: Double]
  /// Seconds until equal gradients, by seed.
  package let secondsAtExamples: [UInt64: Double]
  /// Accuracy at equal time, by seed.
  package let accuracyAtSeconds: [UInt64: Double]
  /// Gradients' examples at equal time, by seed.
  package let examplesAtSeconds: [UInt64: Double]
  /// The runs that reached the target.
  package let reached: Int
  /// Seconds until the target was reached, by seed; a run that never reached it is not in it, and none where curves are
  /// known too coarsely.
  package let secondsToTarget: [UInt64: Double]
  /// Examples until the target was reached, by seed.
  package let examplesToTarget: [UInt64: Double]

  /// Reads the curves at the places that a group has in common.
  ///
  /// - Parameters:
  ///   - cell: What was trained.
  ///   - runs: Its runs.
  ///   - examples: Where gradients are equal; `nil` for nowhere.
  ///   - seconds: Where the time is equal; `nil` for nowhere.
  ///   - target: The accuracy to reach; `nil` for none.
  ///   - timesTarget: Whether curves are known well enough to say when they reach it.
  init(
    _ cell: ComparisonCell, runs: [ComparisonRun], examples: Double?, seconds: Double?, target: Double?,
    timesTarget: Bool
  ) {
    self.cell = cell
    self.runs = runs.sorted { $0.seed < $1.seed }
    let finished = runs.filter { $0.outcome == .completed }
    func read(
      _ runs: [ComparisonRun], _ quantity: LearningCurve.Quantity, at position: Double?, _ axis: LearningCurve.Axis
    ) -> [UInt64: Double] {
      guard let position else { return [:] }
      return Self.bySeed(runs) { $0.curve.value(of: quantity, at: position, along: axis) }
    }
    accuracyAtExamples = read(finished, .accuracy, at: examples, .examples)
    lossAtExamples = read(finished, .loss, at: examples, .examples)
    secondsAtExamples = read(finished, .seconds, at: examples, .examples)
    accuracyAtSeconds = read(finished, .accuracy, at: seconds, .seconds)
    examplesAtSeconds = read(finished, .examples, at: seconds, .seconds)
    func crossings(_ axis: LearningCurve.Axis) -> [UInt64: Double] {
      guard let target else { return [:] }
      return Self.bySeed(runs) { $0.curve.crossing(target, along: axis) }
    }
    let seconds = crossings(.seconds)
    reached = seconds.count
    secondsToTarget = timesTarget ? seconds : [:]
    examplesToTarget = timesTarget ? crossings(.examples) : [:]
  }

  /// The runs that diverged.
  package var diverged: Int { runs.count { $0.outcome == .diverged } }

  /// The runs that ended because no worker was left.
  package var deserted: Int { runs.count { $0.outcome == .deserted } }

  /// Whether every run went to its end, and there is one.
  package var isSound: Bool { !runs.isEmpty && diverged + deserted == 0 }

  /// Whether every run diverged, and there are several: one shows nothing.
  var alwaysDiverges: Bool { runs.count > 1 && diverged == runs.count }

  /// How many runs did not go to their end, such as `1 diverged`; `nil` if all did.
  var losses: String? {
    let parts = [(diverged, "diverged"), (deserted, "without workers")].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// The variance that the difference between an accuracy and its rounding to whole examples has; 0 if their number is not
  /// known.
  ///
  /// An accuracy is a multiple of 1/N for N test examples. Rounding to such steps has the variance of an even distribution over
  /// one of them, 1/(12·N²).
  var roundingVariance: Double {
    let examples = runs.compactMap { $0.settings["testExamples"].flatMap(Double.init) }.filter { $0 > 0 }.min()
    return examples.map { 1 / (12 * $0 * $0) } ?? 0
  }

  /// Whether every run reached the target, and there is one.
  package var alwaysReaches: Bool { !runs.isEmpty && reached == runs.count }

  /// The mean time to the target; `nil` unless every run reached it, for a mean of only those that did would flatter.
  package var timeToTarget: Estimate? { alwaysReaches ? Estimate(secondsToTarget) : nil }

  /// The throughput of the runs that went to their end, in examples a second.
  package var throughput: Estimate? {
    Estimate(runs.filter { $0.outcome == .completed }.map(\.examplesPerSecond))
  }

  /// The mean staleness of the runs.
  package var staleness: Estimate? { Estimate(runs.map(\.staleness.mean)) }

  private static func bySeed(
    _ runs: [ComparisonRun], _ value: (ComparisonRun) -> Double?
  ) -> [UInt64: Double] {
    var values: [UInt64: Double] = [:]
    for run in runs { values[run.seed] = value(run) }
    return values
  }
}

extension Estimate {
  /// Estimates the mean over seeds.
  package init?(_ values: [UInt64: Double]) {
    self.init(values.sorted { $0.key < $1.key }.map(\.value))
  }

  /// Estimates the mean difference of `first` and `second` over the seeds that both have; `nil` if there are none.
  ///
  /// - Parameters:
  ///   - first: Values by seed.
  ///   - second: The others.
  ///   - leastVariance: What the values' variance is at least, because they are known no better.
  package init?(pairing first: [UInt64: Double], with second: [UInt64: Double], leastVariance: Double = 0) {
    self.init(
      first.keys.sorted().compactMap { seed in second[seed].map { (first[seed] ?? 0) - $0 } },
      leastVariance: leastVariance)
  }
}

/// Two cells side by side, seed by seed: the same initial parameters and the same order of the examples.
package struct Matchup: Hashable, Sendable {
  /// How much more accurate the first is at equal gradients.
  package let accuracyAtExamples: Estimate?
  /// How much larger the test loss of the first is at equal gradients, in nats.
  package let lossAtExamples: Estimate?
  /// How many times as long the second takes for the same gradients.
  package let throughput: RatioEstimate?
  /// How much more accurate the first is at equal time.
  package let accuracyAtSeconds: Estimate?
  /// How many times as long the second takes to the target; `nil` unless all runs of both reach it.
  package let speedUp: RatioEstimate?

  /// Pairs two cells of one group.
  package init(_ first: CellResults, against second: CellResults) {
    let rounding = first.roundingVariance + second.roundingVariance
    accuracyAtExamples = Estimate(
      pairing: first.accuracyAtExamples, with: second.accuracyAtExamples, leastVariance: rounding)
    lossAtExamples = Estimate(pairing: first.lossAtExamples, with: second.lossAtExamples)
    throughput = Self.ratio(second.secondsAtExamples, to: first.secondsAtExamples)
    accuracyAtSeconds = Estimate(
      pairing: first.accuracyAtSeconds, with: second.accuracyAtSeconds, leastVariance: rounding)
    speedUp =
      first.alwaysReaches && second.alwaysReaches
      ? Self.ratio(second.secondsToTarget, to: first.secondsToTarget) : nil
  }

  private static func ratio(_ first: [UInt64: Double], to second: [UInt64: Double]) -> RatioEstimate? {
    RatioEstimate(
      first.keys.sorted().compactMap { seed in
        second[seed].map { (numerator: first[seed] ?? 0, denominator: $0) }
      })
  }
}
