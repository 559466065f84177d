/// Writes events as differences from the events before them in the same block.
///
/// The arithmetic wraps, so that no event, however absurd, stops the run.
struct EventEncoder {
  private var version = 0
  private var time = 0
  private var minibatch = 0
  private var block = 0
  /// By worker: what its last push had in common with its parts for further shards.
  private var lastPushes: [LastPush] = []

  private struct LastPush {
    var block = -1
    var loss: UInt32 = 0
    var startedAt = 0
    var pushedAt = 0
  }

  /// Workers from here on are written without reference to their last push.
  private static let mostWorkersRemembered = 1 << 20

  /// Returns a number of bytes that suffices for `event` and the start of a block.
  static func bound(_ event: RecordedEvent) -> Int {
    switch event {
    case .push(let push): 128 + 10 * push.minibatches.count
    case .fault(let fault): 128 + 10 * fault.minibatches.count
    default: 128
    }
  }

  /// Begins a block with the event of this number; what was written before is forgotten.
  mutating func beginBlock(event: Int, in buffer: BlockBuffer) {
    (version, time, minibatch) = (0, 0, 0)
    block += 1
    buffer.append(varint: UInt64(event))
  }

  /// Appends an event, for which there must be room.
  mutating func encode(_ event: RecordedEvent, into buffer: BlockBuffer) {
    switch event {
    case .push(let push): encode(push, into: buffer)
    case .begin(let workers, let pulling):
      buffer.append(tag(.begin))
      for range in [workers, pulling] {
        buffer.append(zigzag: range.lowerBound)
        buffer.append(zigzag: range.upperBound &- range.lowerBound)
      }
    case .pull(let pull):
      buffer.append(tag(.pull, (pull.restarts ? 1 : 0) | (pull.shard == 0 ? 0 : 8)))
      buffer.append(zigzag: pull.worker)
      if pull.shard != 0 { buffer.append(zigzag: pull.shard) }
      appendVersion(pull.version, to: buffer)
      appendTime(pull.microseconds, to: buffer)
    case .leave(let worker, let microseconds):
      buffer.append(tag(.leave))
      buffer.append(zigzag: worker)
      appendTime(microseconds, to: buffer)
    case .join(let worker, let microseconds):
      buffer.append(tag(.join))
      buffer.append(zigzag: worker)
      appendTime(microseconds, to: buffer)
    case .fault(let fault):
      buffer.append(tag(.fault, fault.kind.rawValue))
      buffer.append(zigzag: fault.worker)
      appendTime(fault.microseconds, to: buffer)
      buffer.append(zigzag: fault.duration)
      appendMinibatches(fault.minibatches, to: buffer)
    case .fingerprint(let shard, let version, let hash):
      buffer.append(tag(.fingerprint, shard == 0 ? 0 : 8))
      if shard != 0 { buffer.append(zigzag: shard) }
      appendVersion(version, to: buffer)
      buffer.append(hash)
    case .epoch(let number, let microseconds):
      buffer.append(tag(.epoch))
      buffer.append(zigzag: number)
      appendTime(microseconds, to: buffer)
    case .end(let end):
      buffer.append(tag(.end))
      appendVersion(end.version, to: buffer)
      buffer.append(end.hash)
      buffer.append(zigzag: end.position)
      appendTime(end.microseconds, to: buffer)
      buffer.append(zigzag: Int(end.outcome.rawValue))
    }
  }

  private mutating func encode(_ push: RecordedPush, into buffer: BlockBuffer) {
    let isFurther = repeatsLastPush(push)
    let flags = push.fate.code | (push.pulls ? 4 : 0) | (push.shard == 0 ? 0 : 8)
    buffer.append(tag(isFurther ? .furtherPush : .push, flags))
    buffer.append(zigzag: push.worker)
    if push.shard != 0 { buffer.append(zigzag: push.shard) }
    if case .dropped(let reason) = push.fate { buffer.append(reason.code) }
    appendVersion(push.version, to: buffer)
    buffer.append(zigzag: push.version &- push.baseVersion)
    appendMinibatches(push.minibatches, to: buffer)
    appendTime(push.arrivedAt, to: buffer)
    // Of each shard, a worker has pulled at a time of its own.
    buffer.append(zigzag: push.startedAt &- push.pulledAt)
    if !isFurther {
      buffer.append(zigzag: push.arrivedAt &- push.pushedAt)
      buffer.append(zigzag: push.pushedAt &- push.startedAt)
      buffer.append(push.loss.bitPattern)
    }
  }

  /// Returns whether all that a further part leaves out is as in the worker's last push, and remembers this one.
  private mutating func repeatsLastPush(_ push: RecordedPush) -> Bool {
    guard (0..<Self.mostWorkersRemembered).contains(push.worker) else { return false }
    if push.worker >= lastPushes.count {
      lastPushes += repeatElement(LastPush(), count: push.worker + 1 - lastPushes.count)
    }
    let last = lastPushes[push.worker]
    let isFurther =
      last.block == block && last.loss == push.loss.bitPattern && last.pushedAt == push.pushedAt
      && last.startedAt == push.startedAt
    if !isFurther {
      lastPushes[push.worker] = LastPush(
        block: block, loss: push.loss.bitPattern, startedAt: push.startedAt, pushedAt: push.pushedAt)
    }
    return isFurther
  }

  private func tag(_ kind: RecordingFormat.EventKind, _ flags: UInt8 = 0) -> UInt8 {
    kind.rawValue | flags << 4
  }

  private mutating func appendVersion(_ value: Int, to buffer: BlockBuffer) {
    buffer.append(zigzag: value &- version)
    version = value
  }

  private mutating func appendTime(_ value: Int, to buffer: BlockBuffer) {
    buffer.append(zigzag: value &- time)
    time = value
  }

  private mutating func appendMinibatches(_ numbers: [Int], to buffer: BlockBuffer) {
    buffer.append(varint: UInt64(numbers.count))
    for number in numbers {
      buffer.append(zigzag: number &- minibatch)
      minibatch = number
    }
  }
}
