internal import Dispatch

/// One worker's way into the server: room for the arguments and the answer of a call, and the work item that carries it.
///
/// `queue.sync { assumeIsolated { … } }` with closures that capture the arguments allocates four times a call: Dispatch
/// copies its block, and `assumeIsolated` boxes its closure. A port does both once, when the worker is set up.
///
/// A port belongs to its worker's thread, and to the server's queue while that thread is inside ``enter(_:on:_:snapshot:)``.
final class ServerPort: @unchecked Sendable {
  /// What the worker asks for.
  enum Request {
    /// The latest parameters.
    case pull
    /// To hand over a gradient; `nonFiniteIndex` is its first element that is not finite.
    case push(GradientPush, nonFiniteIndex: Int?)
    /// The latest parameters, instead of finishing a calculation.
    case restart
    /// To be waited for no longer.
    case leave
    /// To take part, with the latest parameters.
    case join
  }

  let worker: Int
  private(set) var request = Request.pull
  /// When the request was made, in nanoseconds of uptime.
  private(set) var enteredAt: UInt64 = 0
  var snapshot: ParameterSnapshot?
  var reply = PushReply.stopped
  private unowned(unsafe) var server: ParameterServer?
  private var workItem = DispatchWorkItem {}

  init(worker: Int) {
    self.worker = worker
    let serve = Self.serve
    workItem = DispatchWorkItem { [unowned self] in
      guard let server else { preconditionFailure("a port was entered without a server") }
      server.preconditionIsolated()
      serve(server, self)
    }
  }

  /// Whether a gradient is handed over.
  var isPush: Bool {
    if case .push = request { true } else { false }
  }

  /// ``ParameterServer/serve(_:)`` without its isolation, which the work item checks before the call.
  ///
  /// This is the cast that `assumeIsolated` makes on each call: a function is represented alike with and without its
  /// isolation. Made once, it allocates once.
  private static let serve = unsafeBitCast(
    { @Sendable (server: isolated ParameterServer, port: ServerPort) in server.serve(port) }
      as @Sendable (isolated ParameterServer, ServerPort) -> Void,
    to: (@Sendable (ParameterServer, ServerPort) -> Void).self)

  /// Carries a request out on the server's queue, and blocks until it is answered.
  ///
  /// - Parameters:
  ///   - server: The server, which outlives the call.
  ///   - queue: Its queue; the caller is not on it.
  ///   - request: What is asked for.
  ///   - snapshot: The worker's snapshot, which the server replaces if the worker goes on.
  /// - Returns: The server's answer.
  func enter(
    _ server: ParameterServer, on queue: DispatchQueue, _ request: Request, snapshot: inout ParameterSnapshot
  ) -> PushReply {
    self.server = server
    self.request = request
    enteredAt = DispatchTime.now().uptimeNanoseconds
    self.snapshot = consume snapshot
    queue.sync(execute: workItem)
    guard let returned = self.snapshot.take() else { preconditionFailure("the server kept a worker's snapshot") }
    snapshot = returned
    // A gradient buffer that was handed over is the server's alone.
    self.request = .pull
    return reply
  }
}
