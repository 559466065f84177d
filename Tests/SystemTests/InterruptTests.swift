import Foundation
import Interchange
import Testing

@Suite("Ctrl-C")
struct InterruptTests {
  /// More epochs than any test waits for.
  private static let endless = "--epochs 100000"

  @Test("prints the results so far, writes the checkpoint and ends with 130; the run can go on")
  func orderly() throws {
    let data = try TinyMNIST()
    let checkpoint = data.directory.file("c")
    let problem = "--dataset mnist --data-dir \(data.path)"
    let run = try CommandRun(
      "\(problem) --model softmax \(Self.endless) --workers 3 --checkpoint \(checkpoint) --metrics "
        + data.directory.file("m"))
    try run.waitForErrorLine { $0.hasPrefix("    2 ") }
    run.interrupt()
    let outcome = try run.wait()
    #expect(outcome.exitCode == 130)
    #expect(
      outcome.errors.contains(
        "\ninterrupted: finishing the minibatches in flight; Ctrl-C again stops at once\n"))
    #expect(
      outcome.errors.contains(/\ninterrupted after [0-9,]+ updates\nto go on: asgd-train .*\n$/),
      "\(outcome.errors.suffix(200))")
    #expect(
      outcome.errors.hasSuffix(
        "\nto go on: asgd-train --data-dir \(data.path) --resume \(checkpoint) --checkpoint \(checkpoint)\n"))
    let summary = SummaryText(outcome.output)
    let metrics = try Metrics(try data.directory.text("m"))
    #expect(metrics.final.outcome == "interrupted")
    #expect(summary["outcome"] == "interrupted after \(summary["updates"] ?? "") of 500,000 updates")
    #expect(summary.hash == metrics.final.parametersHash)

    // Each minibatch that was begun is in the parameters and in the position.
    let fields = try SafetensorsFile(reading: checkpoint).metadata
    let updates = try #require(fields["asgd.updates"].flatMap { Int($0) })
    let epoch = try #require(fields["asgd.epoch"].flatMap { Int($0) })
    let minibatch = try #require(fields["asgd.nextMinibatch"].flatMap { Int($0) })
    #expect(updates == metrics.last.updates)
    #expect(updates == epoch * 5 + minibatch)
    #expect(epoch >= 2)

    let resumed = try CommandRun.run(
      "--resume \(checkpoint) \(problem) --epochs \(epoch + 2) --metrics \(data.directory.file("resumed"))")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    let after = try Metrics(try data.directory.text("resumed"))
    #expect(after.run.resumedAtUpdate == updates)
    #expect(after.run.workers == 3)
    #expect(after.epochs.map(\.epoch) == [epoch + 1, epoch + 2])
    #expect(after.last.updates == (epoch + 2) * 5)
    #expect(after.last.examples == (epoch + 2) * 80)
  }

  @Test("without --checkpoint leaves no file behind")
  func noCheckpoint() throws {
    let data = try TinyMNIST()
    let before = try data.directory.names
    let run = try CommandRun(
      "--dataset mnist --data-dir \(data.path) --model softmax \(Self.endless) --mode sync --workers 2", in: data.path)
    try run.waitForErrorLine { $0.hasPrefix("    1 ") }
    run.interrupt()
    let outcome = try run.wait()
    #expect(outcome.exitCode == 130)
    #expect(SummaryText(outcome.output)["outcome"]?.hasPrefix("interrupted after ") == true)
    #expect(!outcome.errors.contains("to go on"))
    #expect(try data.directory.names == before)
  }

  @Test("a second one stops at once: no results, no checkpoint")
  func twice() throws {
    let directory = try TemporaryDirectory()
    // A minibatch that takes these kernels far longer than the test takes to interrupt it twice.
    let run = try CommandRun(
      "--model cnn --kernels reference --batch-size 1024 --workers 1 --checkpoint \(directory.file("c"))")
    try run.waitForErrorLine { $0.hasPrefix("asgd-train ") }
    run.interrupt()
    try run.waitForErrorLine { $0.hasPrefix("interrupted: finishing the minibatches in flight") }
    run.interrupt()
    let outcome = try run.wait()
    #expect(outcome.exitCode == 130)
    #expect(outcome.output.isEmpty)
    #expect(try directory.names.isEmpty)
  }

  @Test("a second one stops a run whose results nobody takes")
  func blockedResults() throws {
    let data = try TinyMNIST()
    let pipe = Pipe()
    fill(pipe.fileHandleForWriting.fileDescriptor)
    let run = try CommandRun(
      "--dataset mnist --data-dir \(data.path) --model softmax \(Self.endless) --workers 1",
      unreadOutput: pipe.fileHandleForWriting)
    try run.waitForErrorLine { $0.hasPrefix("    1 ") }
    run.interrupt()
    try run.waitForErrorLine { $0.hasPrefix("interrupted after ") }
    run.interrupt()
    #expect(try run.wait().exitCode == 130)
    // Without a reader, a signal would end the process that the test waits for.
    try pipe.fileHandleForReading.close()
  }

  @Test("before the training ends the run with 130, too")
  func early() throws {
    let data = try TinyMNIST()
    for attempt in 1...20 {
      let fifo = try Fifo(data.directory.file("m\(attempt)"))
      let run = try CommandRun(
        "--dataset mnist --data-dir \(data.path) --model softmax \(Self.endless) --workers 1 --metrics \(fifo.path)")
      // Opened by the run before it loads its data.
      let metrics = try fifo.open()
      run.interrupt()
      metrics.drain()
      #expect(try run.wait().exitCode == 130)
    }
  }

  /// Writes to a pipe until it takes no more.
  private func fill(_ descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    let bytes = [UInt8](repeating: UInt8(ascii: "."), count: 4096)
    while write(descriptor, bytes, bytes.count) > 0 {}
    while write(descriptor, bytes, 1) > 0 {}
    _ = fcntl(descriptor, F_SETFL, flags)
  }
}
