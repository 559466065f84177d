/// A fault that struck a worker of a live run, or its end.
public struct FaultNotice: Hashable, Sendable {
  /// What happened.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The worker lost all that it kept and computed.
    case crash
    /// It is back after a crash.
    case restart
    /// It does nothing for a while.
    case pause
    /// It takes part from now on.
    case join
    /// Its push did not arrive.
    case lostPush
    /// Its push arrived twice.
    case duplicatedPush
  }

  /// What happened.
  public var kind: Kind
  /// To whom.
  public var worker: Int
  /// Updates applied before.
  public var update: Int
  /// Seconds since the run began.
  public var seconds: Double
  /// For how long, in seconds: how long a pause is, when a worker is back, or notices that its push was lost; `nil` where it is
  /// for good, or takes no time.
  public var duration: Double?

  /// Creates a notice.
  public init(_ kind: Kind, worker: Int, update: Int, seconds: Double, duration: Double? = nil) {
    self.kind = kind
    self.worker = worker
    self.update = update
    self.seconds = seconds
    self.duration = duration
  }
}

extension FaultCounts {
  mutating func count(_ kind: FaultNotice.Kind) {
    switch kind {
    case .crash: crashes += 1
    case .restart: restarts += 1
    case .pause: pauses += 1
    case .join: joins += 1
    case .lostPush: lostPushes += 1
    case .duplicatedPush: duplicatedPushes += 1
    }
  }
}
