internal import Dispatch
internal import Foundation
internal import Reporting

/// Turns Ctrl-C into an orderly end, where there is one, and into an immediate one otherwise.
///
/// SIGTERM does the same. A handler listens from its creation to its end, so that no moment is left in which a signal
/// is lost, or ends the process with another status.
package final class InterruptHandler: @unchecked Sendable {  // see the fields
  private static let signals = [SIGINT, SIGTERM]

  private let queue = DispatchQueue(label: "asgd.signals")
  /// Never changes after the creation.
  private var sources: [any DispatchSourceSignal] = []
  /// What the next signal does instead of ending the process at once; used on `queue` only.
  private var orderlyEnd: (@Sendable () -> Void)?

  /// Begins to listen; until there is an orderly end, a signal ends the process at once.
  ///
  /// Belongs at the begin of the process: threads that exist already could take the signals for themselves.
  package init() {
    sources = Self.signals.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    // A blocked signal waits until its source is there to take it. An ignored one would be lost until then, and any
    // other would end the process by its default action. New threads are born with the mask of this one.
    var set = Self.signalSet
    pthread_sigmask(SIG_BLOCK, &set, nil)
    for source in sources {
      source.setEventHandler { [weak self] in self?.interrupt() }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
    var set = Self.signalSet
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// Sets what the next signal does; the one after it ends the process at once again.
  ///
  /// - Parameter action: Called at most once, on a queue of the handler's.
  package func endOrderly(by action: @escaping @Sendable () -> Void) {
    queue.sync { orderlyEnd = action }
  }

  private static var signalSet: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals { sigaddset(&set, number) }
    return set
  }

  private func interrupt() {
    guard let action = orderlyEnd.take() else {
      let display = OutputDescriptor.standardError
      // Or the shell's prompt would stand behind the row of progress.
      if display.isTerminal { try? display.write("\n") }
      // Nothing is half-written: files are written beside their place and renamed.
      _exit(ExitCode.interrupted.rawValue)
    }
    action()
  }
}
