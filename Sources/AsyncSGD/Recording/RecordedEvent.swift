/// One event of a run, in the order in which the server carried them out.
///
/// These are all that a run needs to be repeated: a gradient is a pure function of the parameters that its worker pulled, its
/// minibatches and its random streams, and what the server makes of it is a pure function of the order of events.
///
/// Times are microseconds since the run began, of the wall or of the virtual clock.
public enum RecordedEvent: Hashable, Sendable {
  /// Workers begin to train; nobody waits for the others until the next such event. Those of them that are `pulling` take the
  /// latest parameters first, which are the next events that are theirs; the others go on with what they pulled last.
  case begin(workers: Range<Int>, pulling: Range<Int>)
  /// A gradient reached the server, or a shard of it.
  case push(RecordedPush)
  /// A worker took the latest parameters by themselves.
  case pull(RecordedPull)
  /// A worker pushes no more until it joins again, or the workers begin anew.
  case leave(worker: Int, microseconds: Int)
  /// A worker takes part that did not until now, with the latest parameters.
  case join(worker: Int, microseconds: Int)
  /// Something happened to a worker or to a message that no algorithm asked for.
  case fault(RecordedFault)
  /// The parameters were hashed, or those of one shard at that shard's version.
  case fingerprint(shard: Int = 0, version: Int, hash: UInt64)
  /// An epoch is over, and the parameters were evaluated; `number` counts the epochs done.
  case epoch(number: Int, microseconds: Int)
  /// The run is over; the last event of a recording that is whole.
  case end(RecordedEnd)
}

/// A gradient that reached the server.
public struct RecordedPush: Hashable, Sendable {
  /// What became of it.
  public enum Fate: Hashable, Sendable {
    /// It is part of an update, of this one or of one that is not complete yet.
    case applied
    /// It is kept until its turn comes.
    case queued
    /// It is not applied, ever.
    case dropped(DropReason)
  }

  /// The worker that computed it.
  public var worker: Int
  /// The server that this part of it reached; 0 where there is only one.
  public var shard: Int
  /// The version that its worker pulled.
  public var baseVersion: Int
  /// The server's version when it arrived; the difference is its staleness.
  public var version: Int
  /// Its minibatches by their number in the run (epoch times minibatches of an epoch, plus number in the epoch).
  ///
  /// A minibatch's number and worker are also the key of its random streams. Empty for a part after a worker's first, and for a
  /// push that arrives twice.
  public var minibatches: [Int]
  /// What became of it.
  public var fate: Fate
  /// Whether its worker takes the latest parameters with the answer.
  public var pulls: Bool
  /// The mean loss over its examples.
  public var loss: Float
  /// When its worker took the parameters that it was computed at.
  public var pulledAt: Int
  /// When the computation of its first minibatch began.
  public var startedAt: Int
  /// When its worker handed it over; what made it slow is part of the time before.
  public var pushedAt: Int
  /// When the server, free of others, had it: its decision, and where nobody waits its update, follow at once.
  public var arrivedAt: Int

  /// Its staleness.
  public var staleness: Int { version - baseVersion }

  /// Creates a push.
  public init(
    worker: Int, shard: Int = 0, baseVersion: Int, version: Int, minibatches: [Int], fate: Fate, pulls: Bool = true,
    loss: Float, pulledAt: Int, startedAt: Int, pushedAt: Int, arrivedAt: Int
  ) {
    self.worker = worker
    self.shard = shard
    self.baseVersion = baseVersion
    self.version = version
    self.minibatches = minibatches
    self.fate = fate
    self.pulls = pulls
    self.loss = loss
    self.pulledAt = pulledAt
    self.startedAt = startedAt
    self.pushedAt = pushedAt
    self.arrivedAt = arrivedAt
  }
}

/// A pull that is not the answer to a push.
public struct RecordedPull: Hashable, Sendable {
  /// The worker that pulled.
  public var worker: Int
  /// The server that this part came from; 0 where there is only one.
  public var shard: Int
  /// The version that it got.
  public var version: Int
  /// Whether it gave up a calculation for it, to begin the same minibatch anew.
  public var restarts: Bool
  /// When.
  public var microseconds: Int

  /// Creates a pull.
  public init(worker: Int, shard: Int = 0, version: Int, restarts: Bool = false, microseconds: Int) {
    self.worker = worker
    self.shard = shard
    self.version = version
    self.restarts = restarts
    self.microseconds = microseconds
  }
}

/// A fault that was injected.
public struct RecordedFault: Hashable, Sendable {
  /// Its kinds.
  public enum Kind: UInt8, CaseIterable, Hashable, Sendable {
    /// The worker lost everything that it kept to itself, and what it was computing.
    case crash
    /// A push did not reach the server.
    case lostPush
    /// The push that follows reached the server twice; the next event is its first arrival, and the second comes after it.
    case duplicatedPush
    /// The worker did nothing for a while.
    case pause
  }

  /// What happened.
  public var kind: Kind
  /// To whom.
  public var worker: Int
  /// The minibatches that were lost with it, by their number in the run.
  public var minibatches: [Int]
  /// When.
  public var microseconds: Int
  /// How long, in microseconds; 0 where that means nothing.
  public var duration: Int

  /// Creates a fault.
  public init(kind: Kind, worker: Int, minibatches: [Int] = [], microseconds: Int, duration: Int = 0) {
    self.kind = kind
    self.worker = worker
    self.minibatches = minibatches
    self.microseconds = microseconds
    self.duration = duration
  }
}

/// How a run ended.
public struct RecordedEnd: Hashable, Sendable {
  /// Its kinds.
  public enum Outcome: UInt8, CaseIterable, Hashable, Sendable {
    /// All epochs were trained.
    case completed
    /// The user stopped it.
    case interrupted
    /// No worker was left.
    case deserted
    /// A gradient was not finite.
    case diverged
  }

  /// How.
  public var outcome: Outcome
  /// Updates applied since the run began.
  public var version: Int
  /// The hash of the parameters.
  public var hash: UInt64
  /// Minibatches dealt since the run began, counted over the epochs.
  public var position: Int
  /// When.
  public var microseconds: Int

  /// Creates an end.
  public init(version: Int, hash: UInt64, position: Int, microseconds: Int, outcome: Outcome = .completed) {
    self.outcome = outcome
    self.version = version
    self.hash = hash
    self.position = position
    self.microseconds = microseconds
  }
}

/// What a recording begins with: all that is needed to repeat the run, beside its data.
public struct RecordingHeader: Hashable, Sendable {
  /// The settings of the run, by name.
  public var settings: [String: String]
  /// What the run was resumed from; `nil` for a new run.
  public var state: TrainerState?

  /// Creates a header.
  public init(settings: [String: String], state: TrainerState? = nil) {
    self.settings = settings
    self.state = state
  }
}
