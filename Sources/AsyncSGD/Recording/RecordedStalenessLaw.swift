/// The law of staleness, checked on a recording: Σ staleness + Σ age = (n − 1)·T.
///
/// It holds where each of n workers always has one gradient under way, where every gradient that is applied is an update, and
/// where each worker pulls in one action with its push. T is the number of updates. Gradients that were dropped, and parameters
/// that were given back without a gradient, count with their age. The sums are made from the pulls and the order of the pushes,
/// independently of what each push claims to have been computed at; so a recording in which a worker's pull is missing does
/// not fulfil the law.
public struct RecordedStalenessLaw: Hashable, Sendable {
  /// n, the number of workers.
  public let workers: Int
  /// T, the number of updates.
  public private(set) var updates = 0
  /// Σ staleness of the gradients that were applied.
  public private(set) var applied = 0
  /// Σ staleness of the gradients that were dropped, and Σ age of the parameters that were given back.
  public private(set) var unused = 0
  /// Whether the run is one for which the law holds, as far as it is known.
  private(set) var applies = true
  private let firstVersion: Int
  /// What each worker holds, for those that do not hold the first version any more.
  private var bases: [Int: Int] = [:]

  /// Begins with the header of a recording; `nil` if the law does not hold for its mode.
  init?(_ header: RecordingHeader) {
    let modes: [CoordinationMode] = [.sequential, .async, .ringmaster]
    guard let workers = header.workers, workers >= 1, modes.contains(where: { $0.rawValue == header.settings["mode"] })
    else { return nil }
    self.workers = workers
    firstVersion = header.state?.version ?? 0
  }

  /// Σ age of what the workers hold at the end.
  public var age: Int {
    bases.values.reduce((workers - bases.count) &* updates) { $0 &+ version &- $1 }
  }

  /// (n − 1)·T minus all sums; 0 unless something is missing, or wrong.
  public var residual: Int { (workers - 1) &* updates &- applied &- unused &- age }

  /// Takes note of the next event.
  mutating func note(_ event: RecordedEvent) {
    switch event {
    case .push(let push): note(push)
    case .pull(let pull): giveBack(pull.worker)
    case .join(let worker, _): giveBack(worker)
    case .fault(let fault): if fault.kind == .duplicatedPush { applies = false }
    case .begin, .leave, .fingerprint, .epoch, .end: break
    }
  }

  private mutating func note(_ push: RecordedPush) {
    if push.shard != 0 || !push.pulls { applies = false }
    switch push.fate {
    case .applied:
      applied &+= push.staleness
      updates += 1
    case .dropped: unused &+= push.staleness
    case .queued: applies = false
    }
    bases[push.worker] = version
  }

  private mutating func giveBack(_ worker: Int) {
    unused &+= version &- (bases[worker] ?? firstVersion)
    bases[worker] = version
  }

  private var version: Int { firstVersion &+ updates }
}
