import Foundation
import Testing

/// A process of the built program, whose outputs are read while it runs.
///
/// Nothing here sleeps: every wait is for something that the process does, and ends with a failure and the death of the
/// process if it does not do it within ``patience``.
final class CommandRun {
  /// How a process ended, and what it said.
  struct Outcome {
    /// The exit status, or `nil` if a signal ended the process.
    let exitCode: Int32?
    /// All of standard output.
    let output: String
    /// All of standard error.
    let errors: String
  }

  /// A process that did not do what was waited for.
  struct TimeOut: Error, CustomStringConvertible {
    let description: String
  }

  /// Seconds after which a wait is given up; far more than any of these runs takes on a busy machine.
  private static let patience = 120.0

  /// The trainer.
  static let program = program(named: "asgd-train")

  /// A program that `swift build` made beside this test bundle, whatever the build directory and configuration.
  static func program(named name: String) -> URL {
    // Where the bundle is loaded by a helper of the toolchain, an argument names it.
    let arguments = CommandLine.arguments
    let starts = [arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] }, arguments.first]
    for start in starts.compactMap({ $0 }) {
      var directory = URL(fileURLWithPath: start).resolvingSymlinksInPath().deletingLastPathComponent()
      while directory.path != "/" {
        let candidate = directory.appendingPathComponent(name)
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isDirectory), !isDirectory.boolValue {
          return candidate
        }
        directory.deleteLastPathComponent()
      }
    }
    preconditionFailure("there is no \(name) beside the tests, at \(arguments.first ?? "nowhere")")
  }

  private let process = Process()
  private let output = GrowingText()
  private let errors = GrowingText()
  private let end = DispatchSemaphore(value: 0)

  /// Starts the program, in a directory without data sets unless told otherwise.
  convenience init(_ arguments: [String], in directory: String = "/", unreadOutput: FileHandle? = nil) throws {
    try self.init(Self.program, arguments, in: directory, environment: [:], unreadOutput: unreadOutput)
  }

  /// Starts another program; the arguments have spaces between them.
  convenience init(_ program: URL, _ arguments: String, in directory: String) throws {
    try self.init(
      program, arguments.split(separator: " ").map(String.init), in: directory, environment: [:], unreadOutput: nil)
  }

  /// Starts the program; the arguments have spaces between them.
  convenience init(_ arguments: String, in directory: String = "/", unreadOutput: FileHandle? = nil) throws {
    try self.init(arguments.split(separator: " ").map(String.init), in: directory, unreadOutput: unreadOutput)
  }

  /// Starts a shell command in which `$PROGRAM` is the program.
  convenience init(shell command: String, in directory: String) throws {
    try self.init(
      URL(fileURLWithPath: "/bin/sh"), ["-c", command], in: directory, environment: ["PROGRAM": Self.program.path],
      unreadOutput: nil)
  }

  private init(
    _ executable: URL, _ arguments: [String], in directory: String, environment: [String: String],
    unreadOutput: FileHandle?
  ) throws {
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    if let unreadOutput {
      process.standardOutput = unreadOutput
      output.close()
    } else {
      process.standardOutput = output.pipe()
    }
    process.standardError = errors.pipe()
    process.terminationHandler = { [end] _ in end.signal() }
    try process.run()
  }

  /// Runs the program to its end.
  static func run(_ arguments: [String], in directory: String = "/") throws -> Outcome {
    try CommandRun(arguments, in: directory).wait()
  }

  /// Runs the program to its end; the arguments have spaces between them.
  static func run(_ arguments: String, in directory: String = "/") throws -> Outcome {
    try run(arguments.split(separator: " ").map(String.init), in: directory)
  }

  /// Waits until a line of standard error satisfies `isExpected`.
  func waitForErrorLine(_ isExpected: (Substring) -> Bool) throws {
    let isThere = errors.wait(seconds: Self.patience) { text in
      text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().contains(where: isExpected)
    }
    if !isThere { throw giveUp("an expected line on standard error") }
  }

  /// Waits until there is a line of standard output.
  func waitForOutput() throws {
    if !output.wait(seconds: Self.patience, until: { $0.contains("\n") }) { throw giveUp("a line of output") }
  }

  /// Sends what Ctrl-C sends.
  func interrupt() {
    process.interrupt()
  }

  /// Waits for the end of the process and of its outputs.
  func wait() throws -> Outcome {
    guard end.wait(timeout: .now() + Self.patience) == .success else { throw giveUp("the end of the process") }
    for text in [output, errors] where !text.waitForEnd(seconds: Self.patience) {
      throw giveUp("the end of its output")
    }
    return Outcome(
      exitCode: process.terminationReason == .exit ? process.terminationStatus : nil, output: output.text,
      errors: errors.text)
  }

  private func giveUp(_ what: String) -> TimeOut {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    let arguments = (process.arguments ?? []).joined(separator: " ")
    return TimeOut(
      description:
        "waited in vain for \(what) of '\(process.executableURL?.path ?? "") \(arguments)'\n\(output.text)\n\(errors.text)"
    )
  }
}

/// What has come out of a pipe so far, read by a thread of its own.
private final class GrowingText: @unchecked Sendable {  // `bytes` and `hasEnded` are protected by `condition`
  private let condition = NSCondition()
  private var bytes: [UInt8] = []
  private var hasEnded = false

  /// Returns a new pipe for a process to write to, and begins to read it.
  func pipe() -> Pipe {
    let pipe = Pipe()
    Thread.detachNewThread { [self] in
      while true {
        let data = pipe.fileHandleForReading.availableData
        guard !data.isEmpty else { break }
        condition.withLock {
          bytes += data
          condition.broadcast()
        }
      }
      close()
    }
    return pipe
  }

  /// Notes that nothing more will come.
  func close() {
    condition.withLock {
      hasEnded = true
      condition.broadcast()
    }
  }

  /// What has come so far.
  var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

  /// Waits until the text satisfies `isEnough`; returns false if it ends or time runs out before.
  func wait(seconds: Double, until isEnough: (String) -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    return condition.withLock {
      while !isEnough(String(decoding: bytes, as: UTF8.self)) {
        if hasEnded || !condition.wait(until: deadline) { return false }
      }
      return true
    }
  }

  /// Waits until nothing more will come; returns false if time runs out before.
  func waitForEnd(seconds: Double) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    return condition.withLock {
      while !hasEnded {
        if !condition.wait(until: deadline) { return false }
      }
      return true
    }
  }
}
