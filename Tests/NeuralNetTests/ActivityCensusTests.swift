import Kernels
import NeuralNet
import Randomness
import Testing

@Suite("Census of units")
struct ActivityCensusTests {
  /// Evaluates a model on random images, and returns what responded.
  private func census(
    _ layers: KeyValuePairs<String, any Layer>, input: Shape, examples: Int = 6,
    _ change: (ParameterLayout, inout [Float]) -> Void
  ) throws -> ActivityCensus {
    let model = try Model(name: "test", layers: layers).shaped(for: input)
    var parameters = [Float](repeating: 0, count: model.layout.count)
    model.initialize(&parameters, seed: 1)
    change(model.layout, &parameters)
    let replica = Replica<Float>(model, minibatchCapacity: examples, backend: ReferenceBackend<Float>())
    var random = RandomStream(seed: 1, purpose: .testing)
    for index in 0..<examples * input.count { replica.inputs[index] = random.uniform() }
    let before = replica.evaluate(at: parameters, examples: examples)
    var census = ActivityCensus()
    replica.noteActivity(at: parameters, examples: examples, in: &census)
    #expect(replica.evaluate(at: parameters, examples: examples) == before, "it only looks")
    return census
  }

  /// Sets the biases of some units.
  private func set(
    _ name: String, _ units: Range<Int>, to value: Float, _ layout: ParameterLayout, _ parameters: inout [Float]
  ) {
    guard let range = layout.entries.first(where: { $0.name == name })?.range else {
      preconditionFailure("there is no \(name)")
    }
    for unit in units { parameters[range.lowerBound + unit] = value }
  }

  @Test("rectifiers that are always 0 are silent, filter by filter and output by output")
  func rectifiers() throws {
    let census = try census(
      [
        "conv": Conv2D(filters: 5, size: 3, activation: .relu), "pool": MaxPool2D(2), "flatten": Flatten(),
        "fc": Linear(7, activation: .relu), "out": Linear(3),
      ], input: [1, 8, 8]
    ) { layout, parameters in
      set("conv.bias", 0..<5, to: 100, layout, &parameters)
      set("conv.bias", 1..<3, to: -100, layout, &parameters)
      set("fc.bias", 0..<7, to: 1000, layout, &parameters)
      set("fc.bias", 3..<7, to: -1000, layout, &parameters)
    }
    #expect(census.layers.map(\.name) == ["conv", "fc"])
    #expect(census.layers.map(\.units) == [5, 7])
    #expect(census.layers.map(\.silent) == [2, 4])
    #expect(census.layers.map(\.activation) == [.relu, .relu])
  }

  @Test("curves at an end are silent on either side", arguments: [Activation.sigmoid, .tanh])
  func saturation(activation: Activation) throws {
    let census = try census(
      ["fc": Linear(6, activation: activation), "out": Linear(3)], input: [4]
    ) { layout, parameters in
      set("fc.bias", 0..<6, to: 0, layout, &parameters)
      set("fc.bias", 0..<2, to: 50, layout, &parameters)
      set("fc.bias", 2..<3, to: -50, layout, &parameters)
    }
    #expect(census.layers.map(\.silent) == [3])
  }

  @Test("an activation after a chain within a chain has the names of both")
  func nesting() throws {
    let census = try census(
      [
        "block": Sequential(["conv": Conv2D(filters: 4, size: 3), "act": ActivationLayer(.relu)]),
        "flatten": Flatten(), "out": Linear(3),
      ], input: [1, 5, 5]
    ) { layout, parameters in
      set("block.conv.bias", 0..<4, to: 100, layout, &parameters)
      set("block.conv.bias", 1..<2, to: -100, layout, &parameters)
    }
    #expect(census.layers.map(\.name) == ["block.act"])
    #expect(census.layers.map(\.units) == [4])
    #expect(census.layers.map(\.silent) == [1])
  }

  @Test("what responded once has responded, in whichever census")
  func merging() throws {
    func one(_ dead: Range<Int>) throws -> ActivityCensus {
      try census(["fc": Linear(6, activation: .relu), "out": Linear(3)], input: [4]) { layout, parameters in
        set("fc.bias", 0..<6, to: 100, layout, &parameters)
        set("fc.bias", dead, to: -100, layout, &parameters)
      }
    }
    var sum = ActivityCensus()
    #expect(sum.layers.isEmpty)
    sum.merge(try one(0..<4))
    sum.merge(ActivityCensus())
    #expect(sum.layers.map(\.silent) == [4])
    sum.merge(try one(2..<6))
    #expect(sum.layers.map(\.silent) == [2])
  }

  @Test("a model without activations has nothing to count")
  func linear() throws {
    #expect(try census(["out": Linear(3)], input: [4]) { _, _ in }.layers.isEmpty)
  }
}
