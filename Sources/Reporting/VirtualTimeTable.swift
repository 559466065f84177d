public import AsyncSGD

/// What a run in virtual time says of the cluster, for standard output.
public struct VirtualTimeTable: Sendable, CustomStringConvertible {
  private let rows: [(name: String, value: String)]

  /// Creates the table of a run with gradients.
  public init(_ report: SimulationReport) {
    rows = Self.rows(
      seconds: report.seconds, updates: report.final.last.updates, events: report.events,
      usageByWorker: report.usageByWorker, server: report.server, faults: report.faults)
  }

  /// Creates the table of a run without gradients.
  public init(_ report: TimingReport) {
    let staleness = report.staleness.summary
    var rows = [
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
    self.rows =
      rows
      + Self.rows(
        seconds: report.seconds, updates: report.updates, events: report.events, usageByWorker: report.usageByWorker,
        server: report.server, faults: report.faults)
  }

  /// The table, each line with its newline.
  public var description: String {
    rows.map { $0.name + String(repeating: " ", count: max(2, 19 - $0.name.count)) + $0.value + "\n" }.joined()
  }

  private static func rows(
    seconds: Double, updates: Int, events: Int, usageByWorker: [WorkerUsage], server: ServerUsage, faults: FaultCounts
  ) -> [(name: String, value: String)] {
    let pace = seconds > 0 ? "\(NumberText.rate(Double(updates) / seconds)) updates/s" : "-"
    var rows = [
      ("virtual time", "\(NumberText.fixed(seconds, digits: 3)) s"), ("virtual pace", pace),
      ("events", NumberText.count(events)),
      ("workers compute", shares(usageByWorker, \.computing)),
    ]
    func add(_ name: String, _ part: KeyPath<WorkerUsage, Double>) {
      if usageByWorker.contains(where: { $0[keyPath: part] > 0 }) { rows.append((name, shares(usageByWorker, part))) }
    }
    add("wait for others", \.waiting)
    add("deal with server", \.dealing)
    add("wait for a core", \.queueing)
    add("paused", \.paused)
    add("down", \.down)
    if server.busy > 0, seconds > 0 {
      rows.append(("server busy", NumberText.percent(server.busy / seconds)))
    }
    if server.queueing > 0, server.arrivals > 0 {
      let wait = server.queueing / Double(server.arrivals) * 1000
      rows.append(("queue at server", "\(NumberText.fixed(wait, digits: 3)) ms a push"))
    }
    let struck = [
      (faults.crashes, "crashes"), (faults.joins, "joins"), (faults.pauses, "pauses"),
      (faults.lostPushes, "lost pushes"), (faults.duplicatedPushes, "doubled pushes"),
    ].filter { $0.0 > 0 }.map { "\(NumberText.count($0.0)) \($0.1)" }
    if !struck.isEmpty { rows.append(("faults", struck.joined(separator: ", "))) }
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
