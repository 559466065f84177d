/// Something that happens to workers or their messages and that no algorithm asks for.
public struct Fault: Hashable, Sendable {
  /// What happens.
  public enum Kind: Hashable, Sendable {
    /// The worker loses all that it keeps to itself and what it computes or sends; it joins again after some seconds, or
    /// never if `nil`.
    case crash(restartAfter: Double?)
    /// The worker does nothing for some seconds.
    case pause(seconds: Double)
    /// The worker takes part only from then on.
    case join
    /// A push does not reach the server; its worker notices after some seconds, and pulls.
    case losePush(noticedAfter: Double)
    /// A push reaches the server twice.
    case duplicatePush
  }

  /// When it happens.
  public enum Trigger: Hashable, Sendable {
    /// At a time, in seconds; a push is the first one that arrives from then on.
    case time(Double)
    /// As soon as so many updates were applied; a push is the first one that arrives from then on.
    case update(Int)
    /// Again and again, at random: so many times a second for each worker.
    case rate(Double)
    /// With each push, by chance.
    case probability(Double)
  }

  /// What happens.
  public var kind: Kind
  /// To whom; `nil` for all workers.
  public var workers: ClosedRange<Int>?
  /// When.
  public var trigger: Trigger

  /// Creates a fault.
  public init(_ kind: Kind, workers: ClosedRange<Int>? = nil, _ trigger: Trigger) {
    self.kind = kind
    self.workers = workers
    self.trigger = trigger
  }

  /// Whether it strikes pushes, and not workers.
  public var strikesPushes: Bool {
    switch kind {
    case .losePush, .duplicatePush: true
    case .crash, .pause, .join: false
    }
  }
}
