import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("Whole models against PyTorch")
struct GoldenModelTests {
  private static let fixture = Result { try Golden.load("models.json", as: Golden.Models.self) }

  private func problem(_ golden: Golden.Model) throws -> ModelProblem {
    let model = try ModelZoo.make(golden.name, options: ModelOptions(classes: 10)).shaped(for: Shape(golden.input))
    let parameters = GuardedBuffer<Double>(count: model.layout.count)
    model.initialize(parameters.pointer, seed: golden.seed)
    return ModelProblem(
      model: model, parameters: parameters.values,
      images: Golden.wave(golden.labels.count * model.inputShape.count, phase: 1), labels: golden.labels)
  }

  @Test("initial parameters, logits, loss and gradient, in Double", arguments: ModelZoo.all.map(\.name))
  func double(name: String) throws {
    let fixture = try Self.fixture.get()
    let golden = try #require(fixture.models.first { $0.name == name })
    let problem = try problem(golden)
    let layout = problem.model.layout
    #expect(layout.count == golden.parameterCount)
    #expect(layout.entries.map(\.name) == golden.tensors.map(\.name))
    #expect(layout.entries.map(\.shape) == golden.tensors.map(\.shape))
    #expect(layout.entries.map { problem.parameters[$0.range.lowerBound] } == golden.tensors.map(\.first))

    let examples = golden.labels.count
    let harness = ModelHarness(problem.model, capacity: examples, backend: ReferenceBackend<Double>())
    harness.load(problem, examples: 0..<examples)
    // Sums of up to 3,136 terms in two different orders, through four layers.
    let relative = 4 * 8 * 3136.0.squareRoot() * Double.ulpOfOne
    try FloatAgreement.check(
      harness.logits(examples: examples), against: golden.logits, tolerance: relative)

    let sums = harness.computeGradient(examples: examples, random: try fixture.stream.makeStream())
    #expect(abs(sums.loss - golden.trainingLoss) <= relative * golden.trainingLoss)
    let gradient = harness.gradient.values
    for (entry, tensor) in zip(layout.entries, golden.tensors) {
      let norm = gradient[entry.range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm - tensor.gradientNorm) <= 10 * relative * tensor.gradientNorm, "\(entry.name)")
    }
    let largestNorm = golden.tensors.map(\.gradientNorm).max() ?? 0
    try FloatAgreement.check(
      stride(from: 0, to: gradient.count, by: golden.probeStride).map { gradient[$0] }, against: golden.gradientProbes,
      tolerance: relative * largestNorm)
  }

  @Test(
    "logits and loss, in Float on every backend", arguments: ModelZoo.all.map(\.name), availableBackends.indices)
  func float(name: String, backend: Int) throws {
    let fixture = try Self.fixture.get()
    let golden = try #require(fixture.models.first { $0.name == name })
    let problem = try problem(golden)
    let examples = golden.labels.count
    let harness = ModelHarness(problem.model, capacity: examples, backend: availableBackends[backend])
    harness.load(problem, examples: 0..<examples)
    let random = try fixture.stream.makeStream()
    let oracle = RoundingOracle(problem, examples: examples, random: random)
    try FloatAgreement.check(
      harness.logits(examples: examples), against: golden.logits, tolerance: oracle.logitTolerance)
    let sums = harness.computeGradient(examples: examples, random: random)
    #expect(abs(sums.loss - golden.trainingLoss) <= oracle.lossTolerance)
  }
}
