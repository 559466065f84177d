public import AsyncSGD

/// The results of a run, for standard output.
///
/// Each line is a name and a value, two or more spaces apart; names and their order do not change from run to run, but
/// lines of what did not happen or does not apply are left out.
/// Lines without a name go on with the one before: the shares of each staleness, and figures of each worker, where there
/// are not too many.
public struct SummaryTable: Sendable, CustomStringConvertible {
  /// Workers whose updates are listed one by one.
  private static let mostWorkersListed = 16

  private let report: FinalReport

  /// Creates the table of `report`.
  public init(_ report: FinalReport) {
    self.report = report
  }

  /// The table, each line with its newline.
  public var description: String {
    let rows = rows
    let nameWidth = rows.map(\.name.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: nameWidth - name.count + 2) + value + "\n"
    }.joined()
  }

  private var rows: [(name: String, value: String)] {
    let last = report.last
    let staleness = last.staleness
    var rows = [
      ("outcome", outcome),
      ("test accuracy", NumberText.percent(last.testAccuracy)),
      ("test loss", NumberText.loss(last.testLoss)),
      ("train loss", last.trainLoss.map(NumberText.loss) ?? "-"),
      ("time", time),
      ("throughput", "\(NumberText.rate(last.examplesPerSecond)) examples/s"),
      ("examples", NumberText.count(last.examples)),
      ("updates", NumberText.count(last.updates)),
      (
        "staleness",
        "mean \(NumberText.fixed(staleness.mean, digits: 2))  p50 \(staleness.p50)  p95 \(staleness.p95)  "
          + "p99 \(staleness.p99)  max \(staleness.max)"
      ),
    ]
    rows += stalenessRows
    rows.append(("updates by worker", updatesByWorker))
    if (2...Self.mostWorkersListed).contains(report.updatesByWorker.count) {
      rows.append(("", report.updatesByWorker.map(String.init).joined(separator: " ")))
    }
    rows += figureRows
    if let faults = report.faults { rows.append(("faults", faults.text)) }
    if !report.warnings.isEmpty { rows.append(("warnings", warnings)) }
    rows.append(("parameters", NumberText.count(report.run.parameters)))
    rows.append(("parameters hash", report.parametersHash))
    rows.append(("peak memory", NumberText.bytes(report.peakMemoryBytes)))
    return rows
  }

  /// The distribution of the staleness, overall and by worker, where gradients may be stale.
  private var stalenessRows: [(name: String, value: String)] {
    let figures = report.last.figures
    guard report.run.hasStaleness else { return [] }
    let shares = TextHistogram(figures.stalenessBins, p99: report.last.staleness.p99).lines
    var values = shares.enumerated().map { (name: $0 == 0 ? "staleness shares" : "", value: $1) }
    if let residual = figures.stalenessLawResidual {
      values.append(("staleness law", residual == 0 ? "holds" : "off by \(residual)"))
    }
    let workers = figures.stalenessByWorker
    guard workers.count > 1 else { return values + observationRows }
    for (index, (name, quantile)) in [("p50", \StalenessSummary.p50), ("p95", \.p95)].enumerated() {
      let each = workers.map { $0[keyPath: quantile] }
      // A worker without an update has no staleness.
      let sorted = zip(each, report.updatesByWorker).filter { $1 > 0 }.map(\.0).sorted()
      guard !sorted.isEmpty else { continue }
      let text =
        each.count <= Self.mostWorkersListed
        ? each.map(String.init).joined(separator: " ")
        : "min \(sorted[0])  median \(sorted[(sorted.count - 1) / 2])  max \(sorted[sorted.count - 1])"
      values.append((name: index == 0 ? "worker staleness" : "", value: "\(name)  \(text)"))
    }
    return values + observationRows
  }

  /// What else was measured of asynchrony.
  private var observationRows: [(name: String, value: String)] {
    guard let observations = report.last.figures.observations else { return [] }
    let quantities: [(name: String, histogram: ValueHistogram, text: (Double) -> String)] = [
      ("parameter gap", observations.gap, NumberText.scientific),
      ("stale and fresh", observations.cosine, NumberText.scientific),
      ("queue wait", observations.queueWait, NumberText.time),
    ]
    var rows = quantities.compactMap { name, histogram, text in
      Self.quantiles(of: histogram, text).map { (name: name, value: $0) }
    }
    if let occupancy = observations.serverOccupancy {
      rows.append(("server busy", "\(NumberText.percent(occupancy)) of the time"))
    }
    if observations.versionGap.count > 0 {
      let gap = observations.versionGap
      let figures = "p50 \(gap.quantile(0.5))  p95 \(gap.quantile(0.95))  max \(gap.max)"
      rows.insert((name: "version gap", value: "mean \(NumberText.fixed(gap.mean, digits: 2))  \(figures)"), at: 0)
    }
    return rows
  }

  /// The mean of a quantity and how it is distributed; `nil` if it was not measured.
  static func quantiles(of histogram: ValueHistogram, _ text: (Double) -> String) -> String? {
    guard let mean = histogram.mean, let middle = histogram.quantile(0.5), let most = histogram.quantile(0.95),
      let largest = histogram.largest
    else { return nil }
    return [("mean", mean), ("p50", middle), ("p95", most), ("max", largest)].map { "\($0) \(text($1))" }
      .joined(separator: "  ")
  }

  /// What became of the pushes beside updates; nothing in most runs.
  private var figureRows: [(name: String, value: String)] {
    let figures = report.last.figures
    var rows: [(name: String, value: String)] = []
    if report.refusedPushes > 0 { rows.append(("refused pushes", NumberText.count(report.refusedPushes))) }
    let drops = [(DropReason.late, "late"), (.tooStale, "too stale")].compactMap { reason, name in
      figures.dropped(reason) > 0 ? "\(NumberText.count(figures.dropped(reason))) \(name)" : nil
    }
    if !drops.isEmpty { rows.append(("dropped pushes", drops.joined(separator: ", "))) }
    if figures.abandoned > 0 { rows.append(("abandoned", "\(NumberText.count(figures.abandoned)) calculations")) }
    if report.run.compression != CompressionKind.none.rawValue {
      let ratio = figures.compressionRatio.map { ", \(NumberText.fixed($0, digits: 1)) times less than uncompressed" }
      rows.append(("pushed", NumberText.bytes(figures.pushedBytes) + (ratio ?? "")))
    }
    if let consistency = figures.consistency { rows += self.rows(of: consistency) }
    if let momentum = figures.momentum {
      let wanted = NumberText.exact(report.run.momentum)
      rows.append(("momentum", "\(NumberText.fixed(momentum, digits: 4)), for a total of \(wanted)"))
    }
    return rows
  }

  /// What was given up of consistency.
  private func rows(of consistency: ConsistencyRecord) -> [(name: String, value: String)] {
    let pulls = "\(NumberText.percent(consistency.mixedShare)) of \(NumberText.count(consistency.pulls))"
    let spread =
      consistency.mixedPulls > 0 ? ", at most \(NumberText.count(consistency.largestSpread)) updates apart" : ""
    var rows = [(name: "mixed pulls", value: pulls + spread)]
    if consistency.watchedUpdates > 0 {
      // The count too, because the share may round to 0.
      let lost = "\(NumberText.count(consistency.lostUpdates)) (\(NumberText.percent(consistency.lostShare)))"
      rows.append(("lost updates", "\(lost) of \(NumberText.count(consistency.watchedUpdates)) that were watched"))
    }
    return rows
  }

  private var outcome: String {
    let updates = "\(NumberText.count(report.last.updates)) of \(NumberText.count(report.run.plannedUpdates)) updates"
    switch report.outcome {
    case .completed: return "completed"
    case .interrupted: return "interrupted after \(updates)"
    case .deserted: return "no worker was left after \(updates)"
    case .diverged(let divergence): return "diverged after \(updates), in \(divergence.parameter)"
    }
  }

  /// What deserved attention, in the order in which it was seen.
  private var warnings: String {
    report.warnings.map { "\($0.symptom.summary) at update \(NumberText.count($0.update))" }.joined(separator: ", ")
  }

  private var time: String {
    let seconds = report.last.seconds
    let exact = "\(NumberText.fixed(seconds, digits: 2)) s"
    return seconds < 60 ? exact : "\(exact) (\(NumberText.duration(seconds)))"
  }

  private var updatesByWorker: String {
    let updates = report.updatesByWorker.sorted()
    guard let least = updates.first, let most = updates.last else { return "-" }
    return updates.count == 1
      ? "\(least)" : "min \(least)  median \(updates[(updates.count - 1) / 2])  max \(most)"
  }
}
