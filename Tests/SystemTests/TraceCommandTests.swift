import AsyncSGD
import Foundation
import Testing

/// The command `trace`, as a process.
@Suite("The command trace")
struct TraceCommandTests {
  /// Writes a recording of two workers that take turns.
  private static func record(at path: String, updates: Int) throws {
    let settings = ["workers": "2", "mode": "async", "seed": "1"]
    let writer = try RecordingWriter(path: path, header: RecordingHeader(settings: settings))
    for update in 0..<updates {
      writer.record(
        .push(
          RecordedPush(
            worker: update % 2, baseVersion: max(0, update - 1), version: update, minibatches: [update],
            fate: .applied, loss: 1, pulledAt: 10 * update, startedAt: 10 * update, pushedAt: 10 * update + 15,
            arrivedAt: 10 * update + 17)))
    }
    writer.record(.end(RecordedEnd(version: updates, hash: 7, position: updates, microseconds: 10 * updates + 20)))
    try writer.close()
  }

  @Test("prints a table, chosen events, or JSON Lines")
  func output() throws {
    let directory = try TemporaryDirectory()
    try Self.record(at: directory.file("run.asgd"), updates: 100)
    let table = try CommandRun.run("trace run.asgd", in: directory.path)
    #expect(table.exitCode == 0 && table.errors.isEmpty)
    #expect(table.output.split(separator: "\n").count { $0.hasSuffix("  applied") } == 100)
    #expect(table.output.contains("law of staleness  staleness 99 + age 1 = (2 - 1) × 100 updates, exact\n"))

    let some = try CommandRun.run("trace run.asgd --worker 1 --from 50 --limit 3", in: directory.path)
    #expect(some.output.split(separator: "\n").count { $0.hasSuffix("  applied") } == 3)
    #expect(some.output.contains("\n   51 "))
    #expect(some.output.contains("\nand 22 more events\n"))

    let summary = try CommandRun.run("trace run.asgd --summary", in: directory.path)
    #expect(!summary.output.contains("applied") && summary.output.contains("updates           100\n"))

    let json = try CommandRun.run("trace run.asgd --json", in: directory.path)
    let objects = try json.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.count == 103)
    #expect(objects.first?["event"] as? String == "recording")
    #expect(objects[7]["sequence"] as? Int == 6)
    #expect(objects.last?["event"] as? String == "summary")
  }

  @Test("writes a trace for viewers, with the summary on standard output")
  func chromeTrace() throws {
    let directory = try TemporaryDirectory()
    try Self.record(at: directory.file("run.asgd"), updates: 10)
    let outcome = try CommandRun.run("trace run.asgd --chrome-trace run.json", in: directory.path)
    #expect(outcome.exitCode == 0)
    #expect(!outcome.output.contains("applied") && outcome.output.contains("updates           10\n"))
    let trace = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: directory.file("run.json"))))
    #expect(((trace as? [String: Any])?["traceEvents"] as? [Any])?.count ?? 0 > 30)
  }

  @Test("ends quietly when the reader has seen enough")
  func closedOutput() throws {
    let directory = try TemporaryDirectory()
    // Far more than a pipe holds.
    try Self.record(at: directory.file("run.asgd"), updates: 20_000)
    for options in ["", "--json"] {
      let command = "{ $PROGRAM trace run.asgd \(options); echo \"status $?\" >&2; } | head -n 1"
      let outcome = try CommandRun(shell: command, in: directory.path).wait()
      #expect(outcome.errors == "status 0\n")
      #expect(outcome.output.split(separator: "\n").count == 1)
    }
  }

  @Test("ends with the code that tells what is wrong")
  func exitCodes() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.asgd")
    try Self.record(at: path, updates: 10)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - 5] ^= 1
    try bytes.write(to: URL(fileURLWithPath: directory.file("damaged.asgd")))
    try Data("hello".utf8).write(to: URL(fileURLWithPath: directory.file("text")))
    for (arguments, code, message) in [
      ("trace", 64, "trace needs a recording"),
      ("trace run.asgd --worker 2", 64, "there is no worker 2"),
      ("trace run.asgd --chrome-trace run.asgd", 64, "'--chrome-trace' and the recording name the same file"),
      ("trace damaged.asgd", 65, "'damaged.asgd' is damaged: block 1 at byte"),
      ("trace text", 65, "'text' is no recording of asgd-train"),
      ("trace missing.asgd", 66, "there is no recording 'missing.asgd'"),
      ("trace .", 66, "cannot read '.': it is a directory"),
      ("trace run.asgd --chrome-trace missing/run.json", 73, "cannot write 'missing/run.json'"),
      ("trace run.asgd --chrome-trace .", 73, "cannot write '.': it is a directory"),
    ] {
      let outcome = try CommandRun.run(arguments, in: directory.path)
      #expect(outcome.exitCode == Int32(code), "\(arguments)")
      #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }
}
