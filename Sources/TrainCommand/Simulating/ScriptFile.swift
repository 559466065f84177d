internal import AsyncSGD

/// Reads the scripts that describe clusters.
enum ScriptFile {
  /// The largest script that is read, in bytes.
  private static let mostBytes = 1 << 24

  /// Reads a script.
  ///
  /// - Parameter path: The file.
  /// - Returns: What it says, which may be of any workers.
  /// - Throws: ``ScriptError``.
  static func script(at path: String) throws(ScriptError) -> ClusterScript {
    let script = try text(at: path)
    var unreadable: InputFileError?
    do {
      return try ClusterScript(script) { path in
        do throws(InputFileError) {
          return try InputFile.contents(of: path)
        } catch {
          unreadable = error
          throw error
        }
      }
    } catch {
      if let unreadable { throw .unreadableFile(path: path, unreadable) }
      throw .malformed(path: path, reason: "\(error)")
    }
  }

  /// Returns the faults for a live run that a script describes.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - workers: The number of workers.
  /// - Returns: A cluster that says nothing of what only the machine decides in a live run.
  /// - Throws: ``ScriptError``.
  static func faults(at path: String, workers: Int) throws(ScriptError) -> ClusterDescription {
    let script = try script(at: path)
    try check(script, at: path, workers: workers)
    let cluster = script.cluster
    let virtual = cluster.virtualOnly
    guard virtual.isEmpty else {
      throw .malformed(
        path: path,
        reason:
          "a live run has this machine's times and no network, so it cannot have \(oneOf(virtual)): leave that to "
          + "'asgd-train simulate --script', and keep speeds of 1 or less, and faults")
    }
    return cluster
  }

  /// Makes sure that a script speaks of workers that there are.
  ///
  /// - Parameters:
  ///   - script: The script.
  ///   - path: Where it was read.
  ///   - workers: The number of workers.
  /// - Throws: ``ScriptError``.
  static func check(_ script: ClusterScript, at path: String, workers: Int) throws(ScriptError) {
    guard let (worker, line) = script.missingWorker(of: workers) else { return }
    throw .missingWorker(path: path, line: line, worker: worker, workers: workers)
  }

  /// Returns what a file says.
  ///
  /// - Parameter path: The file.
  /// - Returns: Its text.
  /// - Throws: ``ScriptError``.
  static func text(at path: String) throws(ScriptError) -> String {
    let bytes: [UInt8]
    do { bytes = try InputFile.contents(of: path) } catch { throw .unreadable(path: path, reason: error.reason) }
    guard bytes.count <= mostBytes, let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed(path: path, reason: "it is no text")
    }
    return text
  }
}

/// A script that cannot be used.
enum ScriptError: Error, Hashable, CustomStringConvertible {
  /// There is no such file, or none that can be read.
  case unreadable(path: String, reason: String)
  /// A file of durations that the script names is not there, or cannot be read.
  case unreadableFile(path: String, InputFileError)
  /// The file says something that makes no sense.
  case malformed(path: String, reason: String)
  /// The file speaks of a worker that the run does not have.
  case missingWorker(path: String, line: Int, worker: Int, workers: Int)
  /// Both the file and `--delays` say how long a gradient takes.
  case delaysSaidTwice(path: String, line: Int)

  var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read the script '\(path)': \(reason)"
    case .unreadableFile(let path, let error): "script '\(path)': \(error)"
    case .malformed(let path, let reason): "script '\(path)': \(reason)"
    case .missingWorker(let path, let line, let worker, let workers):
      "script '\(path)': line \(line) speaks of worker \(worker), and "
        + (workers == 1 ? "there is 1 worker, number 0" : "there are \(workers) workers, from 0 to \(workers - 1)")
    case .delaysSaidTwice(let path, let line):
      "'--delays' and 'compute' in line \(line) of the script '\(path)' both say how long a gradient takes: drop one"
    }
  }
}
