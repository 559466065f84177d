/// Compares what a server does with what was recorded, event by event.
///
/// The server of a replay has this in the place of a recorder; its times are those of the recording, and not compared.
final class ReplayCheck: EventRecorder, @unchecked Sendable {  // all state is protected by `lock`
  private let events: [RecordedEvent]
  private let lock = Lock()
  private var next = 0
  private var found: ReplayDivergence?
  private var fingerprints = 0

  /// Creates a check against `events`.
  init(_ events: [RecordedEvent]) {
    self.events = events
  }

  /// The first difference, if there was one.
  var divergence: ReplayDivergence? { lock.withLock { found } }

  /// How many hashes of the parameters agreed.
  var fingerprintsThatAgree: Int { lock.withLock { fingerprints } }

  func record(_ event: RecordedEvent) {
    lock.withLock {
      guard found == nil else { return }
      while next < events.count, !Self.isServers(events[next]) { next += 1 }
      guard next < events.count else {
        // What a recording that breaks off does not have cannot be compared.
        return
      }
      let recorded = events[next]
      if !recorded.isRepeated(by: event) {
        found = ReplayDivergence(event: next, recorded: recorded, repeated: event)
      } else if case .fingerprint = event {
        fingerprints += 1
      }
      next += 1
    }
  }

  /// Whether the server itself notes such events.
  private static func isServers(_ event: RecordedEvent) -> Bool {
    switch event {
    case .push, .pull, .leave, .join, .fingerprint: true
    case .begin, .fault, .epoch, .end: false
    }
  }
}

/// The first event at which a replay differs from its recording.
public struct ReplayDivergence: Hashable, Sendable {
  /// The number of the event in the recording, from 0.
  public var event: Int
  /// What was recorded.
  public var recorded: RecordedEvent
  /// What happened instead; `nil` if the worker wanted something else than the recording has.
  public var repeated: RecordedEvent?
}

extension RecordedEvent {
  /// Whether another event is the same but for its times.
  func isRepeated(by other: RecordedEvent) -> Bool {
    switch (self, other) {
    case (.push(let first), .push(let second)):
      first.worker == second.worker && first.shard == second.shard && first.baseVersion == second.baseVersion
        && first.version == second.version && first.minibatches == second.minibatches && first.fate == second.fate
        && first.pulls == second.pulls && first.loss.bitPattern == second.loss.bitPattern
    case (.pull(let first), .pull(let second)):
      first.worker == second.worker && first.shard == second.shard && first.version == second.version
        && first.restarts == second.restarts
    case (.leave(let first, _), .leave(let second, _)), (.join(let first, _), .join(let second, _)): first == second
    case (.fingerprint, .fingerprint): self == other
    default: false
    }
  }
}
