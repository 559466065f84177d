public import AsyncSGD

/// A recording as text: the settings of its run, a line for each event, and what it amounts to.
public struct RecordingTable: Sendable {
  /// Workers that have a line each.
  private static let mostWorkersListed = 64

  private let recording: Recording
  private let hasShards: Bool
  private let widths: Widths

  private struct Widths {
    var sequence: Int
    var time: Int
    var worker: Int
    var version: Int
    var minibatches: Int
  }

  /// Creates the table of `recording`.
  public init(_ recording: Recording) {
    self.recording = recording
    let events = recording.events
    hasShards = events.contains { event in if case .push(let push) = event { push.shard > 0 } else { false } }
    widths = Widths(
      sequence: max(5, "\(events.count)".count),
      time: max(10, Self.seconds(events.lazy.compactMap(\.microseconds).max() ?? 0).count),
      worker: max(6, "\(events.lazy.compactMap(\.worker).max() ?? 0)".count),
      version: max(7, "\(events.lazy.compactMap(\.version).max() ?? 0)".count),
      minibatches: max(11, events.lazy.map { Self.minibatches($0).count }.max() ?? 0))
  }

  // MARK: The run

  /// What is needed to repeat the run, a setting a line.
  public func header(path: String) -> String {
    var rows = [("recording", path)]
    if let state = recording.header.state {
      rows.append(
        (
          "resumed at",
          "update \(NumberText.count(state.version)), \(NumberText.count(state.epoch)) epochs and "
            + "\(NumberText.count(state.nextMinibatch)) minibatches done"
        ))
    }
    rows += recording.header.settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return Self.aligned(rows)
  }

  // MARK: Events

  /// The names of the columns.
  public var columns: String {
    row(
      sequence: "event", time: "seconds", worker: "worker", shard: "shard", pulled: "pulled", version: "version",
      staleness: "stale", minibatches: "minibatches", compute: "compute ms", wait: "wait ms", loss: "loss",
      what: "what")
  }

  /// The line of an event; `sequence` is its number in the recording.
  public func line(_ event: RecordedEvent, sequence: Int) -> String {
    let time = event.microseconds.map(Self.seconds) ?? ""
    let worker = event.worker.map { "\($0)" } ?? ""
    let version = event.version.map { "\($0)" } ?? ""
    guard case .push(let push) = event else {
      return row(
        sequence: "\(sequence)", time: time, worker: worker, shard: Self.shard(event), version: version,
        minibatches: Self.minibatches(event), what: event.text)
    }
    return row(
      sequence: "\(sequence)", time: time, worker: worker, shard: "\(push.shard)", pulled: "\(push.baseVersion)",
      version: version, staleness: "\(push.staleness)", minibatches: Self.minibatches(event),
      compute: Self.milliseconds(push.pushedAt - push.startedAt),
      wait: Self.milliseconds(push.arrivedAt - push.pushedAt), loss: NumberText.loss(Double(push.loss)),
      what: event.text)
  }

  private func row(
    sequence: String, time: String, worker: String, shard: String, pulled: String = "", version: String,
    staleness: String = "", minibatches: String, compute: String = "", wait: String = "", loss: String = "",
    what: String
  ) -> String {
    var cells = [(sequence, widths.sequence), (time, widths.time), (worker, widths.worker)]
    if hasShards { cells.append((shard, 5)) }
    cells += [
      (pulled, widths.version), (version, widths.version), (staleness, 5), (minibatches, widths.minibatches),
      (compute, 10), (wait, 9), (loss, 8),
    ]
    return cells.map { Self.padded($0.0, $0.1) }.joined(separator: " ") + "  " + what + "\n"
  }

  // MARK: The sum

  /// What the recording amounts to.
  public func summary(_ summary: RecordingSummary) -> String {
    var rows = [("complete", completeness(summary))]
    rows.append(("events", NumberText.count(recording.events.count)))
    rows.append(("time", "\(NumberText.fixed(summary.seconds, digits: 3)) s"))
    rows.append(("updates", NumberText.count(summary.updates)))
    if let rate = summary.updatesPerSecond { rows.append(("server", "\(NumberText.rate(rate)) updates/s")) }
    rows.append(("pushes", pushes(summary)))
    if summary.shards > 1 { rows.append(("shards", "\(summary.shards)")) }
    if !summary.faults.isEmpty {
      let faults = RecordedFault.Kind.allCases.compactMap { kind in
        summary.faults[kind].map { "\(NumberText.count($0)) × \(kind.text)" }
      }
      rows.append(("faults", faults.joined(separator: ", ")))
    }
    if summary.epochs > 0 { rows.append(("epochs", "\(summary.epochs)")) }
    if let staleness = summary.staleness { rows.append(("staleness", Self.text(staleness))) }
    if let law = summary.law { rows.append(("law of staleness", Self.text(law))) }
    if let end = summary.end { rows.append(("fingerprint", hexadecimal(end.hash))) }
    return Self.aligned(rows) + workers(summary)
  }

  private func completeness(_ summary: RecordingSummary) -> String {
    guard summary.end == nil else { return "yes" }
    let rest = recording.discardedBytes
    let unfinished = rest > 0 ? "; \(NumberText.count(rest)) bytes of an unfinished block are left out" : ""
    return "no, the run was cut off" + unfinished
  }

  private func pushes(_ summary: RecordingSummary) -> String {
    var parts = [NumberText.count(summary.pushes)]
    if summary.queued > 0 { parts.append("\(NumberText.count(summary.queued)) of them queued") }
    for reason in DropReason.allCases {
      if let count = summary.drops[reason] { parts.append("\(NumberText.count(count)) dropped: \(reason.text)") }
    }
    return parts.joined(separator: ", ")
  }

  /// A line for each worker.
  private func workers(_ summary: RecordingSummary) -> String {
    guard !summary.workers.isEmpty else { return "" }
    var lines = [["worker", "pushes", "dropped", "stale mean", "p50", "p95", "p99", "max", "compute ms", "wait ms"]]
    for worker in summary.workers.prefix(Self.mostWorkersListed) {
      let staleness = worker.staleness
      lines.append([
        "\(worker.worker)", "\(worker.pushes)", "\(worker.dropped)",
        staleness.map { NumberText.fixed($0.mean, digits: 2) } ?? "-", staleness.map { "\($0.p50)" } ?? "-",
        staleness.map { "\($0.p95)" } ?? "-", staleness.map { "\($0.p99)" } ?? "-",
        staleness.map { "\($0.max)" } ?? "-", NumberText.fixed(worker.computeSeconds * 1e3, digits: 3),
        NumberText.fixed(worker.queueSeconds * 1e3, digits: 3),
      ])
    }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let more = summary.workers.count - Self.mostWorkersListed
    return "\n"
      + lines.map { line in zip(line, widths).map { Self.padded($0, $1) }.joined(separator: "  ") + "\n" }.joined()
      + (more > 0 ? "and \(NumberText.count(more)) more workers\n" : "")
  }

  // MARK: Text

  private static func text(_ staleness: StalenessSummary) -> String {
    "mean \(NumberText.fixed(staleness.mean, digits: 2))  p50 \(staleness.p50)  p95 \(staleness.p95)  "
      + "p99 \(staleness.p99)  max \(staleness.max)"
  }

  private static func text(_ law: RecordedStalenessLaw) -> String {
    let unused = law.unused == 0 ? "" : " + \(NumberText.count(law.unused)) unused"
    let sums = "staleness \(NumberText.count(law.applied))\(unused) + age \(NumberText.count(law.age))"
    let verdict = law.residual == 0 ? "exact" : "off by \(NumberText.count(law.residual))"
    return "\(sums) = (\(law.workers) - 1) × \(NumberText.count(law.updates)) updates, \(verdict)"
  }

  private static func shard(_ event: RecordedEvent) -> String {
    switch event {
    case .pull(let pull): "\(pull.shard)"
    case .fingerprint(let shard, _, _): "\(shard)"
    default: ""
    }
  }

  private static func minibatches(_ event: RecordedEvent) -> String {
    let numbers: [Int]
    switch event {
    case .push(let push): numbers = push.minibatches
    case .fault(let fault): numbers = fault.minibatches
    default: return ""
    }
    guard let first = numbers.first, let last = numbers.last else { return "" }
    return numbers.count <= 3
      ? numbers.map(String.init).joined(separator: ",") : "\(first)..\(last) (\(numbers.count))"
  }

  private static func seconds(_ microseconds: Int) -> String { NumberText.fixed(Double(microseconds) / 1e6, digits: 6) }

  private static func milliseconds(_ microseconds: Int) -> String {
    NumberText.fixed(Double(microseconds) / 1e3, digits: 3)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func aligned(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      // A value may be a small file by itself, of which each line has its place in the column.
      let lines = value.split(separator: "\n").joined(separator: "\n" + String(repeating: " ", count: width + 2))
      return lines.isEmpty ? name + "\n" : name + String(repeating: " ", count: width - name.count + 2) + lines + "\n"
    }.joined()
  }
}
