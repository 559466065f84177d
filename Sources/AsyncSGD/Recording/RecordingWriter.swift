internal import Dispatch

/// The flight recorder: writes the events of a run to a file while it goes on.
///
/// Recording an event encodes it into memory under a lock, and never waits for the disk: blocks that are complete are written on
/// a queue of the writer's own. Blocks are small while there are few events, and a run that lives in the time of the wall ends
/// one every tenth of a second besides: so a run that is killed loses a tenth of a second, or an eighth of its events and 16
/// more. The first failure ends the recording and not the run; see ``failure``.
public final class RecordingWriter: EventRecorder, @unchecked Sendable {  // what threads share is protected by `lock`
  /// The usual room of a block, which suffices for ``mostEvents`` of the usual kind.
  private static let blockSize = 1 << 14
  /// The blocks that are kept to be used again: more are made only if the disk falls behind.
  private static let mostSpares = 16
  /// The events of a block, at most: a block more costs 30 bytes.
  private static let mostEvents = 256
  /// The events of a block, if nothing else ends it.
  private static let fewestEvents = 16
  /// The most bytes that may wait for the disk.
  private static let mostWaiting = 1 << 26

  private let path: String
  private let queue = DispatchQueue(label: "asgd.recording", qos: .utility)
  /// Ends blocks as time goes by; `nil` where only events do.
  private let timer: (any DispatchSourceTimer)?
  /// Wakes the queue, without an allocation, when a block is complete.
  private let signal: any DispatchSourceUserDataAdd
  private let lock = Lock()

  /// Used on `queue`.
  private let file: RecordingFile
  private var fileHasFailed = false

  // Protected by `lock`.
  private var encoder = EventEncoder()
  private var block = BlockBuffer(payloadCapacity: blockSize)
  /// The number of the block's first event, and how many there may be.
  private var firstEvent = 0
  private var eventsOfBlock = fewestEvents
  private var spareBlocks: [BlockBuffer]
  /// Complete blocks that are not written yet, in order.
  private var waiting: [BlockBuffer] = []
  private var waitingBytes = 0
  private var events = 0
  private var isRecording = true
  private var firstFailure: RecordingError?

  /// Begins a recording; a file that is there is replaced.
  ///
  /// - Parameters:
  ///   - path: A regular file, or where one can be made.
  ///   - header: What is needed to repeat the run; written before the call returns.
  ///   - watchesClock: Whether blocks end as time goes by, too. Where they do not, equal events make equal bytes: for runs in
  ///     virtual time.
  /// - Throws: ``RecordingError/unwritable(path:reason:)``.
  public init(path: String, header: RecordingHeader, watchesClock: Bool = true) throws(RecordingError) {
    self.path = path
    file = try RecordingFile(path: path)
    try HeaderEncoder(to: file).encode(header)
    spareBlocks = (0..<Self.mostSpares).map { _ in BlockBuffer(payloadCapacity: Self.blockSize) }
    signal = DispatchSource.makeUserDataAddSource(queue: queue)
    timer = watchesClock ? DispatchSource.makeTimerSource(queue: queue) : nil
    waiting.reserveCapacity(Self.mostSpares)
    timer?.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(100), leeway: .milliseconds(10))
    signal.setEventHandler { [weak self] in self?.writeWaiting() }
    timer?.setEventHandler { [weak self] in self?.flush() }
    signal.activate()
    timer?.activate()
  }

  deinit {
    timer?.cancel()
    signal.cancel()
    // Nobody else has the writer any more, on the queue or elsewhere.
    if isRecording { handOver() }
    writeWaiting()
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
      if block.payloadCount == 0 {
        encoder.beginBlock(event: events, in: block)
        firstEvent = events
        eventsOfBlock = min(Self.mostEvents, max(Self.fewestEvents, events / 8))
      }
      encoder.encode(event, into: block)
      events += 1
      if events - firstEvent >= eventsOfBlock { handOver() }
    }
  }

  /// Ends the block at hand, so that what was recorded so far is handed to the system, without waiting for it.
  public func flush() {
    lock.withLock {
      if isRecording { handOver() }
    }
  }

  /// Writes what is left, waits until it is on the disk, and closes the file; does nothing the second time.
  ///
  /// - Throws: The first failure since the recording began.
  public func close() throws(RecordingError) {
    timer?.cancel()
    lock.withLock {
      if isRecording { handOver() }
      isRecording = false
    }
    queue.sync {
      writeWaiting()
      signal.cancel()
      do throws(RecordingError) {
        try file.finish()
      } catch {
        lock.withLock { fail(error) }
      }
    }
    if let failure { throw failure }
  }

  /// Waits until all blocks that are complete by now are written.
  func writeCompleteBlocks() {
    queue.sync { writeWaiting() }
  }

  /// Lets the block at hand wait to be written, if there is anything in it, and begins another; with the lock.
  private func handOver() {
    guard block.payloadCount > 0 else { return }
    waitingBytes += block.payloadCount
    waiting.append(block)
    block = spareBlocks.popLast() ?? BlockBuffer(payloadCapacity: Self.blockSize)
    signal.add(data: 1)
    if waitingBytes > Self.mostWaiting {
      fail(.unwritable(path: path, reason: "\(waitingBytes) bytes wait for the disk, which does not keep up"))
    }
  }

  /// Writes the blocks that wait, in order; on the queue.
  private func writeWaiting() {
    while let next = lock.withLock({ waiting.isEmpty ? nil : waiting.removeFirst() }) {
      if !fileHasFailed {
        do throws(RecordingError) {
          try file.append(next, .events)
        } catch {
          fileHasFailed = true
          lock.withLock { fail(error) }
        }
      }
      lock.withLock {
        waitingBytes -= next.payloadCount
        next.removeAll()
        if spareBlocks.count < Self.mostSpares, next.room == Self.blockSize { spareBlocks.append(next) }
      }
    }
  }

  /// Ends the recording; with the lock.
  private func fail(_ error: RecordingError) {
    isRecording = false
    if firstFailure == nil { firstFailure = error }
  }
}
