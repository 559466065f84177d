internal import Dispatch

/// The flight recorder: writes the events of a run to a file while it goes on.
///
/// Recording an event encodes it into memory under a lock, and never waits for the disk: blocks that are full, or half a second
/// old, are written on a queue of the writer's own. A run that is killed so loses half a second. The first failure ends the
/// recording and not the run; see ``failure``.
public final class RecordingWriter: EventRecorder, @unchecked Sendable {  // what threads share is protected by `lock`
  /// The usual payload of a block: some thousand events.
  private static let blockSize = 1 << 16
  /// The most bytes that may wait for the disk.
  private static let mostWaiting = 1 << 26

  private let path: String
  private let queue = DispatchQueue(label: "asgd.recording", qos: .utility)
  private let timer: any DispatchSourceTimer
  private let lock = Lock()

  /// Used on `queue`.
  private let file: RecordingFile
  private var fileHasFailed = false

  // Protected by `lock`.
  private var encoder = EventEncoder()
  private var block = BlockBuffer(payloadCapacity: blockSize)
  private var spareBlocks: [BlockBuffer] = []
  private var waitingBytes = 0
  private var events = 0
  private var isRecording = true
  private var firstFailure: RecordingError?

  /// Begins a recording; a file that is there is replaced.
  ///
  /// - Parameters:
  ///   - path: A regular file, or where one can be made.
  ///   - header: What is needed to repeat the run; written before the call returns.
  /// - Throws: ``RecordingError/unwritable(path:reason:)``.
  public init(path: String, header: RecordingHeader) throws(RecordingError) {
    self.path = path
    file = try RecordingFile(path: path)
    try HeaderEncoder(to: file).encode(header)
    timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + .milliseconds(500), repeating: .milliseconds(500), leeway: .milliseconds(50))
    timer.setEventHandler { [weak self] in self?.flush() }
    timer.activate()
  }

  deinit {
    timer.cancel()
    // Blocks that are to be written keep the writer alive: there are none any more.
    if isRecording, !fileHasFailed, block.payloadCount > 0 { try? file.append(block, .events) }
  }

  /// What has ended the recording before its time, if anything.
  public var failure: RecordingError? {
    lock.withLock { firstFailure }
  }

  /// Appends an event; for any thread.
  ///
  /// Does nothing after ``close()``, and nothing after a failure.
  public func record(_ event: RecordedEvent) {
    lock.withLock {
      guard isRecording else { return }
      let bound = EventEncoder.bound(event)
      if block.room < bound {
        handOver()
        if block.room < bound {
          guard bound <= RecordingFormat.largestPayload else {
            return fail(.unwritable(path: path, reason: "an event is of more than \(bound) bytes"))
          }
          block = BlockBuffer(payloadCapacity: bound)
        }
      }
      if block.payloadCount == 0 { encoder.beginBlock(event: events, in: block) }
      encoder.encode(event, into: block)
      events += 1
    }
  }

  /// Hands what was recorded so far to the system, without waiting for it.
  public func flush() {
    lock.withLock {
      if isRecording { handOver() }
    }
  }

  /// Writes what is left, waits until it is on the disk, and closes the file; does nothing the second time.
  ///
  /// - Throws: The first failure since the recording began.
  public func close() throws(RecordingError) {
    timer.cancel()
    lock.withLock {
      if isRecording { handOver() }
      isRecording = false
    }
    queue.sync {
      do throws(RecordingError) {
        try file.finish()
      } catch {
        lock.withLock { fail(error) }
      }
    }
    if let failure { throw failure }
  }

  /// Has the queue write the block at hand, if there is anything in it, and begins another; with the lock.
  private func handOver() {
    guard block.payloadCount > 0 else { return }
    let full = block
    waitingBytes += full.payloadCount
    block = spareBlocks.popLast() ?? BlockBuffer(payloadCapacity: Self.blockSize)
    // Put on the queue with the lock held, so that blocks are written in their order.
    queue.async { self.write(full) }
    if waitingBytes > Self.mostWaiting {
      fail(.unwritable(path: path, reason: "\(waitingBytes) bytes wait for the disk, which does not keep up"))
    }
  }

  /// Writes a block; on the queue.
  private func write(_ full: BlockBuffer) {
    if !fileHasFailed {
      do throws(RecordingError) {
        try file.append(full, .events)
      } catch {
        fileHasFailed = true
        lock.withLock { fail(error) }
      }
    }
    lock.withLock {
      waitingBytes -= full.payloadCount
      full.removeAll()
      if spareBlocks.count < 4, full.room == Self.blockSize { spareBlocks.append(full) }
    }
  }

  /// Ends the recording; with the lock.
  private func fail(_ error: RecordingError) {
    isRecording = false
    if firstFailure == nil { firstFailure = error }
  }
}
