/// One worker's way to all shards: what it pulled from each, and its own copy of the whole.
///
/// A port belongs to its worker's thread; others read its record, under a lock.
final class ShardedPort: @unchecked Sendable {  // see above
  /// What the worker pulled of each shard.
  let leases: [ShardLease]
  /// The shards in the order in which this worker visits them.
  ///
  /// Each worker begins with another one, or all would queue up at the first and march on in line.
  let order: [Int]
  /// What the worker computes with.
  let parameters: ParameterBuffer
  private let lock = Lock()
  private var pulls = ConsistencyRecord()

  init(leases: [ShardLease], firstShard: Int, count: Int) {
    self.leases = leases
    order = leases.indices.map { ($0 + firstShard) % leases.count }
    parameters = ParameterBuffer(count: count)
  }

  /// Counts a pull that has filled ``parameters``, and returns it.
  func pulled() -> ParameterSnapshot {
    var span = VersionSpan()
    var oldest = Int.max
    for lease in leases {
      let version = lease.snapshot.version
      span.note(UInt64(version))
      oldest = min(oldest, version)
    }
    lock.withLock { pulls.record(span) }
    parameters.version = oldest
    return ParameterSnapshot(parameters)
  }

  /// What this worker's pulls were like; any thread may ask.
  var consistency: ConsistencyRecord {
    lock.withLock { pulls }
  }
}

/// A move-only snapshot where only copyable things can go, such as an array.
final class ShardLease: @unchecked Sendable {  // used by its worker's thread only
  var snapshot: ParameterSnapshot

  init(_ snapshot: consuming ParameterSnapshot) {
    self.snapshot = snapshot
  }
}
