public import AsyncSGD

/// A recording as JSON Lines: the run, its events in order, and what they amount to.
///
/// Scripts rely on the names of the fields. Times are microseconds since the run began.
public struct RecordingLines: Sendable {
  private let recording: Recording
  private let seed: UInt64?

  /// Creates the lines of `recording`.
  public init(_ recording: Recording) {
    self.recording = recording
    seed = recording.header.settings["seed"].flatMap { UInt64($0) }
  }

  /// The line of the run, its newline included.
  public func header(path: String) -> String {
    var object = JSONObject()
    object.add("event", "recording")
    object.add("file", path)
    object.add("complete", recording.isComplete)
    object.add("discardedBytes", recording.discardedBytes)
    object.add("resumedAtUpdate", recording.header.state?.version)
    var settings = JSONObject()
    for (name, value) in recording.header.settings.sorted(by: { $0.key < $1.key }) { settings.add(name, value) }
    object.add("settings", settings)
    return object.text + "\n"
  }

  /// The line of an event, its newline included; `sequence` is its number in the recording.
  public func line(_ event: RecordedEvent, sequence: Int) -> String {
    var object = JSONObject()
    object.add("event", event.name)
    object.add("sequence", sequence)
    switch event {
    case .begin(let workers, let pulling):
      object.add("firstWorker", workers.lowerBound)
      object.add("workers", workers.count)
      object.add("firstPulling", pulling.lowerBound)
      object.add("pulling", pulling.count)
    case .push(let push): add(push, to: &object)
    case .pull(let pull):
      object.add("worker", pull.worker)
      object.add("shard", pull.shard)
      object.add("version", pull.version)
      object.add("restarts", pull.restarts)
    case .fault(let fault):
      object.add("worker", fault.worker)
      object.add("kind", fault.kind.name)
      object.add("minibatches", fault.minibatches)
      object.add("duration", fault.duration)
    case .leave(let worker, _), .join(let worker, _): object.add("worker", worker)
    case .fingerprint(let shard, let version, let hash):
      object.add("shard", shard)
      object.add("version", version)
      object.add("hash", hexadecimal(hash))
    case .epoch(let number, _): object.add("epoch", number)
    case .end(let end):
      object.add("version", end.version)
      object.add("hash", hexadecimal(end.hash))
      object.add("position", end.position)
      object.add("outcome", end.outcome.name)
    }
    if case .push = event {} else if let moment = event.microseconds { object.add("at", moment) }
    return object.text + "\n"
  }

  private func add(_ push: RecordedPush, to object: inout JSONObject) {
    object.add("worker", push.worker)
    object.add("shard", push.shard)
    object.add("pulledVersion", push.baseVersion)
    object.add("version", push.version)
    object.add("staleness", push.staleness)
    object.add("minibatches", push.minibatches)
    if let seed, let step = push.minibatches.first {
      var stream = JSONObject()
      stream.add("seed", seed)
      stream.add("worker", push.worker)
      stream.add("step", step)
      object.add("randomStream", stream)
    } else {
      object.add("randomStream", nil as Int?)
    }
    object.add("pulledAt", push.pulledAt)
    object.add("startedAt", push.startedAt)
    object.add("pushedAt", push.pushedAt)
    object.add("arrivedAt", push.arrivedAt)
    object.add("loss", Double(push.loss))
    object.add("fate", push.fate.name)
    if case .dropped(let reason) = push.fate { object.add("reason", reason.rawValue) }
    object.add("pulls", push.pulls)
  }

  /// The line of what the recording amounts to, its newline included.
  public func summary(_ summary: RecordingSummary) -> String {
    var object = JSONObject()
    object.add("event", "summary")
    object.add("complete", summary.end != nil)
    object.add("events", recording.events.count)
    object.add("seconds", summary.seconds)
    object.add("updates", summary.updates)
    object.add("updatesPerSecond", summary.updatesPerSecond)
    object.add("pushes", summary.pushes)
    object.add("applied", summary.applied)
    object.add("queued", summary.queued)
    var drops = JSONObject()
    for reason in DropReason.allCases { drops.add(reason.rawValue, summary.drops[reason] ?? 0) }
    object.add("drops", drops)
    var faults = JSONObject()
    for kind in RecordedFault.Kind.allCases { faults.add(kind.name, summary.faults[kind] ?? 0) }
    object.add("faults", faults)
    object.add("shards", summary.shards)
    object.add("epochs", summary.epochs)
    if let staleness = summary.staleness { object.add("staleness", JSONObject.object(staleness)) }
    if let law = summary.law { object.add("stalenessLaw", Self.object(law)) }
    object.add(
      "workers",
      summary.workers.map { worker in
        var object = JSONObject()
        object.add("worker", worker.worker)
        object.add("pushes", worker.pushes)
        object.add("dropped", worker.dropped)
        object.add("computeSeconds", worker.computeSeconds)
        object.add("queueSeconds", worker.queueSeconds)
        if let staleness = worker.staleness { object.add("staleness", JSONObject.object(staleness)) }
        return object
      })
    if let end = summary.end { object.add("fingerprint", hexadecimal(end.hash)) }
    return object.text + "\n"
  }

  private static func object(_ law: RecordedStalenessLaw) -> JSONObject {
    var object = JSONObject()
    object.add("workers", law.workers)
    object.add("updates", law.updates)
    object.add("applied", law.applied)
    object.add("unused", law.unused)
    object.add("age", law.age)
    object.add("residual", law.residual)
    return object
  }
}

extension RecordedEvent {
  /// What happened, as the field `event` has it.
  fileprivate var name: String {
    switch self {
    case .begin: "begin"
    case .push: "push"
    case .pull: "pull"
    case .leave: "leave"
    case .join: "join"
    case .fault: "fault"
    case .fingerprint: "fingerprint"
    case .epoch: "epoch"
    case .end: "end"
    }
  }
}

extension RecordedEnd.Outcome {
  fileprivate var name: String {
    switch self {
    case .completed: "completed"
    case .interrupted: "interrupted"
    case .deserted: "deserted"
    case .diverged: "diverged"
    }
  }
}

extension RecordedPush.Fate {
  fileprivate var name: String {
    switch self {
    case .applied: "applied"
    case .queued: "queued"
    case .dropped: "dropped"
    }
  }
}
