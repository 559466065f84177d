import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("Initial parameters")
struct InitializationTests {
  private func parameters<Scalar: KernelScalar & BitwiseCopyable>(
    _ name: String, seed: UInt64, as type: Scalar.Type = Float.self
  ) throws -> (layout: ParameterLayout, values: [Scalar]) {
    let model = try ModelZoo.make(name, options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    let buffer = GuardedBuffer<Scalar>(count: model.layout.count)
    model.initialize(buffer.pointer, seed: seed)
    try buffer.checkGuards()
    return (model.layout, buffer.values)
  }

  @Test("are uniform within ±1/√fan-in", arguments: ModelZoo.all.map(\.name))
  func distribution(name: String) throws {
    let (layout, values) = try parameters(name, seed: 1)
    var fanIn = 0
    for entry in layout.entries {
      if entry.name.hasSuffix("weight") { fanIn = entry.shape.dropFirst().reduce(1, *) }
      let bound = 1 / Double(fanIn).squareRoot()
      let tensor = values[entry.range].map(Double.init)
      #expect(tensor.allSatisfy { abs($0) <= bound * (1 + Double(Float.ulpOfOne)) }, "\(entry.name)")

      // Five deviations of the mean of a uniform variable, and of its square's.
      let count = Double(tensor.count)
      let mean = tensor.reduce(0, +) / count
      #expect(abs(mean) <= 5 * bound / (3 * count).squareRoot(), "\(entry.name)")
      let meanSquare = tensor.reduce(0) { $0 + $1 * $1 } / count
      #expect(abs(meanSquare - bound * bound / 3) <= 5 * bound * bound * (4 / 45 / count).squareRoot(), "\(entry.name)")
    }
  }

  @Test("depend on the seed and nothing else")
  func deterministic() throws {
    let first = try parameters("lenet5", seed: 1).values
    try FloatAgreement.checkSameBits(try parameters("lenet5", seed: 1).values, as: first)
    #expect(try parameters("lenet5", seed: 2).values != first)
  }

  @Test("differ among tensors")
  func tensorsDiffer() throws {
    let (layout, values) = try parameters("lenet5", seed: 1)
    var seen: Set<[Float]> = []
    for (index, entry) in layout.entries.enumerated() {
      var stream = RandomStream(seed: 1, purpose: .initialization, step: index)
      let unit = (0..<6).map { _ in stream.uniform(in: -1...1) }
      #expect(seen.insert(unit).inserted, "\(entry.name) starts like another tensor")
      let largest = zip(values[entry.range], unit).map { abs($0 / $1) }
      #expect(largest.allSatisfy { abs($0 - largest[0]) <= 1e-5 * largest[0] }, "\(entry.name) follows its stream")
    }
  }

  @Test("are the same numbers in Double")
  func sameInDouble() throws {
    let single = try parameters("hogwild", seed: 9).values
    let double = try parameters("hogwild", seed: 9, as: Double.self).values
    #expect(single.map(Double.init) == double)
  }
}
