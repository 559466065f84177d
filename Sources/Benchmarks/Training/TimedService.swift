internal import AsyncSGD
internal import Foundation

/// One worker's way to the server, which books where the worker's time on a core goes.
///
/// A worker's step is: gather a minibatch, take a gradient buffer, compute, push. So the calls of the service divide its
/// time into data, gradient and server, and nothing in the trainer has to be timed.
final class TimedService: ServiceDecorator, @unchecked Sendable {  // used by its worker, by others when that is done
  /// Where the time went, in seconds on a core.
  struct Account {
    var data = 0.0
    var gradient = 0.0
    var server = 0.0
    /// Seconds that pushes were under way while the worker was not on a core: it waited for the server, or for a core.
    var blocked = 0.0
  }

  /// The server.
  let base: any ParameterService
  /// The sums so far.
  private(set) var account = Account()
  /// The last moment that was booked, on the clock of `thread`.
  private var mark = 0.0
  private var thread: pthread_t?

  /// Creates a way to `base`.
  init(_ base: any ParameterService) {
    self.base = base
  }

  func pull(worker: Int, into snapshot: inout ParameterSnapshot) {
    book(nil)
    base.pull(worker: worker, into: &snapshot)
    book(\.server)
  }

  func takeGradientBuffer() -> GradientBuffer {
    book(\.data)
    let buffer = base.takeGradientBuffer()
    book(\.server)
    return buffer
  }

  func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
    book(\.gradient)
    let (start, begin) = (monotonicSeconds(), mark)
    let reply = base.push(push, snapshot: &snapshot)
    book(\.server)
    account.blocked += max(0, (monotonicSeconds() - start) - (mark - begin))
    return reply
  }

  func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    let reply = base.wait(worker: worker, snapshot: &snapshot)
    book(\.server)
    return reply
  }

  /// Adds the time since the last moment to a sum, or to none.
  ///
  /// A worker's queue may go on with another thread after a pause between epochs. What such a thread did before is
  /// unknown, and not booked.
  private func book(_ sum: WritableKeyPath<Account, Double>?) {
    let now = threadSeconds()
    let caller = pthread_self()
    if let sum, let thread, pthread_equal(thread, caller) != 0 { account[keyPath: sum] += now - mark }
    thread = caller
    mark = now
  }
}
