internal import Dispatch
internal import Foundation
internal import Synchronization

/// Turns Ctrl-C into an orderly end, and a second Ctrl-C into an immediate one.
///
/// SIGTERM does the same.
final class InterruptHandler: @unchecked Sendable {  // `sources` does not change after `init`
  private let sources: [any DispatchSourceSignal]
  private let interruptions = Atomic<Int>(0)

  /// Begins to listen.
  ///
  /// - Parameter onFirst: Called for the first signal, on a queue of the handler's.
  init(onFirst: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "asgd.signals")
    sources = [SIGINT, SIGTERM].map { number in
      // The default action would end the process before the source hears of it.
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { [unowned self] in
        if interruptions.add(1, ordering: .relaxed).newValue == 1 {
          onFirst()
        } else {
          // Nothing is half-written: files are written beside their place and renamed.
          _exit(ExitCode.interrupted.rawValue)
        }
      }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }
}
