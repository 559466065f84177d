import AsyncSGD
import Testing

@testable import Reporting

@Suite("A recorded run beside its counterfactual")
struct CounterfactualTableTests {
  private func rows(_ other: FinalReport) -> [[String]] {
    "\(CounterfactualTable(recorded: sampleFinal(), other: other))".split(separator: "\n").map { line in
      line.split(separator: " ").map(String.init)
    }
  }

  @Test("shows every setting that differs, and what only one of the two has")
  func differences() {
    var other = sampleFinal()
    other.run.compression = "top-k"
    other.run.momentum = 0.9
    other.run.weightDecay = 0.0005
    other.run.schedule = "cosine"
    other.run.warmup = 0.25
    other.run.hyperparameters = [
      NamedValue(name: "clip-norm", value: .number(5)), NamedValue(name: "keep", value: .number(0.01)),
    ]
    let rows = rows(other)
    for row in [
      ["compression", "none", "top-k"], ["momentum", "0", "0.9"], ["weight", "decay", "0", "0.0005"],
      ["schedule", "linear", "cosine"], ["warmup", "0.1", "0.25"], ["clip-norm", "0", "5"],
      ["push-every", "1", "-"],
      ["keep", "-", "0.01"],
    ] {
      #expect(rows.contains(row), "\(rows)")
    }
  }

  @Test("leaves out settings that are the same, but for the rule, the optimizer and the learning rate")
  func same() {
    let names = rows(sampleFinal()).compactMap(\.first)
    #expect(names.starts(with: ["recorded", "rule", "optimizer", "learning", "outcome"]))
    #expect(!names.contains("momentum") && !names.contains("clip-norm"))
  }
}
