import Testing
import TrainCommand

@Suite("The options of fit")
struct FitOptionsTests {
  @Test("are read, in any order")
  func options() throws {
    #expect(try parse("fit run.asgd") == .fit(FitOptions(path: "run.asgd")))
    #expect(
      try parse("fit --output cluster.txt run.asgd") == .fit(FitOptions(path: "run.asgd", output: "cluster.txt")))
  }

  @Test(
    "that make no sense are refused",
    arguments: [
      Mistake("fit", "fit needs a recording: fit FILE"),
      Mistake("fit a b", "unexpected argument 'b'"),
      Mistake(["fit", ""], "'' is no path of a recording"),
      Mistake("fit a --ouput b", "unknown option '--ouput'; did you mean '--output'?"),
    ])
  func mistakes(mistake: Mistake) {
    #expect(throws: UsageError(mistake.message)) { try parse(mistake.arguments) }
  }
}
