public import AsyncSGD

/// How a replay compares with its recording, for standard output.
public struct ReplayVerdict: Sendable, CustomStringConvertible {
  private let report: ReplayReport

  /// Creates the verdict on `report`.
  public init(_ report: ReplayReport) {
    self.report = report
  }

  /// One line with its newline, or several.
  public var description: String {
    if let divergence = report.divergence {
      return "replay           differs from the recording\n\(Self.text(divergence))"
    }
    switch report.hashesAgree {
    case true?:
      let checks = Self.text(report.agreed)
      return "replay           the same bits as recorded: \(checks) on the way agree, and the last hash\n"
    case false?: return "replay           other parameters than recorded\n"
    case nil: return "replay           \(partial)\n"
    }
  }

  /// What is known where the end was not reached, which need not be much.
  private var partial: String {
    let agreed = report.agreed
    let place = report.isStopped ? "so far" : "up to where the recording breaks off"
    if agreed.pushes == 0 {
      return report.isStopped
        ? "stopped before there was anything to compare"
        : "nothing to compare: the recording breaks off before the first push"
    }
    return agreed.fingerprints == 0
      ? "as recorded, \(place): \(Self.text(agreed)) agree; no parameters were compared"
      : "the same bits as recorded, \(place): \(Self.text(agreed)) agree"
  }

  private static func text(_ agreed: ReplayAgreement) -> String {
    func count(_ number: Int, _ one: String, _ many: String) -> String {
      "\(NumberText.count(number)) \(number == 1 ? one : many)"
    }
    return count(agreed.pushes, "push", "pushes") + " and " + count(agreed.fingerprints, "hash", "hashes")
  }

  private static func text(_ divergence: ReplayDivergence) -> String {
    let place = divergence.recorded.place.map { " (\($0))" } ?? ""
    var lines = ["first difference  event \(NumberText.count(divergence.event))\(place)"]
    lines.append("recorded         \(divergence.recorded.summary)")
    lines.append(
      "replayed         \(divergence.repeated?.summary ?? "this cannot happen at this point")")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension RecordedEvent {
  /// Where in the run it stands, in words; `nil` if it says nothing of that.
  fileprivate var place: String? {
    switch self {
    case .push(let push): "update \(NumberText.count(push.version)), worker \(push.worker)"
    case .fingerprint(let shard, let version, _):
      "update \(NumberText.count(version))" + (shard == 0 ? "" : ", shard \(shard)")
    case .pull(let pull): "update \(NumberText.count(pull.version)), worker \(pull.worker)"
    default: nil
    }
  }

  /// What happened, without its times.
  fileprivate var summary: String {
    switch self {
    case .push(let push):
      "a push of worker \(push.worker) at version \(push.version), computed at \(push.baseVersion), of minibatches "
        + "\(push.minibatches), loss \(push.loss), \(push.fate)"
    case .pull(let pull): "a pull of worker \(pull.worker) at version \(pull.version)"
    case .leave(let worker, _): "worker \(worker) leaves"
    case .join(let worker, _): "worker \(worker) joins"
    case .fingerprint(let shard, let version, let hash):
      "parameters\(shard == 0 ? "" : " of shard \(shard)") at version \(version) with hash \(hexadecimal(hash))"
    case .end(let end):
      "the end at version \(end.version) with hash \(hexadecimal(end.hash)), outcome \(end.outcome)"
    case .begin(let workers, _): "workers \(workers) begin"
    case .fault(let fault): "a fault of worker \(fault.worker): \(fault.kind)"
    case .epoch(let number, _): "the end of epoch \(number)"
    }
  }
}

/// A recorded run and its counterfactual, side by side.
public struct CounterfactualTable: Sendable, CustomStringConvertible {
  private let recorded: FinalReport
  private let other: FinalReport

  /// Creates the table of two runs of one schedule.
  public init(recorded: FinalReport, other: FinalReport) {
    self.recorded = recorded
    self.other = other
  }

  /// The table, each line with its newline.
  public var description: String {
    var rows: [[String]] = [["", "recorded", "counterfactual"]]
    func add(_ name: String, _ value: (FinalReport) -> String) {
      rows.append([name, value(recorded), value(other)])
    }
    add("rule") { $0.run.rule }
    add("optimizer") { $0.run.optimizer }
    add("learning rate") { NumberText.exact($0.run.learningRate) }
    func addDifference(_ name: String, _ value: (FinalReport) -> String) {
      if value(recorded) != value(other) { add(name, value) }
    }
    addDifference("compression") { $0.run.compression }
    addDifference("momentum") { NumberText.exact($0.run.momentum) }
    addDifference("weight decay") { NumberText.exact($0.run.weightDecay) }
    addDifference("schedule") { $0.run.schedule }
    addDifference("warmup") { NumberText.exact($0.run.warmup) }
    let own = recorded.run.hyperparameters.map(\.name)
    for name in own + other.run.hyperparameters.map(\.name).filter({ !own.contains($0) }) {
      addDifference(name) { report in
        report.run.hyperparameters.first { $0.name == name }.map { "\($0.value)" } ?? "-"
      }
    }
    add("outcome") { report in
      switch report.outcome {
      case .completed: "completed"
      case .interrupted: "interrupted"
      case .deserted: "no worker was left"
      case .diverged: "diverged"
      }
    }
    add("test accuracy") { NumberText.percent($0.last.testAccuracy) }
    add("test loss") { NumberText.loss($0.last.testLoss) }
    add("train loss") { $0.last.trainLoss.map(NumberText.loss) ?? "-" }
    add("updates") { NumberText.count($0.last.updates) }
    add("mean staleness") { NumberText.fixed($0.last.staleness.mean, digits: 2) }
    add("parameters hash") { $0.parametersHash }
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined() + row[2] + "\n"
    }.joined()
  }
}
