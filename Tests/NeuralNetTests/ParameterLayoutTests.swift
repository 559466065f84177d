import NeuralNet
import Testing

@Suite("The layout of the parameter vector")
struct ParameterLayoutTests {
  @Test("covers the vector exactly once, in order, for every model", arguments: ModelZoo.all.map(\.name))
  func coversVector(name: String) throws {
    let layout = try ModelZoo.make(name, options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28]).layout
    var end = 0
    for entry in layout.entries {
      #expect(entry.range.lowerBound == end, "\(entry.name)")
      #expect(entry.range.count == entry.shape.reduce(1, *), "\(entry.name)")
      end = entry.range.upperBound
    }
    #expect(end == layout.count)
    #expect(Set(layout.entries.map(\.name)).count == layout.entries.count)
  }

  @Test("names tensors and shapes as PyTorch does")
  func namesOfLeNet5() throws {
    let layout = try ModelZoo.make("lenet5", options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28]).layout
    #expect(
      layout.entries.map(\.name) == [
        "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight",
        "fc2.bias", "fc3.weight", "fc3.bias",
      ])
    #expect(
      layout.entries.map(\.shape) == [
        [6, 1, 5, 5], [6], [16, 6, 5, 5], [16], [120, 400], [120], [84, 120], [84], [10, 84], [10],
      ])
  }

  @Test("finds the tensor of an element, at both ends of each")
  func findsName() throws {
    let layout = ParameterLayout([(name: "a", shape: [2, 3]), (name: "b", shape: [1]), (name: "c", shape: [4])])
    #expect(layout.count == 11)
    #expect((0..<11).map(layout.name(containing:)).joined() == "aaaaaabcccc")
  }

  @Test("refuses an element outside of the vector")
  func refusesOutside() async {
    await #expect(processExitsWith: .failure) {
      _ = ParameterLayout([(name: "a", shape: [2])]).name(containing: 2)
    }
  }
}
