internal import Kernels

/// Is told the events of a run, in their order.
public protocol EventRecorder: Sendable {
  /// Takes note of an event; any thread may call it, and it does not block for long.
  func record(_ event: RecordedEvent)
}

/// What one server, or one shard of it, tells a recorder.
///
/// Used on its server's queue only, so that the events are in the order in which the server carried them out.
final class ServerTape {
  /// The updates from fingerprint to fingerprint of the parameters.
  static let fingerprintPeriod = 64

  private let recorder: any EventRecorder
  private let shard: Int
  /// When each worker took what it works with.
  private var pulledAt: [Int]

  /// Creates the tape of a server.
  ///
  /// - Parameters:
  ///   - recorder: Who is told.
  ///   - shard: The number of the shard.
  ///   - workers: The number of workers.
  init(_ recorder: any EventRecorder, shard: Int = 0, workers: Int) {
    self.recorder = recorder
    self.shard = shard
    pulledAt = Array(repeating: 0, count: workers)
  }

  /// Notes a push, and what was decided about it.
  ///
  /// - Parameters:
  ///   - push: The gradient.
  ///   - baseVersion: The version that its worker pulled.
  ///   - version: The server's version when it arrived.
  ///   - decision: What the coordinator decided.
  ///   - microseconds: When it arrived.
  func pushed(
    _ push: GradientPush, baseVersion: Int, version: Int, _ decision: Coordinator.Decision, at microseconds: Int
  ) {
    let origin = push.origin ?? PushOrigin()
    let fate: RecordedPush.Fate =
      if let reason = decision.dropped { .dropped(reason) } else { decision.isQueued ? .queued : .applied }
    recorder.record(
      .push(
        RecordedPush(
          worker: push.worker, shard: shard, baseVersion: baseVersion, version: version,
          minibatches: origin.minibatches, fate: fate, pulls: push.pulls, loss: push.recordedLoss,
          pulledAt: pulledAt[push.worker], startedAt: origin.startedAt, pushedAt: origin.pushedAt ?? microseconds,
          arrivedAt: microseconds)))
  }

  /// Notes that a worker took the latest parameters with the answer to its push.
  func answered(_ worker: Int, at microseconds: Int) {
    pulledAt[worker] = microseconds
  }

  /// Notes that a worker took the latest parameters by themselves.
  func pulled(_ worker: Int, version: Int, restarts: Bool, at microseconds: Int) {
    pulledAt[worker] = microseconds
    recorder.record(
      .pull(
        RecordedPull(
          worker: worker, shard: shard, version: version, restarts: restarts, microseconds: microseconds)))
  }

  /// Notes that a worker pushes no more for now; all shards agree on that, and the first one says it.
  func left(_ worker: Int, at microseconds: Int) {
    if shard == 0 { recorder.record(.leave(worker: worker, microseconds: microseconds)) }
  }

  /// Notes that a worker takes part with the latest parameters; of a further shard, that it pulled them.
  func joined(_ worker: Int, version: Int, at microseconds: Int) {
    guard shard > 0 else {
      pulledAt[worker] = microseconds
      recorder.record(.join(worker: worker, microseconds: microseconds))
      return
    }
    pulled(worker, version: version, restarts: false, at: microseconds)
  }

  /// Notes an update, and now and then the hash of the parameters, which are the server's own: a shard's are its range.
  func updated(_ parameters: UnsafePointer<Float>, count: Int, version: Int) {
    guard version % Self.fingerprintPeriod == 0 else { return }
    let hash = ParameterFingerprint.hash(of: UnsafeBufferPointer(start: parameters, count: count))
    recorder.record(.fingerprint(shard: shard, version: version, hash: hash))
  }
}

extension GradientPush {
  /// The mean loss over its examples, as recordings have it.
  var recordedLoss: Float { examples == 0 ? 0 : Float(sums.loss / Double(examples)) }
}
