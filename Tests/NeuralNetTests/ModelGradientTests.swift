import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("Gradients of whole models in Double")
struct ModelGradientTests {
  /// A model, an input that it takes, and what to choose about it.
  struct Case: Sendable, CustomStringConvertible {
    let model: String
    let input: Shape
    var activation = Activation.sigmoid
    var hidden = [20]
    /// Parameter tensors of the model.
    let tensors: Int

    var description: String { "\(model) \(input) \(hidden) \(activation)" }
  }

  @Test(
    "each model's gradient is that of its mean loss, in every parameter tensor",
    arguments: [
      Case(model: "lenet5", input: [1, 12, 12], tensors: 10),
      Case(model: "lenet5", input: [2, 14, 16], tensors: 10),
      Case(model: "cnn", input: [1, 8, 8], tensors: 8),
      Case(model: "hogwild", input: [1, 16, 16], tensors: 8),
      Case(model: "hogwild", input: [3, 16, 20], tensors: 8),
      Case(model: "mlp", input: [1, 6, 6], tensors: 4),
      Case(model: "mlp", input: [1, 6, 6], activation: .relu, tensors: 4),
      Case(model: "mlp", input: [1, 6, 6], activation: .tanh, tensors: 4),
      Case(model: "mlp", input: [1, 6, 6], activation: .relu, hidden: [20, 30, 10], tensors: 8),
      Case(model: "mlp", input: [1, 6, 6], activation: .tanh, hidden: [7, 1, 9], tensors: 8),
      Case(model: "softmax", input: [1, 6, 6], tensors: 2),
    ])
  func gradient(_ example: Case) throws {
    let examples = 2
    let problem = try ModelProblem(
      example.model, input: example.input, examples: examples,
      options: ModelOptions(classes: 10, hidden: example.hidden, activation: example.activation))
    let harness = ModelHarness(problem.model, capacity: examples, backend: ReferenceBackend<Double>())
    harness.load(problem, examples: 0..<examples)
    let random = RandomStream(seed: 3, purpose: .dropout, worker: 1, step: 4)
    _ = harness.computeGradient(examples: examples, random: random)
    let gradient = harness.gradient.values

    var checkedTensors = 0
    for entry in problem.model.layout.entries {
      // Elements spread over the whole tensor, its ends included.
      let wanted = min(entry.range.count, 9)
      let indices =
        wanted == 1
        ? [entry.range.lowerBound]
        : (0..<wanted).map { entry.range.lowerBound + $0 * (entry.range.count - 1) / (wanted - 1) }
      let checked = try GradientCheck.check(
        gradient,
        at: UnsafeMutableBufferPointer(start: harness.parameters.pointer, count: harness.parameters.count),
        indices: indices, roughness: 100
      ) {
        harness.computeGradient(examples: examples, random: random).loss / Double(examples)
      }
      #expect(checked == wanted, "\(entry.name)")
      checkedTensors += 1
    }
    #expect(checkedTensors == example.tensors)
    try harness.parameters.checkGuards()
    try harness.gradient.checkGuards()
  }
}
