import AllocationCounter
import Dispatch
import Foundation
import Testing

@testable import AsyncSGD

@Suite("Recording, the writer")
struct RecordingWriterTests {
  @Test("events of many threads are all recorded, each whole")
  func threads() throws {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: SampleRecording.header(workers: 8))
    DispatchQueue.concurrentPerform(iterations: 8) { worker in
      for i in 0..<5_000 {
        writer.record(.leave(worker: worker, microseconds: i))
        if i % 1_000 == 0 { writer.flush() }
      }
    }
    try writer.close()
    var times = Array(repeating: 0, count: 8)
    let recording = try Recording(reading: place.path)
    for event in recording.events {
      guard case .leave(let worker, let microseconds) = event else { continue }
      #expect(microseconds == times[worker])
      times[worker] += 1
    }
    #expect(times == Array(repeating: 5_000, count: 8))
  }

  @Test("what was flushed can be read while the run goes on, and by itself soon")
  func readWhileWritten() throws {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: SampleRecording.header(state: SampleRecording.state))
    #expect(try Recording(reading: place.path).events.isEmpty)
    for event in SampleRecording.events.dropLast() { writer.record(event) }
    // Nobody flushes: the writer's own clock does.
    let events = Array(SampleRecording.events.dropLast())
    while try Recording(reading: place.path).events.count < events.count { sched_yield() }
    let recording = try Recording(reading: place.path)
    #expect(recording.events == events)
    #expect(!recording.isComplete)
    try writer.close()
  }

  @Test("a run that is killed leaves nearly all of its events, without anybody's clock", arguments: [1, 4])
  func blocksEndByCount(shards: Int) throws {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: SampleRecording.header(workers: 8), watchesClock: false)
    let events = SampleRecording.race(updates: 1_000, shards: shards)
    for (number, event) in events.enumerated() {
      writer.record(event)
      let count = number + 1
      guard [10, 16, 40, 100, 500, 1_000, events.count].contains(count) else { continue }
      writer.writeCompleteBlocks()
      let read = try Recording(reading: place.path).events
      #expect(read == Array(events.prefix(read.count)))
      #expect(count - read.count < max(16, count / 8), "\(read.count) of \(count)")
    }
  }

  @Test("equal events make equal bytes where the clock is not looked at, whenever they are written")
  func equalBytes() throws {
    let events = SampleRecording.race(updates: 500)
    let recordings = try [1, 7, 10_000].map { period in
      let place = RecordingPlace()
      let writer = try RecordingWriter(
        path: place.path, header: SampleRecording.header(workers: 8), watchesClock: false)
      for (number, event) in events.enumerated() {
        writer.record(event)
        if number % period == 0 { writer.writeCompleteBlocks() }
      }
      try writer.close()
      return try place.bytes()
    }
    #expect(recordings[0] == recordings[1] && recordings[0] == recordings[2])
  }

  @Test("what comes after the end of the recording is not recorded, and closing twice does no harm")
  func afterClosing() throws {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: SampleRecording.header())
    writer.record(SampleRecording.events[0])
    try writer.close()
    writer.record(SampleRecording.events[1])
    writer.flush()
    try writer.close()
    #expect(try Recording(reading: place.path).events == [SampleRecording.events[0]])
    #expect(writer.failure == nil)
  }

  @Test("a writer that is given up without being closed leaves all that was recorded")
  func givenUp() throws {
    let place = RecordingPlace()
    var writer: RecordingWriter? = try RecordingWriter(
      path: place.path, header: SampleRecording.header(state: SampleRecording.state))
    for event in SampleRecording.events { writer?.record(event) }
    writer = nil
    // Its clock may hold it for a moment.
    while try !Recording(reading: place.path).isComplete { sched_yield() }
    #expect(try Recording(reading: place.path).events == SampleRecording.events)
  }

  @Test("a file that is there is replaced, and a link to it stays one")
  func replaces() throws {
    let place = RecordingPlace()
    let link = RecordingPlace()
    try Data(repeating: 1, count: 100_000).write(to: URL(fileURLWithPath: place.path))
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: place.path)
    try RecordingWriter(path: link.path, header: SampleRecording.header()).close()
    #expect(try Recording(reading: place.path).header == SampleRecording.header())
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == place.path)
  }

  @Test("where no file can be, the error says why")
  func unwritablePlaces() throws {
    let directory = FileManager.default.temporaryDirectory.path
    let place = RecordingPlace()
    let pipe = RecordingPlace()
    #expect(mkfifo(pipe.path, 0o600) == 0)
    for (path, reason) in [
      (directory, "it is a directory"), (pipe.path, "it is not a regular file"),
      ("/dev/null", "it is not a regular file"), (place.path + "/x", "No such file or directory"),
    ] {
      #expect(throws: RecordingError.unwritable(path: path, reason: reason)) {
        try RecordingWriter(path: path, header: SampleRecording.header())
      }
    }
    #expect(throws: RecordingError.notFound(path: place.path)) { try Recording(reading: place.path) }
    #expect(throws: RecordingError.unreadable(path: directory, reason: "it is a directory")) {
      try Recording(reading: directory)
    }
    #expect(throws: RecordingError.unreadable(path: pipe.path, reason: "it is not a regular file")) {
      try Recording(reading: pipe.path)
    }
  }

  @Test("a disk that is full ends the recording and not the run, and leaves what was written before")
  func fullDisk() async {
    await #expect(processExitsWith: .success) {
      // The limit holds for all files of a process: so this is a process of its own.
      signal(SIGXFSZ, SIG_IGN)
      let place = RecordingPlace()
      let writer = try RecordingWriter(path: place.path, header: SampleRecording.header(workers: 8))
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let events = SampleRecording.race(updates: 20_000)
      for event in events { writer.record(event) }
      let error = #expect(throws: RecordingError.self) { try writer.close() }
      #expect(error == writer.failure)
      #expect(error?.isUnwritable == true)
      let recording = try Recording(reading: place.path)
      #expect(!recording.isComplete && recording.discardedBytes > 0)
      #expect(recording.events.count > 1_000)
      #expect(recording.events == Array(events.prefix(recording.events.count)))
    }
  }

  @Test(
    "an event is recorded without an allocation",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"))
  func allocatesNothing() throws {
    let place = RecordingPlace()
    let writer = try RecordingWriter(path: place.path, header: SampleRecording.header(workers: 8))
    let events = SampleRecording.race(updates: 1_000)
    for event in events[..<500] { writer.record(event) }
    writer.writeCompleteBlocks()
    let before = allocation_count_of_this_thread()
    // Without an iterator, which allocates in a debug build.
    var next = 500
    while next < events.count {
      writer.record(events[next])
      next += 1
    }
    #expect(allocation_count_of_this_thread() == before)
    try writer.close()
  }
}
