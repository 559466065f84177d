import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

/// What a replica promises, for every model and on every backend of this machine.
@Suite("Replica")
struct ReplicaTests {
  /// A model of the zoo on a backend, with an input small enough for the reference.
  struct Case: Sendable, CustomStringConvertible {
    let model: String
    let input: Shape
    let backendIndex: Int

    var backend: any KernelBackend<Float> { availableBackends[backendIndex] }
    var description: String { "\(model) on \(backend.name)" }

    private static let models: [(name: String, input: Shape)] = [
      ("lenet5", [1, 16, 16]), ("cnn", [2, 8, 8]), ("hogwild", [1, 16, 20]), ("mlp", [1, 6, 6]),
      ("softmax", [1, 3, 3]),
    ]
    static let all: [Case] = availableBackends.indices.flatMap { index in
      models.map { Case(model: $0.name, input: $0.input, backendIndex: index) }
    }
  }

  private func problem(_ example: Case, examples: Int) throws -> ModelProblem {
    try ModelProblem(
      example.model, input: example.input, examples: examples, options: ModelOptions(classes: 10, hidden: [20]))
  }

  @Test("overwrites every element of the gradient and reads none", arguments: Case.all)
  func overwritesGradient(_ example: Case) throws {
    let problem = try problem(example, examples: 3)
    let harness = ModelHarness(problem.model, capacity: 3, backend: example.backend)
    harness.load(problem, examples: 0..<3)
    let sums = harness.computeGradient(examples: 3)
    #expect(sums.loss.isFinite && sums.loss > 0)
    #expect(harness.gradient.values.allSatisfy { $0.isFinite })
    #expect(harness.parameters.values.map(Double.init) == problem.parameters, "the parameters are only read")
    try harness.parameters.checkGuards()
    try harness.gradient.checkGuards()
  }

  @Test("with fewer examples than it holds is a smaller replica, bit for bit", arguments: Case.all)
  func fewerExamples(_ example: Case) throws {
    let problem = try problem(example, examples: 7)
    let random = RandomStream(seed: 2, purpose: .dropout, step: 1)
    let large = ModelHarness(problem.model, capacity: 7, backend: example.backend)
    large.load(problem, examples: 0..<7)
    _ = large.computeGradient(examples: 7)
    for examples in [1, 2, 5] {
      let small = ModelHarness(problem.model, capacity: examples, backend: example.backend)
      small.load(problem, examples: 0..<examples)
      large.load(problem, examples: 0..<examples)
      let expected = small.computeGradient(examples: examples, random: random)
      #expect(large.computeGradient(examples: examples, random: random) == expected)
      try FloatAgreement.checkSameBits(large.gradient.values, as: small.gradient.values)
      #expect(large.evaluate(examples: examples) == small.evaluate(examples: examples))
    }
  }

  @Test("leaves the backward pass out where nobody wants it, and the gradient and the next call alone")
  func unwantedGradient() throws {
    let problem = try ModelProblem("lenet5", input: [1, 16, 16], examples: 3)
    let harness = ModelHarness(problem.model, capacity: 3, backend: ReferenceBackend<Float>())
    harness.load(problem, examples: 0..<3)
    let random = RandomStream(seed: 3, purpose: .dropout)
    let sums = harness.computeGradient(examples: 3, random: random)
    let gradient = harness.gradient.values
    harness.gradient.pointer.update(repeating: 5, count: gradient.count)
    var answers = [false, true]
    func compute() -> ClassificationSums? {
      harness.replica.gradient(
        at: harness.parameters.pointer, examples: 3, random: random, into: harness.gradient.pointer,
        isWanted: { answers.removeFirst() })
    }
    #expect(compute() == nil)
    #expect(answers == [true], "it asks once")
    #expect(harness.gradient.values.allSatisfy { $0 == 5 })
    #expect(compute() == sums)
    try FloatAgreement.checkSameBits(harness.gradient.values, as: gradient)
  }

  @Test("gives the mean of the gradients of single examples", arguments: ["lenet5", "cnn", "mlp", "softmax"])
  func meanOfSingles(name: String) throws {
    let examples = 4
    let problem = try ModelProblem(name, input: [1, 16, 16], examples: examples)
    let minibatch = ModelHarness(problem.model, capacity: examples, backend: ReferenceBackend<Double>())
    minibatch.load(problem, examples: 0..<examples)
    let sums = minibatch.computeGradient(examples: examples)

    let single = ModelHarness(problem.model, capacity: 1, backend: ReferenceBackend<Double>())
    var mean = Array(repeating: 0.0, count: problem.model.layout.count)
    var magnitude = mean
    var singleSums = ClassificationSums()
    for example in 0..<examples {
      single.load(problem, examples: example..<example + 1)
      let one = single.computeGradient(examples: 1)
      singleSums.loss += one.loss
      singleSums.correct += one.correct
      for (index, value) in single.gradient.values.enumerated() {
        mean[index] += value / Double(examples)
        magnitude[index] += abs(value) / Double(examples)
      }
    }
    // Sums of up to 256 positions of 4 images and back through three layers, in Double; cancellation among positions
    // is forgiven by the largest gradient of the model.
    let largest = magnitude.max() ?? 0
    try FloatAgreement.check(
      minibatch.gradient.values, against: mean, tolerance: 1024 * Double.ulpOfOne * largest)
    #expect(abs(sums.loss - singleSums.loss) <= 64 * Double.ulpOfOne * sums.loss)
    #expect(sums.correct == singleSums.correct)
  }

  @Test("in Float agrees with Double as far as rounding allows", arguments: Case.all)
  func agreesWithDouble(_ example: Case) throws {
    let examples = 3
    let problem = try problem(example, examples: examples)
    let random = RandomStream(seed: 4, purpose: .dropout)
    let harness = ModelHarness(problem.model, capacity: examples, backend: example.backend)
    harness.load(problem, examples: 0..<examples)
    let oracle = RoundingOracle(problem, examples: examples, random: random)
    let sums = harness.computeGradient(examples: examples, random: random)
    #expect(abs(sums.loss - oracle.loss) <= oracle.lossTolerance, "\(sums.loss) against \(oracle.loss)")
    let actual = harness.gradient.values
    for (index, entry) in problem.model.layout.entries.enumerated() {
      let distance = oracle.distance(actual.map(Double.init), in: entry.range)
      #expect(distance <= oracle.gradientTolerances[index], "\(entry.name): \(distance)")
    }
  }

  @Test("shares nothing with another replica")
  func sharesNothing() throws {
    let problem = try ModelProblem("lenet5", input: [1, 16, 16], examples: 4)
    let one = ModelHarness(problem.model, capacity: 2, backend: ReferenceBackend<Float>())
    let other = ModelHarness(problem.model, capacity: 2, backend: ReferenceBackend<Float>())
    one.load(problem, examples: 0..<2)
    let expected = one.computeGradient(examples: 2)
    let expectedGradient = one.gradient.values
    let logits = one.replica.predict(at: one.parameters.pointer, examples: 2)
    let expectedLogits = Array(UnsafeBufferPointer(start: logits, count: 20))

    other.load(problem, examples: 2..<4)
    #expect(other.computeGradient(examples: 2) != expected)
    #expect(Array(UnsafeBufferPointer(start: logits, count: 20)) == expectedLogits)
    #expect(one.computeGradient(examples: 2) == expected)
    try FloatAgreement.checkSameBits(one.gradient.values, as: expectedGradient)
  }

  @Test("evaluates as it predicts: loss and correct answers follow from the logits")
  func evaluates() throws {
    let problem = try ModelProblem("hogwild", input: [1, 16, 16], examples: 5)
    let harness = ModelHarness(problem.model, capacity: 5, backend: ReferenceBackend<Double>())
    harness.load(problem, examples: 0..<5)
    let logits = harness.replica.predict(at: harness.parameters.pointer, examples: 5)
    var expected = ClassificationSums()
    for example in 0..<5 {
      let row = (0..<10).map { logits[$0 * 5 + example] }
      let label = Int(problem.labels[example])
      expected.loss += Double.logarithm(row.reduce(0) { $0 + Double.exponential($1) }) - row[label]
      expected.correct += row.allSatisfy { $0 <= row[label] } ? 1 : 0
    }
    let sums = harness.evaluate(examples: 5)
    #expect(abs(sums.loss - expected.loss) <= 100 * Double.ulpOfOne * expected.loss)
    #expect(sums.correct == expected.correct)
  }

  @Test("holds its memory in cache lines, and says how much it is")
  func memory() throws {
    let model = try ModelZoo.make("lenet5", options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    let replica = Replica(model, minibatchCapacity: 4, backend: ReferenceBackend<Float>())
    #expect(Int(bitPattern: replica.inputs) % 64 == 0)
    #expect(Int(bitPattern: replica.labels) % 64 == 0)
    // Per example: the values after every layer once, the two largest neighbouring gradients once, the input, the
    // logits' gradient, a byte a pooling window and a label. The reference needs no workspace.
    let values = 6 * 28 * 28 + 6 * 14 * 14 + 16 * 10 * 10 + 16 * 5 * 5 + 120 + 84 + 10
    let gradients = 6 * 28 * 28 + 6 * 14 * 14 + 10
    let bytes = 4 * (4 * (784 + values + gradients) + (6 * 14 * 14 + 16 * 5 * 5) + 4)
    #expect(replica.workspaceBytes >= bytes)
    // At most one cache line of padding for each of the 19 pieces.
    #expect(replica.workspaceBytes <= bytes + 19 * 64)
    #expect((0..<4 * 784).allSatisfy { replica.inputs[$0] == 0 })
    #expect((0..<4).allSatisfy { replica.labels[$0] == 0 })
  }

  @Test("refuses a label outside of the classes, and more examples than it holds")
  func preconditions() async {
    await #expect(processExitsWith: .failure) { try Self.computeGradient(label: 10, examples: 1) }
    await #expect(processExitsWith: .failure) { try Self.computeGradient(label: -1, examples: 1) }
    await #expect(processExitsWith: .failure) { try Self.computeGradient(label: 0, examples: 3) }
    await #expect(processExitsWith: .failure) { try Self.computeGradient(label: 0, examples: 0) }
    await #expect(processExitsWith: .success) { try Self.computeGradient(label: 9, examples: 2) }
  }

  private static func computeGradient(label: Int32, examples: Int) throws {
    let problem = try ModelProblem("softmax", input: [1, 3, 3], examples: 2)
    let harness = ModelHarness(problem.model, capacity: 2, backend: ReferenceBackend<Float>())
    harness.load(problem, examples: 0..<2)
    harness.replica.labels[0] = label
    _ = harness.computeGradient(examples: examples)
  }
}
