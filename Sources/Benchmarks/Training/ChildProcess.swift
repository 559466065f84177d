internal import Foundation
internal import Synchronization

/// This program in a process of its own, for one measurement.
enum ChildProcess {
  /// The process under way, or 0.
  private static let current = Atomic<Int32>(0)

  /// Runs this program for one measurement.
  ///
  /// - Parameter arguments: A command with options, without `--json`.
  /// - Returns: The one record that it wrote.
  /// - Throws: ``BenchmarkError/childFailed(arguments:reason:)``, after the child has said why on standard error.
  static func measure(_ arguments: [String]) throws -> BenchmarkRecord {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-bench-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments = arguments + ["--json", file.path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    current.store(process.processIdentifier, ordering: .releasing)
    process.waitUntilExit()
    current.store(0, ordering: .releasing)
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw BenchmarkError.childFailed(
        arguments: arguments,
        reason: process.terminationReason == .exit
          ? "ended with status \(process.terminationStatus)" : "was ended by signal \(process.terminationStatus)")
    }
    guard let record = try BenchmarkRecord.records(json: Data(contentsOf: file)).first else {
      throw BenchmarkError.childFailed(arguments: arguments, reason: "has no result")
    }
    return record
  }

  /// Ends the process under way, if there is one.
  static func terminate() {
    let identifier = current.load(ordering: .acquiring)
    if identifier != 0 { kill(identifier, SIGTERM) }
  }
}
