internal import Foundation
internal import Interchange
internal import Reporting

/// The file of `--json`: finished runs, each safe as soon as it is done, and in the end what they come to.
///
/// A comparison that was interrupted goes on from it. Runs with other settings are kept and marked, so that nothing is
/// lost by changing an option.
final class ComparisonFile {
  private let path: String
  private var descriptor: Int32?

  /// Creates the file, or replaces what is there.
  ///
  /// - Parameters:
  ///   - path: A regular file, or none yet.
  ///   - used: The runs of this comparison that there are already.
  ///   - others: Runs with other settings.
  /// - Throws: ``AtomicFileError``, ``OutputError``.
  init(path: String, used: [ComparisonRun], others: [ComparisonRun]) throws {
    self.path = path
    try Self.write(Self.lines(used, others), to: path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw OutputError(name: path, reason: String(cString: strerror(errno))) }
    self.descriptor = descriptor
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  /// Adds a run; when this returns it is on the disk.
  func append(_ run: ComparisonRun) throws {
    guard let descriptor else { preconditionFailure("the file is complete") }
    var text = run.json(as: .run) + "\n"
    let failure: Int32? = text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)[...]
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0, errno != EINTR { return errno }
        rest = rest.dropFirst(max(0, written))
      }
      return fsync(descriptor) == 0 ? nil : errno
    }
    if let failure { throw OutputError(name: path, reason: String(cString: strerror(failure))) }
  }

  /// Replaces the file by all of a finished comparison.
  func complete(_ used: [ComparisonRun], others: [ComparisonRun], results: [String]) throws {
    if let descriptor { close(descriptor) }
    descriptor = nil
    try Self.write(Self.lines(used, others) + results, to: path)
  }

  private static func lines(_ used: [ComparisonRun], _ others: [ComparisonRun]) -> [String] {
    used.map { $0.json(as: .run) } + others.map { $0.json(as: .unused) }
  }

  private static func write(_ lines: [String], to path: String) throws {
    try AtomicFile.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: path)
  }

  /// Reads the runs of an earlier comparison; none if there is no file.
  ///
  /// A last line that is damaged, because the process ended while it was written, is left out.
  ///
  /// - Throws: ``ComparisonFileError`` if the file is none of a comparison, or is damaged elsewhere.
  static func runs(at path: String) throws -> [ComparisonRun] {
    guard FileStatus(path: path) != nil else { return [] }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw OutputError(name: path, reason: "it cannot be read")
    }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var runs: [ComparisonRun] = []
    for (index, line) in lines.enumerated() where !line.isEmpty {
      let isLast = lines[(index + 1)...].allSatisfy(\.isEmpty)
      switch ComparisonRun.line(line) {
      case .run(let run): runs.append(run)
      case .derived: break
      case nil:
        // A file of somebody else may have a single line, too.
        let isOurs = index > 0 || line.starts(with: Array("{\"event\":\"run\",\"mode\":".utf8).prefix(line.count))
        guard isLast, isOurs else { throw ComparisonFileError(path: path, line: index + 1) }
      }
    }
    return runs
  }
}

/// A file that is none of `compare --json`, or is damaged.
struct ComparisonFileError: Error, Hashable, CustomStringConvertible {
  /// The file.
  let path: String
  /// The first line that makes no sense, from 1.
  let line: Int

  /// What is wrong, where, and what to do.
  var description: String {
    "'\(path)' is damaged, or no file of 'compare --json': line \(line) is no run and no result; move it out of the way, "
      + "or name another file"
  }
}
