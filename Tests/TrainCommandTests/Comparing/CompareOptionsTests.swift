import AsyncSGD
import Reporting
import Testing

@testable import TrainCommand

/// The options of a `compare` command.
private func compare(_ arguments: String) throws -> CompareOptions {
  guard case .compare(let options) = try parse("compare " + arguments) else {
    throw UsageError("no comparison: \(arguments)")
  }
  return options
}

private func message(_ arguments: String) -> String {
  do {
    _ = try compare(arguments)
    return ""
  } catch {
    return (error as? UsageError)?.message ?? "\(error)"
  }
}

@Suite("The options of compare")
struct CompareOptionsTests {
  @Test("are synchronous and asynchronous training on all cores, five seeds, unless told otherwise")
  func defaults() throws {
    let options = try compare("")
    #expect(options.modes.map(\.label) == ["sync", "async"])
    #expect(options.rules.map(\.label) == ["plain"])
    #expect(options.workers == [4])
    #expect(options.seeds == [1, 2, 3, 4, 5])
    #expect(options.targetAccuracy == nil && options.json == nil && options.csv == nil && options.html == nil)
  }

  @Test("are lists, and numbers of seeds or seeds")
  func lists() throws {
    let options = try compare(
      "--modes sync,async,ssp:5 --rules plain,dc-asgd-a --workers 1,2,8 --seeds 7,3 --target-accuracy 0.9 "
        + "--json a --csv b --html c --epochs 2 --learning-rate 0.1 --model cnn --momentum 0.5 --quiet")
    #expect(options.modes.map(\.label) == ["sync", "async", "ssp:5"])
    #expect(options.rules.map(\.member) == [.plain, .dcASGDa])
    #expect(options.workers == [1, 2, 8])
    #expect(options.seeds == [7, 3])
    #expect(try compare("--seeds 3").seeds == [1, 2, 3])
    #expect(options.targetAccuracy == 0.9)
    #expect([options.json, options.csv, options.html] == ["a", "b", "c"])
    #expect(options.common.epochs == 2 && options.common.learningRate == 0.1 && options.common.model == "cnn")
    #expect(options.common.isQuiet)
  }

  @Test(
    "have a short form for hyperparameters, which is the same however it is written",
    arguments: [
      ("ssp", "ssp"), ("ssp:3", "ssp:3"), ("ssp:staleness-bound=3", "ssp:3"),
      ("dssp:staleness-bound-range=6+staleness-bound=2", "dssp:staleness-bound=2+staleness-bound-range=6"),
      ("dssp:staleness-bound-range=6", "dssp:staleness-bound-range=6"),
      ("sync:gradients-from=any+gradients-to-wait=3", "sync:gradients-to-wait=3+gradients-from=any"),
    ])
  func shortForm(text: String, label: String) throws {
    #expect(try compare("--modes \(text)").modes.map(\.label) == [label])
  }

  @Test("reach the cells that have them; what a list says goes first")
  func hyperparameters() throws {
    let grid = try ComparisonGrid(
      try compare("--modes sync,ssp,ssp:7 --staleness-bound 2 --rules plain,dc-asgd-a --workers 4"))
    func bound(_ mode: String) -> Hyperparameter.Value? {
      grid.entries.first { $0.cell.mode == mode }?.options.hyperparameters[.stalenessBound]
    }
    #expect(bound("sync") == nil)
    #expect(bound("ssp") == .integer(2))
    #expect(bound("ssp:7") == .integer(7))
    #expect(grid.entries.map(\.cell.algorithm) == ["sync", "ssp", "ssp:7", "ssp + dc-asgd-a", "ssp:7 + dc-asgd-a"])
    #expect(grid.omissions.map(\.cell.algorithm) == ["sync + dc-asgd-a"])
    #expect(
      grid.omissions[0].reason
        == "'--rule dc-asgd-a' does not go with '--mode sync', in which no gradient is stale")
  }

  @Test("leave cells out that mean nothing, one by one")
  func omissions() throws {
    let grid = try ComparisonGrid(try compare("--modes sequential,async,sync:3 --workers 1,2,8"))
    #expect(
      grid.entries.map(\.cell.name) == [
        "sequential with 1 worker", "async with 1 worker", "async with 2 workers", "async with 8 workers",
        "sync:3 with 8 workers",
      ])
    #expect(grid.omissions.count == 4)
    #expect(grid.omissions.allSatisfy { $0.reason.contains("does not go with") && !$0.reason.contains("choose") })
  }

  @Test("that make no sense are refused, with what is allowed")
  func errors() {
    #expect(message("--modes asinc").contains("'asinc' is no value for '--modes'"))
    #expect(message("--modes asinc").contains("did you mean 'async'?"))
    #expect(message("--modes sync,,async").contains("an empty place between its commas"))
    #expect(message("--modes ssp:3,ssp:staleness-bound=3").contains("names 'ssp:staleness-bound=3' twice"))
    #expect(message("--modes ssp:many").contains("'many' is no value for '--modes ssp:staleness-bound'"))
    #expect(message("--modes ssp:bound=3").contains("'bound' is no value for '--modes ssp:'"))
    #expect(message("--modes dssp:3+4").contains("has no name"))
    #expect(message("--modes dssp:staleness-bound=3+staleness-bound=4").contains("sets 'staleness-bound' twice"))
    #expect(message("--rules plain:1").contains("has nothing to set"))
    #expect(message("--workers 0").contains("a whole number from 1 to"))
    #expect(message("--workers 2,2").contains("names '2' twice"))
    #expect(message("--seeds 0").contains("a whole number from 1 to 1000"))
    #expect(
      message("--baseline ssp").contains("'--baseline' is none of the cells: choose sync/plain/4 or async/plain/4"))
    #expect(message("--baseline sync/plain/4/5").contains("MODE/RULE/WORKERS"))
    #expect(message("--modes sync --rules dana").hasPrefix("nothing is left to compare: sync + dana with 4 workers: "))
    #expect(message("--staleness-bound 3").contains("does not go with any of the modes and rules to compare"))
    #expect(message("--json x --html x").contains("name the same file 'x'"))
    #expect(message("--mode sync") == "unknown option '--mode'; did you mean '--modes'?")
    #expect(message("--seed 3").contains("did you mean '--seeds'?"))
    #expect(message("--data-dir x").contains("which is built in"))
    #expect(message("--hidden 3").contains("does not go with '--model lenet5'"))
    #expect(message("more").contains("unexpected argument 'more'"))
  }
}
