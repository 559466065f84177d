internal import AsyncSGD
internal import Foundation

/// Reads the scripts that describe clusters.
enum ScriptFile {
  /// The largest script that is read, in bytes.
  private static let mostBytes = 1 << 24

  /// Returns the cluster that a script describes.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - workers: The number of workers.
  /// - Returns: The cluster, which speaks of no other workers.
  /// - Throws: ``ScriptError``.
  static func cluster(at path: String, workers: Int) throws(ScriptError) -> ClusterDescription {
    let script = try text(at: path)
    let cluster: ClusterDescription
    do {
      cluster = try ClusterDescription(script: script)
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
    if let worker = cluster.missingWorker(of: workers) {
      throw .malformed(
        path: path, reason: "it speaks of worker \(worker), and there are \(workers) workers, from 0 on")
    }
    return cluster
  }

  /// Returns the faults for a live run that a script describes.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - workers: The number of workers.
  /// - Returns: A cluster that says nothing of what only the machine decides in a live run.
  /// - Throws: ``ScriptError``.
  static func faults(at path: String, workers: Int) throws(ScriptError) -> ClusterDescription {
    let cluster = try cluster(at: path, workers: workers)
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

  /// Returns what a file says.
  ///
  /// - Parameter path: The file.
  /// - Returns: Its text.
  /// - Throws: ``ScriptError``.
  static func text(at path: String) throws(ScriptError) -> String {
    guard let status = FileStatus(path: path) else { throw .notFound(path: path) }
    guard !status.isDirectory else { throw .malformed(path: path, reason: "it is a directory") }
    guard let data = FileManager.default.contents(atPath: path) else { throw .notFound(path: path) }
    guard data.count <= mostBytes, let text = String(data: data, encoding: .utf8) else {
      throw .malformed(path: path, reason: "it is no text")
    }
    return text
  }
}

/// A script that cannot be used.
enum ScriptError: Error, Hashable, CustomStringConvertible {
  /// There is no such file, or none that can be read.
  case notFound(path: String)
  /// The file says something that makes no sense.
  case malformed(path: String, reason: String)

  var description: String {
    switch self {
    case .notFound(let path): "cannot read the script '\(path)'"
    case .malformed(let path, let reason): "script '\(path)': \(reason)"
    }
  }
}
