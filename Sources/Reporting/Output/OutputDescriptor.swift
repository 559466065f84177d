internal import Foundation

/// A place that text goes to: a file, a pipe or a terminal that is open already.
public struct OutputDescriptor: Sendable {
  /// The process's results.
  public static let standardOutput = OutputDescriptor(STDOUT_FILENO, name: "standard output")
  /// The process's progress and complaints.
  public static let standardError = OutputDescriptor(STDERR_FILENO, name: "standard error")

  let descriptor: Int32
  private let name: String

  init(_ descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// Takes the places of standard streams that the process was started without, before a file can get them.
  ///
  /// Results for a closed standard output would otherwise end up in whatever was opened first. What takes the place
  /// can not be written to, so that a write is the error that it would have been.
  public static func reserveStandardDescriptors() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest free number is the one that was found closed.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Whether somebody looks at the text on a terminal that understands escape codes.
  public var isTerminal: Bool {
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] ?? "dumb" != "dumb"
  }

  /// The width of the terminal in columns, or `nil` if it is none or does not say.
  public var terminalWidth: Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes all of `text`, blocking until the system has taken it.
  ///
  /// A reader that has gone away is an error like any other: the signal that the system would send is held back.
  ///
  /// - Parameter text: What to write, as UTF-8.
  /// - Throws: ``OutputError``; some of the text may have been written.
  public func write(_ text: String) throws(OutputError) {
    var text = text
    let reason = text.withUTF8 { bytes in withoutPipeSignal { writeAll(UnsafeRawBufferPointer(bytes)) } }
    if let reason { throw OutputError(name: name, reason: reason) }
  }

  /// Returns what went wrong, or `nil`.
  private func writeAll(_ bytes: UnsafeRawBufferPointer) -> String? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let slice = UnsafeRawBufferPointer(rebasing: rest)
      let written = Foundation.write(descriptor, slice.baseAddress, slice.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        // Somebody who shares the descriptor has made it non-blocking.
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&request, 1, -1)
      } else if errno != EINTR {
        return String(cString: strerror(errno))
      }
    }
    return nil
  }
}

/// Text that could not be written.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, or what the output is called.
  public let name: String
  /// The system's reason, such as `No space left on device`.
  public let reason: String

  /// Creates an error.
  public init(name: String, reason: String) {
    self.name = name
    self.reason = reason
  }

  /// Whether whoever read the text has gone away, as `head` does when it has seen enough.
  public var isReaderGone: Bool { reason == String(cString: strerror(EPIPE)) }

  /// What could not be written, and why.
  public var description: String { "cannot write '\(name)': \(reason)" }
}

/// Returns what `body` returns; a SIGPIPE that its writes cause reaches nobody.
///
/// The signal goes to the writing thread alone, so that blocking it there and taking it back leaves the rest of the
/// process, and what it has decided about SIGPIPE, as they were.
private func withoutPipeSignal<Result>(_ body: () -> Result) -> Result {
  var pipeSignal = sigset_t()
  var oldMask = sigset_t()
  sigemptyset(&pipeSignal)
  sigaddset(&pipeSignal, SIGPIPE)
  pthread_sigmask(SIG_BLOCK, &pipeSignal, &oldMask)
  let wasPending = isPipeSignalPending()
  let result = body()
  if !wasPending, isPipeSignalPending() {
    var signal: Int32 = 0
    sigwait(&pipeSignal, &signal)
  }
  pthread_sigmask(SIG_SETMASK, &oldMask, nil)
  return result
}

private func isPipeSignalPending() -> Bool {
  var pending = sigset_t()
  sigpending(&pending)
  return sigismember(&pending, SIGPIPE) == 1
}
