internal import Synchronization

/// One version of the flat parameter vector.
///
/// A buffer is written by the server while nobody else can reach it, then published and only read until its last
/// reader is gone.
final class ParameterBuffer: @unchecked Sendable {  // handed over whole; see above
  var values: UnsafeMutablePointer<Float> { memory.values }
  let count: Int
  private let memory: VectorMemory
  /// The version of `values`.
  ///
  /// Written before publication, read after.
  var version = 0
  /// Leases that are held: of snapshots, and of the slot whose latest version this is.
  fileprivate let readers = Atomic<Int>(0)
  /// Who writes it anew once nobody holds a lease; `nil` for a copy of a worker's own.
  private weak let home: PublishedParameters?

  init(count: Int, home: PublishedParameters? = nil) {
    self.count = count
    self.home = home
    memory = VectorMemory(count: count)
  }

  /// Gives up a lease: our reads are over before the server writes to the buffer.
  fileprivate func release() {
    if readers.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { home?.reclaim(self) }
  }

  deinit {
    memory.deallocate()
  }
}

/// Parameters that a worker computes with, leased for reading.
///
/// A snapshot never changes while its worker computes, whatever happens meanwhile. One of a ``ParameterServer`` is a version
/// as it was published, and costs no copy: it keeps the server from writing to its buffer until it is destroyed. One of a
/// ``ShardedParameterServer`` or a ``SharedMemoryServer`` is a copy of the worker's own, which may mix versions, and which its
/// worker's next push or pull overwrites.
public struct ParameterSnapshot: ~Copyable, Sendable {
  private let buffer: ParameterBuffer

  /// Takes a lease on `buffer`; the caller keeps the buffer from being recycled meanwhile.
  init(_ buffer: ParameterBuffer) {
    self.buffer = buffer
    buffer.readers.add(1, ordering: .relaxed)
  }

  deinit {
    buffer.release()
  }

  /// The number of updates applied before these parameters came about; the least of its parts, if it mixes versions.
  public var version: Int { buffer.version }

  /// The number of parameters.
  public var count: Int { buffer.count }

  /// The flat parameter vector, `count` elements, valid while the snapshot lives.
  public var values: UnsafePointer<Float> { UnsafePointer(buffer.values) }
}

/// The latest parameters, readable by any thread while the next version is being computed.
///
/// This is read-copy-update: an update is written out of place into a buffer that nobody reads, and then takes the
/// place of the latest. A reader takes a lease under a lock that is held for a few instructions only, so a pull never
/// waits for an update in progress.
final class PublishedParameters: @unchecked Sendable {  // see the protection of each field
  private let lock = Lock()
  /// The latest version.
  ///
  /// Protected by `lock`; replaced by the one writer only.
  private var latest: ParameterBuffer
  /// Buffers that nobody reads, the most recently used last: it is the likeliest to be in a cache.
  ///
  /// Protected by `lock`.
  private var free: [ParameterBuffer] = []
  /// All buffers that there are.
  ///
  /// Protected by `lock`.
  private var total: Int
  /// The most of them that were in use at once.
  ///
  /// Protected by `lock`.
  private var peak = 1

  /// Creates storage whose first version is a copy of `initial`.
  ///
  /// - Parameters:
  ///   - initial: The first parameters.
  ///   - version: Their version.
  ///   - leases: The most snapshots that are held at once; with more, an update allocates another buffer.
  init(_ initial: [Float], version: Int, leases: Int) {
    latest = ParameterBuffer(count: initial.count)
    total = leases + 2
    // Every lease may pin a version of its own, besides the latest and the one being written. The memory of a buffer
    // that is never used is never touched, so it costs address space only.
    free.reserveCapacity(leases + 2)
    for _ in 0..<leases + 2 { free.append(ParameterBuffer(count: initial.count, home: self)) }
    latest = free.removeLast()
    latest.version = version
    latest.values.initialize(from: initial, count: initial.count)
    latest.readers.store(1, ordering: .relaxed)
  }

  /// Returns a lease on the latest version.
  ///
  /// Any thread may call it.
  func snapshot() -> ParameterSnapshot {
    lock.withLock { ParameterSnapshot(latest) }
  }

  /// Computes the next version out of place with `update(current, next)`, and publishes it.
  ///
  /// Only one thread at a time may call it: the server's.
  func publish(version: Int, _ update: (_ current: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>) -> Void) {
    let current = latest
    let next = lock.withLock { takeFree() } ?? ParameterBuffer(count: current.count, home: self)
    update(UnsafePointer(current.values), next.values)
    next.version = version
    // The slot has a lease of its own, so that nobody but the last reader after it finds the buffer free.
    next.readers.store(1, ordering: .relaxed)
    lock.withLock { latest = next }
    current.release()
  }

  /// Takes the buffer that is the next version's, and counts one that is not there yet; `lock` is held.
  private func takeFree() -> ParameterBuffer? {
    let next = free.popLast()
    if next == nil { total += 1 }
    peak = max(peak, total - free.count)
    return next
  }

  /// The most versions that were in memory at once, the one being written included: of what was allocated, no more was ever
  /// touched.
  var mostInUse: Int { lock.withLock { peak } }

  /// Takes back a buffer whose last lease is over; any thread may call it.
  fileprivate func reclaim(_ buffer: ParameterBuffer) {
    lock.withLock { free.append(buffer) }
  }
}
