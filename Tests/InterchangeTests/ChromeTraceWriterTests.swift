import Foundation
import Interchange
import Testing

@Suite("Chrome traces")
struct ChromeTraceWriterTests {
  private typealias Lane = ChromeTraceWriter.Lane

  private static func events(at path: String) throws -> [[String: Any]] {
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    let trace = try #require(object as? [String: Any])
    return try #require(trace["traceEvents"] as? [[String: Any]])
  }

  @Test("what is written is the JSON that the format asks for")
  func contents() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("trace.json")
    try ChromeTraceWriter.write(to: path) { trace throws(AtomicFileError) in
      try trace.nameProcess(1, "workers")
      try trace.nameLane(Lane(process: 1, number: 2), "worker 1")
      try trace.slice(
        "compute", category: "worker", on: Lane(process: 1, number: 2), start: 10, duration: 5,
        arguments: ["loss": .number(0.5), "version": .integer(-3), "note": .text("a")])
      try trace.instant("crash", category: "worker", on: Lane(process: 1, number: 2), at: 15)
      try trace.counter("staleness", process: 2, at: 16, value: 7)
      try trace.arrow(
        "push", category: "push", id: 4, from: (Lane(process: 1, number: 2), 14), to: (Lane(process: 2, number: 1), 17))
    }
    let expected = """
      {"displayTimeUnit":"ms","traceEvents":[
      {"ph":"M","name":"process_name","pid":1,"args":{"name":"workers"}},
      {"ph":"M","name":"process_sort_index","pid":1,"args":{"sort_index":1}},
      {"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"worker 1"}},
      {"ph":"M","name":"thread_sort_index","pid":1,"tid":2,"args":{"sort_index":2}},
      {"ph":"X","name":"compute","cat":"worker","pid":1,"tid":2,"ts":10,"dur":5,"args":{"loss":0.5,"version":-3,"note":"a"}},
      {"ph":"i","name":"crash","cat":"worker","pid":1,"tid":2,"ts":15,"s":"t"},
      {"ph":"C","name":"staleness","pid":2,"ts":16,"args":{"value":7}},
      {"ph":"s","name":"push","cat":"push","id":4,"pid":1,"tid":2,"ts":14},
      {"ph":"f","bp":"e","name":"push","cat":"push","id":4,"pid":2,"tid":1,"ts":17}
      ]}

      """
    #expect(String(decoding: try bytes(of: path), as: UTF8.self) == expected)
    #expect(try Self.events(at: path).count == 9)
  }

  @Test("texts of all characters, and numbers that JSON does not have, are valid JSON")
  func quoting() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("trace.json")
    let text = "\"quoted\" \\ \u{0}\u{1F}\u{7F}\n\t ümläut 🚂"
    try ChromeTraceWriter.write(to: path) { trace throws(AtomicFileError) in
      try trace.instant(
        text, category: text, on: Lane(process: 1, number: 1), at: 0,
        arguments: ["a": .number(.nan), "b": .number(-.infinity), "c": .number(1e-300)])
    }
    let event = try #require(try Self.events(at: path).first)
    #expect(event["name"] as? String == text)
    let arguments = try #require(event["args"] as? [String: Any])
    #expect(arguments["a"] is NSNull && arguments["b"] is NSNull)
    #expect(arguments["c"] as? Double == 1e-300)
  }

  @Test("a trace without events is one, and a long one is written whole")
  func sizes() throws {
    let directory = try TemporaryDirectory()
    for count in [0, 5_000] {
      let path = directory.file("trace.json")
      try ChromeTraceWriter.write(to: path) { trace throws(AtomicFileError) in
        for i in 0..<count {
          try trace.slice("s", category: "c", on: Lane(process: 1, number: 1), start: i, duration: 1)
        }
      }
      #expect(try Self.events(at: path).count == count)
      #expect(try directory.contents() == ["trace.json"])
    }
  }

  @Test("a trace that cannot be written leaves what was there")
  func unwritable() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: AtomicFileError.self) {
      try ChromeTraceWriter.write(to: directory.file("missing/trace.json")) { _ throws(AtomicFileError) in }
    }
    try put([1, 2], at: directory.file("trace.json"))
    #expect(throws: AtomicFileError.self) {
      try ChromeTraceWriter.write(to: directory.file("trace.json")) { _ throws(AtomicFileError) in
        throw AtomicFileError(path: "x", operation: .write, reason: "full")
      }
    }
    #expect(try bytes(of: directory.file("trace.json")) == [1, 2])
  }
}
