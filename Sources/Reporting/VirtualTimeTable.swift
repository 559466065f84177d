public import AsyncSGD

/// What a run in virtual time says of the cluster, for standard output.
public struct VirtualTimeTable: Sendable, CustomStringConvertible {
  private let rows: [(name: String, value: String)]

  /// Creates the table of a run with gradients, without what its ``SummaryTable`` has: the line at the server, and faults.
  public init(_ report: SimulationReport) {
    rows = Self.rows(report.cluster, updates: report.final.last.updates)
  }

  /// Creates the table of a run without gradients.
  public init(_ report: TimingReport) {
    let staleness = report.staleness.summary
    var rows = report.isInterrupted ? [("outcome", "interrupted")] : []
    rows += [
      ("updates", NumberText.count(report.updates)), ("minibatches", NumberText.count(report.minibatches)),
      (
        "staleness",
        "mean \(NumberText.fixed(staleness.mean, digits: 2))  p50 \(staleness.p50)  p95 \(staleness.p95)  "
          + "p99 \(staleness.p99)  max \(staleness.max)"
      ),
    ]
    let drops = DropReason.allCases.compactMap { reason in
      report.drops[reason].flatMap { $0 > 0 ? "\(NumberText.count($0)) \(reason.rawValue)" : nil }
    }
    if !drops.isEmpty { rows.append(("dropped pushes", drops.joined(separator: ", "))) }
    if report.abandoned > 0 { rows.append(("abandoned", "\(NumberText.count(report.abandoned)) calculations")) }
    rows.append(
      ("staleness law", report.stalenessLawResidual.map { $0 == 0 ? "holds" : "off by \($0)" } ?? "does not apply"))
    if let waits = SummaryTable.quantiles(of: report.server.queueWait, NumberText.time) {
      rows.append(("queue wait", waits))
    }
    if let occupancy = report.cluster.serverOccupancy {
      rows.append(("server busy", "\(NumberText.percent(occupancy)) of the time"))
    }
    if !report.faults.isEmpty { rows.append(("faults", report.faults.text)) }
    self.rows = rows + Self.rows(report.cluster, updates: report.updates)
  }

  /// The table, each line with its newline.
  public var description: String {
    rows.map { $0.name + String(repeating: " ", count: max(2, 19 - $0.name.count)) + $0.value + "\n" }.joined()
  }

  private static func rows(_ cluster: ClusterFigures, updates: Int) -> [(name: String, value: String)] {
    let seconds = cluster.seconds
    let long = (60..<1e9).contains(seconds) ? " (\(NumberText.duration(seconds)))" : ""
    let pace = seconds > 0 ? Double(updates) / seconds : 0
    var rows = [
      ("virtual time", "\(NumberText.fixed(seconds, digits: 3)) s\(long)"),
      (
        "virtual pace",
        seconds > 0
          ? "\(pace < 9.5 ? NumberText.scientific(pace) : NumberText.rate(pace)) updates a virtual second" : "-"
      ),
      ("events", NumberText.count(cluster.events)),
      ("workers compute", shares(cluster.usageByWorker, \.computing)),
    ]
    func add(_ name: String, _ part: KeyPath<WorkerUsage, Double>) {
      guard cluster.usage[keyPath: part] > 0 else { return }
      rows.append((name, shares(cluster.usageByWorker, part)))
    }
    add("wait for others", \.waiting)
    let waits = cluster.usage.waits
    if waits > 0 {
      let mean = cluster.usage.waiting / Double(waits)
      rows.append(("", "\(NumberText.count(waits)) waits of \(NumberText.time(mean)) on average"))
    }
    add("deal with server", \.dealing)
    add("wait for a core", \.queueing)
    add("paused", \.paused)
    add("down", \.down)
    add("no minibatch left", \.retired)
    return rows
  }

  /// The shares of their time that workers spend on something.
  private static func shares(_ usages: [WorkerUsage], _ part: KeyPath<WorkerUsage, Double>) -> String {
    let shares = usages.map { $0.total > 0 ? $0[keyPath: part] / $0.total : 0 }.sorted()
    guard let least = shares.first, let most = shares.last else { return "-" }
    let mean = shares.reduce(0, +) / Double(shares.count)
    guard shares.count > 1 else { return "\(NumberText.percent(mean)) of the time" }
    return "\(NumberText.percent(mean)) of the time  min \(NumberText.percent(least))  max \(NumberText.percent(most))"
  }
}
