/// Compares what a server does with what was recorded, event by event.
///
/// The server of a replay has this in the place of a recorder; its times are those of the recording, and not compared. What each
/// shard does has an order of its own: in a recording of threads, another shard's events may lie between an update and its hash.
final class ReplayCheck: EventRecorder, @unchecked Sendable {  // all state is protected by `lock`
  private let events: [RecordedEvent]
  /// The events that each shard notes, by their number, in order.
  private let expected: [Int: [Int]]
  private let lock = Lock()
  /// How many of them have come.
  private var seen: [Int: Int] = [:]
  private var found: ReplayDivergence?
  private var agreement = ReplayAgreement()

  /// Creates a check against `events`.
  init(_ events: [RecordedEvent]) {
    self.events = events
    var expected: [Int: [Int]] = [:]
    for (number, event) in events.enumerated() {
      if let server = event.server { expected[server, default: []].append(number) }
    }
    self.expected = expected
  }

  /// The first difference, if there was one.
  var divergence: ReplayDivergence? { lock.withLock { found } }

  /// What was compared, and agreed.
  var agreed: ReplayAgreement { lock.withLock { agreement } }

  func record(_ event: RecordedEvent) {
    guard let server = event.server else { return }
    lock.withLock {
      guard found == nil else { return }
      let count = seen[server, default: 0]
      guard let own = expected[server], count < own.count else {
        // What a recording that breaks off does not have cannot be compared.
        if case .end = events.last {
          found = ReplayDivergence(event: events.count - 1, recorded: events[events.count - 1], repeated: event)
        }
        return
      }
      let recorded = events[own[count]]
      seen[server] = count + 1
      guard recorded.isRepeated(by: event) else {
        found = ReplayDivergence(event: own[count], recorded: recorded, repeated: event)
        return
      }
      switch event {
      case .push: agreement.pushes += 1
      case .fingerprint: agreement.fingerprints += 1
      default: break
      }
    }
  }

  /// Notes that all events were carried out: what has not come by now, never does.
  func finish() {
    lock.withLock {
      guard found == nil else { return }
      let missing = expected.compactMap { server, own in
        let count = seen[server, default: 0]
        return count < own.count ? own[count] : nil
      }
      if let first = missing.min() { found = ReplayDivergence(event: first, recorded: events[first], repeated: nil) }
    }
  }
}

/// What a replay has in common with its recording, as far as it was compared.
public struct ReplayAgreement: Hashable, Sendable {
  /// Pushes, or parts of them, with the same fate at the same versions, and a loss of the same bits.
  public var pushes = 0
  /// Hashes of the parameters, or of a shard's, on the way.
  public var fingerprints = 0

  /// Creates an agreement on nothing.
  public init() {}
}

/// The first event at which a replay differs from its recording.
public struct ReplayDivergence: Hashable, Sendable {
  /// The number of the event in the recording, from 0.
  public var event: Int
  /// What was recorded.
  public var recorded: RecordedEvent
  /// What happened instead; `nil` if the recorded event cannot happen at this point.
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
