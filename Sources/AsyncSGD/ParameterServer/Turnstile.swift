internal import Dispatch

/// Where one worker waits until the server lets it go on, and what it gets then.
final class Turnstile: @unchecked Sendable {  // the server writes before it signals, the worker reads after it waited
  private let semaphore = DispatchSemaphore(value: 0)
  private var snapshot: ParameterSnapshot?
  private var reply = PushReply.stopped

  /// Lets the worker go on; called by the server, once for each wait.
  ///
  /// - Parameters:
  ///   - reply: The answer to the worker's push.
  ///   - snapshot: Its new snapshot, or `nil` if it keeps the one it has.
  func open(_ reply: PushReply, snapshot: consuming ParameterSnapshot?) {
    self.reply = reply
    self.snapshot = consume snapshot
    semaphore.signal()
  }

  /// Blocks the worker's thread until the server lets it go on.
  func pass(snapshot: inout ParameterSnapshot) -> PushReply {
    semaphore.wait()
    if let new = self.snapshot.take() { snapshot = new }
    return reply
  }
}
