import Testing
import TrainCommand

@Suite("The options of trace")
struct TraceOptionsTests {
  @Test("are read, in any order")
  func options() throws {
    #expect(try parse("trace run.asgd") == .trace(TraceOptions(path: "run.asgd")))
    #expect(
      try parse("trace --json --from 10 run.asgd --limit=5 --worker 0 --chrome-trace run.json")
        == .trace(TraceOptions(path: "run.asgd", isJSON: true, from: 10, limit: 5, worker: 0, chromeTrace: "run.json")))
    #expect(try parse("trace --summary -- --run") == .trace(TraceOptions(path: "--run", isSummary: true)))
  }

  @Test(
    "that make no sense are refused",
    arguments: [
      Mistake("trace", "trace needs a recording: trace FILE"),
      Mistake("trace --json", "trace needs a recording: trace FILE"),
      Mistake("trace a b", "unexpected argument 'b'"),
      Mistake(["trace", ""], "'' is no path of a recording"),
      Mistake("trace a --limit 0", "'0' is no value for '--limit', which takes a whole number from 1 to \(Int.max)"),
      Mistake("trace a --from -1", "'-1' is no value for '--from', which takes a whole number from 0 to \(Int.max)"),
      Mistake("trace a --wroker 1", "unknown option '--wroker'; did you mean '--worker'?"),
      Mistake("trace a --perfetto b", "unknown option '--perfetto'; did you mean '--chrome-trace'?"),
      Mistake("trace a --summary --limit 3", "'--limit' chooses events, and '--summary' prints none"),
      Mistake("trace a --summary --worker 3", "'--worker' chooses events, and '--summary' prints none"),
      Mistake("trace a --from 3 --summary", "'--from' chooses events, and '--summary' prints none"),
    ])
  func mistakes(mistake: Mistake) {
    #expect(throws: UsageError(mistake.message)) { try parse(mistake.arguments) }
  }
}
