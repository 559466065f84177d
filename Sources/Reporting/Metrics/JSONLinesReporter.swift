public import AsyncSGD
internal import Foundation

/// Writes a run's events to a file, one JSON object a line, for `--metrics FILE`.
///
/// Each line reaches the system as soon as its event does, so the file can be followed and survives a crash of the
/// process. The first error ends the file; the run goes on, and ``failure`` tells about it.
public final class JSONLinesReporter: TrainingObserver {
  private let output: OutputDescriptor
  private let moreArguments: [String]
  /// The first error, after which nothing is written.
  private let firstFailure = Locked<OutputError?>(nil)

  /// Creates the file at `path`, or empties the one that is there, or goes on with it.
  ///
  /// - Parameters:
  ///   - path: The file; a pipe or a device will do.
  ///   - appends: Whether what is there stays, because the run goes on.
  ///   - moreArguments: Options that repeat the run and that its description does not know.
  /// - Throws: ``OutputError`` if the file cannot be opened.
  public init(path: String, appends: Bool = false, moreArguments: [String] = []) throws(OutputError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw OutputError(name: path, reason: String(cString: strerror(errno))) }
    output = OutputDescriptor(descriptor, name: path)
    self.moreArguments = moreArguments
  }

  deinit { close(output.descriptor) }

  /// Why lines are missing from the file, or `nil` if none are.
  public var failure: OutputError? { firstFailure.withLock { $0 } }

  /// Writes the line of `event`, blocking until the system has taken it.
  ///
  /// A glance at a run whose course does not depend on the wall's clock is left out: the lines of such a run are the same each
  /// time, but for what is measured of the machine.
  public func observe(_ event: TrainingEvent) {
    if case .progress(let progress) = event, progress.isGlance { return }
    write(event.json(moreArguments: moreArguments))
  }

  /// Writes the last line of a run without gradients.
  ///
  /// - Parameters:
  ///   - report: What came of it.
  ///   - run: What was run.
  public func report(_ report: TimingReport, of run: RunDescription) {
    write(JSONObject(report, of: run))
  }

  private func write(_ object: JSONObject) {
    firstFailure.withLock { failure in
      guard failure == nil else { return }
      do throws(OutputError) {
        try output.write(object.text + "\n")
      } catch {
        failure = error
      }
    }
  }
}
