public import AsyncSGD

/// What a fit found, for standard output: what was measured, how near each candidate came, and the script of the fit.
public struct FitTable: Sendable, CustomStringConvertible {
  /// The families of durations that are shown.
  private static let mostFamilies = 3

  private let fit: ClusterFit

  /// Creates the table of a fit.
  public init(_ fit: ClusterFit) {
    self.fit = fit
  }

  /// The table, a blank line, and the script.
  public var description: String {
    rows.map { $0.name + String(repeating: " ", count: max(2, 19 - $0.name.count)) + $0.value + "\n" }.joined()
      + "\n" + Self.script(of: fit) + "\n"
  }

  /// Returns the script of the fitted cluster.
  ///
  /// Durations that are drawn from what was measured have no words of their own; in their place stands the family that fits
  /// them best.
  public static func script(of fit: ClusterFit) -> String {
    let candidate = fit.candidates.first { $0.structure != .measured } ?? fit.best
    return candidate.cluster.description
  }

  private var rows: [(name: String, value: String)] {
    let timings = fit.timings
    let thinking = timings.thinking.flatMap(\.self)
    let mean = thinking.reduce(0, +) / Double(max(1, thinking.count))
    var rows = [
      ("pushes", NumberText.count(timings.pushes)),
      ("push to push", Self.milliseconds(timings.secondsPerPush)),
      ("compute and wait", "\(Self.milliseconds(mean)) a minibatch; \(Self.families(fit.computeFits))"),
    ]
    if !fit.serviceFits.isEmpty {
      rows.append(("server", "\(Self.milliseconds(timings.meanService)) a push; \(Self.families(fit.serviceFits))"))
    }
    rows.append(("recorded", Self.staleness(timings.staleness)))
    rows.append(("simulated", Self.staleness(fit.best.staleness)))
    rows.append(("distance", "\(NumberText.fixed(fit.best.distance, digits: 3)) (Kolmogorov-Smirnov, of staleness)"))
    rows.append(("pace", "\(Self.milliseconds(fit.best.secondsPerPush)) from push to push"))
    for structure in ClusterFit.Structure.allCases {
      guard let candidate = fit.candidates.first(where: { $0.structure == structure }) else { continue }
      let isBest = structure == fit.best.structure
      rows.append(
        ("  \(structure.rawValue)", NumberText.fixed(candidate.distance, digits: 3) + (isBest ? "  chosen" : "")))
    }
    return rows
  }

  private static func milliseconds(_ seconds: Double) -> String {
    "\(NumberText.fixed(seconds * 1000, digits: 3)) ms"
  }

  private static func families(_ fits: [DurationFit]) -> String {
    let texts = fits.prefix(mostFamilies).map { fit in
      let name = fit.model.description.prefix { $0 != ":" }
      return "\(name) \(NumberText.fixed(fit.distance, digits: 3))"
    }
    return "distance of " + texts.joined(separator: ", ")
  }

  private static func staleness(_ histogram: StalenessHistogram) -> String {
    let summary = histogram.summary
    return
      "mean \(NumberText.fixed(summary.mean, digits: 2))  p50 \(summary.p50)  p95 \(summary.p95)  p99 \(summary.p99)  "
      + "max \(summary.max)"
  }
}
