/// What makes a mode: when gradients become an update, and when their workers go on.
///
/// A policy is the part of the ``Coordinator`` that differs between the modes; the coordinator keeps the books. It knows no
/// threads and no clock. With many workers it is asked very often, so nothing but ``begin(_:)`` looks at all of them each
/// time.
protocol CoordinationPolicy: Sendable {
  /// How the gradients of one update come together.
  var gathering: Gathering { get }

  /// Notes that the active workers of `group` start on an epoch; nobody waits, and nothing is gathered.
  mutating func begin(_ group: WorkerGroup)

  /// Decides about a gradient; `group` is as before the push.
  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict

  /// Notes that a worker will push no more in this epoch; `group` is without it.
  ///
  /// - Returns: Whether what was gathered makes an update now, complete or not.
  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool

  /// Notes that a worker takes part again, or only now, with the present parameters; `group` is with it.
  mutating func joined(_ worker: Int, _ group: WorkerGroup)

  /// Returns the ``progress`` at which a worker that has just pushed may go on.
  func goal(of worker: Int) -> Int

  /// How far the workers have come by the policy's own measure, which never falls while a worker waits.
  var progress: Int { get }

  /// Returns the worker whose queued contribution is to be applied now, by itself, if there is one.
  mutating func nextInTurn(_ group: WorkerGroup) -> Int?

  /// The factor of a gradient of some staleness in the mean of its update.
  func weight(staleness: Int) -> Float

  /// Returns the least base version whose gradients are still wanted: workers may abandon older ones.
  func oldestWanted(version: Int) -> Int
}

extension CoordinationPolicy {
  mutating func begin(_ group: WorkerGroup) {}
  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool { false }
  mutating func joined(_ worker: Int, _ group: WorkerGroup) {}
  func goal(of worker: Int) -> Int { 0 }
  var progress: Int { 0 }
  mutating func nextInTurn(_ group: WorkerGroup) -> Int? { nil }
  func weight(staleness: Int) -> Float { 1 }
  func oldestWanted(version: Int) -> Int { 0 }
}

/// How the gradients of one update come together.
enum Gathering: Sendable {
  /// There is only one: it is applied as it arrives.
  case single
  /// They are kept, at most one a worker, and summed in the order of the workers.
  case byWorker
  /// They are summed as they arrive.
  case asTheyCome
}

/// A push as a policy sees it.
struct Arrival: Hashable, Sendable {
  /// The worker that pushes.
  var worker: Int
  /// The present version minus that of the snapshot that the gradient was computed at, in updates.
  var staleness: Int
  /// Whether the gradient is finite; one that is not never counts.
  var isFinite: Bool
  /// When it arrived, in seconds since some fixed moment.
  var seconds: Double
}

/// What a policy makes of a push.
struct Verdict: Hashable, Sendable {
  /// What becomes of a gradient.
  enum Fate: Hashable, Sendable {
    /// It is part of the next update.
    case gather
    /// It is applied when its turn comes; see ``CoordinationPolicy/nextInTurn(_:)``.
    case queue
    /// It is not applied, ever.
    case drop(DropReason)
  }

  /// What becomes of this gradient.
  var fate: Fate
  /// Whether what was gathered, this gradient included, makes an update now.
  var completesUpdate = false
}

/// What policies know of the workers.
struct WorkerGroup: Sendable {
  /// The number of workers.
  let count: Int
  /// The number of updates applied.
  var version: Int
  /// Which workers may still push in this epoch.
  var isActive: [Bool]
  /// How many they are.
  var active: Int
  /// The number of gradients gathered for the next update.
  var gathered = 0

  init(count: Int, version: Int) {
    self.count = count
    self.version = version
    active = count
    isActive = Array(repeating: true, count: count)
  }
}

/// Why a gradient was not applied.
public enum DropReason: String, CaseIterable, Sendable {
  /// It has an element that is infinite or NaN.
  case notFinite
  /// The update that it was meant for was complete when it arrived.
  case late
  /// Its staleness reached the delay threshold.
  case tooStale
  /// Training had stopped.
  case stopped
}
