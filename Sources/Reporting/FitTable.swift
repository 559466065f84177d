public import AsyncSGD

/// What a fit found, for standard output: what was measured, how near each candidate came, and the script of the fit.
public struct FitTable: Sendable, CustomStringConvertible {
  /// The families of durations that are shown.
  private static let mostFamilies = 3

  private let fit: ClusterFit
  private let fitted: FittedScript?
  private let leftOut: [String]

  /// Creates the table of a fit.
  ///
  /// - Parameters:
  ///   - fit: The fit.
  ///   - fitted: The script of its best candidate; `nil` if that needs files that are not written.
  ///   - leftOut: What the recorded run had and a fitted cluster has not, each in words such as `3 crashes`.
  public init(_ fit: ClusterFit, script fitted: FittedScript?, leftOut: [String] = []) {
    self.fit = fit
    self.fitted = fitted
    self.leftOut = leftOut
  }

  /// The table, a blank line, and the script.
  public var description: String {
    rows.map { $0.name + String(repeating: " ", count: max(2, 19 - $0.name.count)) + $0.value + "\n" }.joined()
      + choice + warnings.map { "warning: \($0)\n" }.joined() + (script.map { "\n\($0)\n" } ?? "")
  }

  /// The script of the fitted cluster, with comments on what it leaves out; `nil` if there is none.
  public var script: String? {
    fitted.map { (warnings.map { "# \($0)." } + [$0.text]).joined(separator: "\n") }
  }

  private var warnings: [String] {
    leftOut.isEmpty
      ? []
      : [
        "the recorded run had \(leftOut.joined(separator: ", ")), which a fitted cluster has not: what that did to its times "
          + "counts as computing or service, or is left out"
      ]
  }

  /// How the candidate was chosen.
  private var choice: String {
    let eligible =
      fit.keepsPace
      ? "Of those that go as fast as the run, within \(NumberText.fixed(ClusterFit.largestLag * 100, digits: 0)) %,"
      : "None goes as fast as the run; of all,"
    var text =
      "\(eligible) the first in this order is chosen that is as near to the recorded staleness\nas the nearest, within "
      + "\(NumberText.fixed(fit.noise, digits: 3)), which may be chance: those above assume less. "
      + "Thinking is what a worker does\nfrom the server's answer to its next push.\n"
    if let fitted, !fitted.files.isEmpty {
      text +=
        "Measured times have no words in a script: it names files that hold them, "
        + fitted.files.map { "'\($0.path)'" }.joined(separator: " and ") + ".\n"
    } else if fitted == nil {
      text +=
        "Measured times have no words in a script, so there is none here: '--output FILE' writes it, and the times\n"
        + "beside it.\n"
    }
    return text
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
    if let halves = timings.halvesDistance {
      rows.append(
        ("halves", "\(NumberText.fixed(halves, digits: 3)) between the first and the second half of the recording"))
    }
    rows.append(("pace", "\(Self.milliseconds(fit.best.secondsPerPush)) from push to push"))
    rows.append(("candidates", "distance  push to push"))
    for structure in ClusterFit.Structure.allCases {
      guard let candidate = fit.candidates.first(where: { $0.structure == structure }) else { continue }
      let pace = Self.milliseconds(candidate.secondsPerPush)
      rows.append(
        (
          (structure == fit.best.structure ? "* " : "  ") + structure.rawValue,
          "   " + NumberText.fixed(candidate.distance, digits: 3)
            + String(repeating: " ", count: max(2, 14 - pace.count))
            + pace + "  " + structure.summary
        ))
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

extension ClusterFit.Structure {
  /// What it assumes, in a few words.
  fileprivate var summary: String {
    switch self {
    case .fitted: "thinking and service of the families that fit them best"
    case .measured: "thinking and service drawn from what was measured"
    case .server: "gamma thinking, and a server that takes one push at a time"
    case .independent: "gamma cycles from push to push, and nothing shared"
    case .cores: "gamma calculations, on a few cores taken in turns"
    }
  }
}
