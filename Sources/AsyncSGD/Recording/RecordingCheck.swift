/// Finds events that cannot have happened, so that whoever works with a recording need not ask.
struct RecordingCheck {
  /// Workers and shards are below this, whatever the settings say.
  private static let mostWorkers = 1 << 24
  private static let mostShards = 1 << 16

  private let workers: Int
  private let shards: Int
  private let epochs: Int
  /// Whether the versions are those of a server that does one thing after another.
  private let hasOrder: Bool
  private let firstVersion: Int
  /// The last version seen, by shard.
  private var versions: [Int] = []
  /// The pushes seen, by shard: each makes one update at most.
  private var pushes: [Int] = []
  private var lastEpoch = 0
  /// Whether the end has come.
  private(set) var isOver = false
  /// The events checked so far.
  private(set) var events = 0

  /// Begins with a header.
  init(_ header: RecordingHeader) {
    workers = max(0, min(header.workers ?? Self.mostWorkers, Self.mostWorkers))
    shards = max(1, min(header.number("hyperparameter.server-shards") ?? Self.mostShards, Self.mostShards))
    epochs = header.number("epochs") ?? .max
    hasOrder = header.settings["mode"] != CoordinationMode.hogwild.rawValue
    firstVersion = max(0, header.state?.version ?? 0)
  }

  /// Returns what cannot be about the next event, as in "event 7 has …"; `nil` if there is nothing.
  mutating func violation(of event: RecordedEvent) -> String? {
    defer { events += 1 }
    guard !isOver else { return "come after the end" }
    switch event {
    case .begin(let beginning, let pulling):
      guard beginning.lowerBound >= 0, beginning.upperBound <= workers else {
        return "workers \(beginning) of \(workers)"
      }
      guard pulling.isEmpty || pulling.clamped(to: beginning) == pulling else {
        return "workers \(pulling) that pull, of workers \(beginning) that begin"
      }
      return nil
    case .push(let push): return violation(of: push)
    case .pull(let pull):
      return worker(pull.worker) ?? shard(pull.shard) ?? version(pull.version, shard: pull.shard)
        ?? time(pull.microseconds)
    case .leave(let worker, let microseconds), .join(let worker, let microseconds):
      return self.worker(worker) ?? time(microseconds)
    case .fault(let fault):
      return worker(fault.worker) ?? time(fault.microseconds) ?? time(fault.duration) ?? minibatches(fault.minibatches)
    case .fingerprint(let shard, let version, _):
      return self.shard(shard) ?? self.version(version, shard: shard)
    case .epoch(let number, let microseconds):
      guard number > lastEpoch else { return "the end of epoch \(number) after that of epoch \(lastEpoch)" }
      guard number <= epochs else { return "the end of epoch \(number) of \(epochs)" }
      lastEpoch = number
      return time(microseconds)
    case .end(let end):
      isOver = true
      let most = pushes.max() ?? 0
      guard end.version >= 0, end.version - firstVersion <= most else {
        return "the version \(end.version) after \(most) pushes from version \(firstVersion) on"
      }
      guard end.position >= 0 else { return "the position \(end.position)" }
      return time(end.microseconds)
    }
  }

  private mutating func violation(of push: RecordedPush) -> String? {
    if let reason = worker(push.worker) ?? shard(push.shard) { return reason }
    guard push.baseVersion >= firstVersion, push.baseVersion <= push.version else {
      return "a gradient of version \(push.baseVersion) at version \(push.version)"
    }
    if let reason = version(push.version, shard: push.shard) ?? minibatches(push.minibatches) { return reason }
    pushes[push.shard] += 1
    for moment in [push.pulledAt, push.startedAt, push.pushedAt] {
      guard moment >= 0 else { return "the time \(moment)" }
    }
    guard push.pulledAt <= push.pushedAt, push.startedAt <= push.pushedAt, push.pushedAt <= push.arrivedAt else {
      return "a gradient that arrived before it was pushed, or was pushed before it was begun"
    }
    return nil
  }

  private func worker(_ worker: Int) -> String? {
    (0..<workers).contains(worker) ? nil : "the worker \(worker) of \(workers)"
  }

  private func shard(_ shard: Int) -> String? {
    (0..<shards).contains(shard) ? nil : "the shard \(shard) of \(shards)"
  }

  private func time(_ microseconds: Int) -> String? {
    microseconds >= 0 ? nil : "the time \(microseconds)"
  }

  private func minibatches(_ numbers: [Int]) -> String? {
    numbers.first { $0 < 0 }.map { "the minibatch \($0)" }
  }

  /// A shard's version never falls, and is as many updates from the first as there were pushes, at most.
  private mutating func version(_ version: Int, shard: Int) -> String? {
    while versions.count <= shard {
      versions.append(firstVersion)
      pushes.append(0)
    }
    guard version >= (hasOrder ? versions[shard] : 0) else {
      return "the version \(version) of shard \(shard) after \(versions[shard])"
    }
    guard version - firstVersion <= pushes[shard] else {
      return "the version \(version) of shard \(shard) after \(pushes[shard]) pushes from version \(firstVersion) on"
    }
    versions[shard] = max(versions[shard], version)
    return nil
  }
}
