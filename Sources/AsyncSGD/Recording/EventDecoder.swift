/// Reads the events of one block, which the ``EventEncoder`` wrote.
///
/// It checks that the bytes are events; whether these can have happened is for `RecordingCheck` to say.
struct EventDecoder {
  private var reader: ByteReader
  private var version = 0
  private var time = 0
  private var minibatch = 0
  private var lastPushes: [Int: LastPush] = [:]
  /// The number of the block's first event in the recording.
  let firstEvent: UInt64

  private struct LastPush {
    var loss: Float
    var startedAt: Int
    var pushedAt: Int
  }

  /// Begins with a payload.
  init(_ payload: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
    reader = ByteReader(payload)
    firstEvent = try reader.varint()
  }

  /// The bytes read so far.
  var offset: Int { reader.offset }

  /// Reads the next event, `nil` after the last.
  mutating func next() throws(ByteReader.Malformed) -> RecordedEvent? {
    guard reader.remaining > 0 else { return nil }
    let tag = try reader.byte()
    let flags = tag >> 4
    guard let kind = RecordingFormat.EventKind(rawValue: tag & 0xF) else {
      throw ByteReader.Malformed(reason: "an event of the unknown kind \(tag & 0xF)")
    }
    switch kind {
    case .push, .furtherPush:
      return .push(try push(flags, isFurther: kind == .furtherPush))
    case .pull:
      try allow(flags, 1 | 8)
      let worker = try reader.zigzag()
      let shard = try shard(flags)
      return .pull(
        RecordedPull(
          worker: worker, shard: shard, version: try nextVersion(), restarts: flags & 1 != 0,
          microseconds: try nextTime()))
    case .fingerprint:
      try allow(flags, 8)
      let shard = try shard(flags)
      let version = try nextVersion()
      return .fingerprint(shard: shard, version: version, hash: try reader.word64())
    case .fault:
      guard let kind = RecordedFault.Kind(rawValue: flags) else {
        throw ByteReader.Malformed(reason: "a fault of the unknown kind \(flags)")
      }
      let worker = try reader.zigzag()
      let microseconds = try nextTime()
      let duration = try reader.zigzag()
      return .fault(
        RecordedFault(
          kind: kind, worker: worker, minibatches: try minibatches(), microseconds: microseconds, duration: duration))
    default:
      try allow(flags, 0)
      return try plainEvent(kind)
    }
  }

  /// Reads an event without flags.
  private mutating func plainEvent(
    _ kind: RecordingFormat.EventKind
  ) throws(ByteReader.Malformed) -> RecordedEvent {
    switch kind {
    case .begin:
      let workers = try range()
      return .begin(workers: workers, pulling: try range())
    case .leave:
      let worker = try reader.zigzag()
      return .leave(worker: worker, microseconds: try nextTime())
    case .join:
      let worker = try reader.zigzag()
      return .join(worker: worker, microseconds: try nextTime())
    case .epoch:
      let number = try reader.zigzag()
      return .epoch(number: number, microseconds: try nextTime())
    case .end:
      let version = try nextVersion()
      let hash = try reader.word64()
      let position = try reader.zigzag()
      let time = try nextTime()
      let code = try reader.zigzag()
      guard let outcome = UInt8(exactly: code).flatMap(RecordedEnd.Outcome.init) else {
        throw ByteReader.Malformed(reason: "an end of the unknown outcome \(code)")
      }
      return .end(
        RecordedEnd(version: version, hash: hash, position: position, microseconds: time, outcome: outcome))
    case .push, .furtherPush, .pull, .fault, .fingerprint:
      preconditionFailure("\(kind) has flags")
    }
  }

  private mutating func push(_ flags: UInt8, isFurther: Bool) throws(ByteReader.Malformed) -> RecordedPush {
    let worker = try reader.zigzag()
    let shard = try shard(flags)
    let fate = try fate(flags & 3)
    let version = try nextVersion()
    let staleness = try reader.zigzag()
    let minibatches = try minibatches()
    let arrivedAt = try nextTime()
    let delay = try reader.zigzag()
    let shared: LastPush
    if isFurther {
      guard let last = lastPushes[worker] else {
        throw ByteReader.Malformed(reason: "a further push of worker \(worker), which has none before it")
      }
      shared = last
    } else {
      let pushedAt = arrivedAt &- (try reader.zigzag())
      let startedAt = pushedAt &- (try reader.zigzag())
      shared = LastPush(
        loss: Float(bitPattern: try reader.word32()), startedAt: startedAt, pushedAt: pushedAt)
      lastPushes[worker] = shared
    }
    return RecordedPush(
      worker: worker, shard: shard, baseVersion: version &- staleness, version: version, minibatches: minibatches,
      fate: fate, pulls: flags & 4 != 0, loss: shared.loss, pulledAt: shared.startedAt &- delay,
      startedAt: shared.startedAt, pushedAt: shared.pushedAt, arrivedAt: arrivedAt)
  }

  private mutating func fate(_ code: UInt8) throws(ByteReader.Malformed) -> RecordedPush.Fate {
    switch code {
    case 0: return .applied
    case 1: return .queued
    case 2:
      let number = try reader.byte()
      guard let reason = DropReason(code: number) else {
        throw ByteReader.Malformed(reason: "a push that was dropped for the unknown reason \(number)")
      }
      return .dropped(reason)
    default: throw ByteReader.Malformed(reason: "a push of the unknown fate \(code)")
    }
  }

  private mutating func range() throws(ByteReader.Malformed) -> Range<Int> {
    let first = try reader.zigzag()
    let count = try reader.zigzag()
    let (end, overflows) = first.addingReportingOverflow(count)
    guard count >= 0, !overflows else { throw ByteReader.Malformed(reason: "a range of \(count) workers") }
    return first..<end
  }

  private mutating func shard(_ flags: UInt8) throws(ByteReader.Malformed) -> Int {
    guard flags & 8 != 0 else { return 0 }
    let shard = try reader.zigzag()
    guard shard != 0 else { throw ByteReader.Malformed(reason: "a shard 0 where another is announced") }
    return shard
  }

  private mutating func nextVersion() throws(ByteReader.Malformed) -> Int {
    version &+= try reader.zigzag()
    return version
  }

  private mutating func nextTime() throws(ByteReader.Malformed) -> Int {
    time &+= try reader.zigzag()
    return time
  }

  private mutating func minibatches() throws(ByteReader.Malformed) -> [Int] {
    let count = try reader.count()
    var numbers: [Int] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count {
      minibatch &+= try reader.zigzag()
      numbers.append(minibatch)
    }
    return numbers
  }

  private func allow(_ flags: UInt8, _ known: UInt8) throws(ByteReader.Malformed) {
    guard flags & ~known == 0 else { throw ByteReader.Malformed(reason: "an event with the unknown flags \(flags)") }
  }
}
