internal import Dispatch
internal import Foundation

/// Turns Ctrl-C into an orderly end, where there is one, and into an immediate one otherwise.
///
/// SIGTERM does the same. A handler listens from its creation to its end, so that no moment is left in which a signal is lost, or ends the
/// process with another status.
final class InterruptHandler: @unchecked Sendable {  // `orderlyEnd` is used on `queue` only; `sources` never changes
  private static let signals = [SIGINT, SIGTERM]

  private let queue = DispatchQueue(label: "asgd.signals")
  private var sources: [any DispatchSourceSignal] = []
  /// What the next signal does instead of ending the process at once.
  private var orderlyEnd: (@Sendable () -> Void)?

  /// Begins to listen; until there is an orderly end, a signal ends the process at once.
  init() {
    sources = Self.signals.map { number in
      // The default action would end the process before the source hears of it.
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { [weak self] in self?.interrupt() }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in Self.signals { signal(number, SIG_DFL) }
  }

  /// Sets what the next signal does; the one after it ends the process at once again.
  ///
  /// - Parameter action: Called at most once, on a queue of the handler's.
  func endOrderly(by action: @escaping @Sendable () -> Void) {
    queue.sync { orderlyEnd = action }
  }

  private func interrupt() {
    guard let action = orderlyEnd.take() else {
      // Nothing is half-written: files are written beside their place and renamed.
      _exit(ExitCode.interrupted.rawValue)
    }
    action()
  }
}
