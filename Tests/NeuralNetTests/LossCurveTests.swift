import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("A loss curve against PyTorch")
struct LossCurveTests {
  /// Trains `lenet5` as the fixture says, and returns the sums of each step and the final parameters.
  ///
  /// `noise` moves each parameter by up to that share of itself before each step, as rounding would.
  private func train<Scalar: KernelScalar & BitwiseCopyable>(
    _ golden: Golden.LossCurve, on backend: any KernelBackend<Scalar>, noise: Double = 0,
    random: RandomStream = RandomStream(testCase: 0)
  ) throws -> (model: ShapedModel, sums: [ClassificationSums], parameters: [Scalar]) {
    let model = try ModelZoo.make("lenet5", options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    let harness = ModelHarness(model, capacity: golden.examples, backend: backend)
    harness.parameters.fill(with: initialParameters(model).map { Scalar($0) })
    var random = random
    var sums: [ClassificationSums] = []
    for step in golden.lossSums.indices {
      for example in 0..<golden.examples {
        let label = (3 * example + step) % 10
        harness.replica.labels[example] = Int32(label)
        for (index, value) in band(label).enumerated() {
          harness.replica.inputs[index * golden.examples + example] = Scalar(value)
        }
      }
      if noise > 0 {
        for index in 0..<model.layout.count {
          harness.parameters.pointer[index] *= Scalar(1 + noise * Double(random.uniform(in: -1...1)))
        }
      }
      sums.append(harness.computeGradient(examples: golden.examples))
      backend.sgdStep(
        SGDStep(learningRate: Scalar(golden.learningRate)), count: model.layout.count,
        parameters: harness.parameters.pointer, gradient: harness.gradient.pointer, velocity: nil,
        updated: harness.parameters.pointer)
    }
    return (model, sums, harness.parameters.values)
  }

  /// Waves of phase 10 and up, scaled to 2/√fan-in.
  private func initialParameters(_ model: ShapedModel) -> [Double] {
    var fanIn = 1
    return model.layout.entries.enumerated().flatMap { index, entry in
      if entry.shape.count > 1 { fanIn = entry.shape.dropFirst().reduce(1, *) }
      let scale = 2 / Double(fanIn).squareRoot()
      return Golden.wave(entry.range.count, phase: 10 + index).map { $0 * scale }
    }
  }

  /// Waves in the eight rows from 2·label on, zero elsewhere.
  private func band(_ label: Int) -> [Double] {
    let wave = Golden.wave(784, phase: label)
    return wave.indices.map { (2 * label..<2 * label + 8).contains($0 / 28) ? wave[$0] : 0 }
  }

  /// Checks a curve; `roundings` is how many times coarser `Scalar` rounds than `Float`.
  private func check<Scalar: KernelScalar & BitwiseCopyable>(
    on backend: any KernelBackend<Scalar>, roundings: Double
  ) throws {
    let golden: Golden.LossCurve = try Golden.load("loss-curve.json")
    let (model, sums, parameters) = try train(golden, on: backend)
    let noise = RoundingOracle.relativeRounding(of: model)
    var tolerances = Array(repeating: 0.0, count: golden.lossSums.count)
    for draw in 0..<3 {
      let moved = try train(
        golden, on: ReferenceBackend<Double>(), noise: noise, random: RandomStream(testCase: 20 + draw))
      for (step, loss) in golden.lossSums.enumerated() {
        // Eight times, as in the rounding oracle.
        tolerances[step] = max(tolerances[step], 8 * roundings * abs(moved.sums[step].loss - loss))
      }
    }
    // The effect of noise may happen to vanish in one step; it does not in all so far.
    for step in tolerances.indices.dropFirst() { tolerances[step] = max(tolerances[step], tolerances[step - 1]) }
    try FloatAgreement.check(sums.map(\.loss), against: golden.lossSums, tolerances: tolerances)
    #expect(sums.map(\.correct) == golden.correct)
    for (entry, norm) in zip(model.layout.entries, golden.finalNorms) {
      let actual = parameters[entry.range].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(actual - norm) <= roundings * 8 * noise * norm, "\(entry.name)")
    }
  }

  @Test("ten steps of lenet5, in Double")
  func double() throws {
    try check(on: ReferenceBackend<Double>(), roundings: Double.ulpOfOne / Double(Float.ulpOfOne))
  }

  @Test("ten steps of lenet5, in Float on every backend", arguments: availableBackends.indices)
  func float(backend: Int) throws {
    try check(on: availableBackends[backend], roundings: 1)
  }
}
