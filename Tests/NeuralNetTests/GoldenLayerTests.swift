import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("Single layers against PyTorch")
struct GoldenLayerTests {
  /// A layer of the fixtures.
  ///
  /// The depths are the longest sums behind each of its results; no term exceeds 1.
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    let layer: any Layer
    let outputDepth: Int
    let inputDepth: Int
    let parameterDepth: Int

    var description: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "conv2d", layer: Conv2D(filters: 3, size: 3), outputDepth: 18, inputDepth: 27, parameterDepth: 40),
    Case(
      name: "conv2d 3x5 stride 2 padding 1 tanh",
      layer: Conv2D(filters: 4, size: FilterSize(3, 5), stride: 2, padding: 1, activation: .tanh), outputDepth: 45,
      inputDepth: 24, parameterDepth: 24),
    Case(
      name: "conv2d same relu", layer: Conv2D(filters: 3, size: 5, padding: .same, activation: .relu),
      outputDepth: 50, inputDepth: 75, parameterDepth: 60),
    Case(name: "linear", layer: Linear(4), outputDepth: 7, inputDepth: 4, parameterDepth: 2),
    Case(
      name: "linear sigmoid", layer: Linear(5, activation: .sigmoid), outputDepth: 9, inputDepth: 5,
      parameterDepth: 2),
    Case(name: "max pool 2", layer: MaxPool2D(2), outputDepth: 1, inputDepth: 1, parameterDepth: 1),
    Case(
      name: "max pool 3 stride 2", layer: MaxPool2D(3, stride: 2), outputDepth: 1, inputDepth: 4, parameterDepth: 1),
    Case(name: "relu", layer: ActivationLayer(.relu), outputDepth: 1, inputDepth: 1, parameterDepth: 1),
    Case(name: "sigmoid", layer: ActivationLayer(.sigmoid), outputDepth: 1, inputDepth: 1, parameterDepth: 1),
    Case(name: "tanh", layer: ActivationLayer(.tanh), outputDepth: 1, inputDepth: 1, parameterDepth: 1),
    Case(name: "dropout 0.25", layer: Dropout(rate: 0.25), outputDepth: 1, inputDepth: 1, parameterDepth: 1),
    Case(
      name: "channel dropout 0.5", layer: ChannelDropout(rate: 0.5), outputDepth: 1, inputDepth: 1,
      parameterDepth: 1),
  ]

  /// Checks a layer on a backend; `roundings` is how many times coarser `Scalar` rounds than `Float`.
  private func check<Scalar: KernelScalar & BitwiseCopyable>(
    _ example: Case, on backend: any KernelBackend<Scalar>, roundings: Double
  ) throws {
    let fixture: Golden.Layers = try Golden.load("layers.json")
    let golden = try #require(fixture.layers.first { $0.name == example.name })
    let harness = try LayerHarness(
      example.layer, input: Shape(golden.input), examples: golden.examples, backend: backend)
    func wave(_ count: Int, phase: Int) -> [Scalar] {
      examplesLast(Golden.wave(count, phase: phase).map { Scalar($0) }, examples: golden.examples)
    }
    harness.input.fill(with: wave(harness.input.count, phase: 1))
    harness.parameters.fill(with: Golden.wave(harness.parameters.count, phase: 2).map { Scalar(0.5 * $0) })
    harness.outputGradient.fill(with: wave(harness.outputGradient.count, phase: 3))
    harness.forward(random: try fixture.stream.makeStream())
    harness.backward()
    try harness.checkGuards()

    func tolerance(_ depth: Int) -> Double {
      roundings * FloatAgreement.tolerance(depth: depth, magnitude: Double(depth))
    }
    try FloatAgreement.check(
      examplesFirst(harness.output.values, examples: golden.examples), against: golden.output,
      tolerance: tolerance(example.outputDepth))
    // A gradient is multiplied by the derivative of the activation, which is as wrong as the output.
    try FloatAgreement.check(
      examplesFirst(harness.inputGradient.values, examples: golden.examples), against: golden.inputGradient,
      tolerance: tolerance(example.inputDepth + example.outputDepth))
    #expect(golden.parameterGradient.isEmpty == harness.shaped.parameters.isEmpty)
    guard !golden.parameterGradient.isEmpty else { return }
    try FloatAgreement.check(
      harness.parameterGradient.values, against: golden.parameterGradient,
      tolerance: tolerance(example.parameterDepth + example.outputDepth))
  }

  @Test("forward and backward, in Double", arguments: cases)
  func double(_ example: Case) throws {
    try check(
      example, on: ReferenceBackend<Double>(), roundings: Double.ulpOfOne / Double(Float.ulpOfOne))
  }

  @Test("forward and backward, in Float on every backend", arguments: cases, availableBackends.indices)
  func float(_ example: Case, backend: Int) throws {
    try check(example, on: availableBackends[backend], roundings: 1)
  }

  @Test("every layer of the fixtures is checked")
  func complete() throws {
    #expect(try Golden.load("layers.json", as: Golden.Layers.self).layers.map(\.name) == Self.cases.map(\.name))
  }

  @Test("the loss and its gradient")
  func loss() throws {
    let golden = try Golden.load("layers.json", as: Golden.Layers.self).loss
    try checkLoss(golden, on: ReferenceBackend<Double>(), roundings: Double.ulpOfOne / Double(Float.ulpOfOne))
    for backend in availableBackends { try checkLoss(golden, on: backend, roundings: 1) }
  }

  private func checkLoss<Scalar: KernelScalar & BitwiseCopyable>(
    _ golden: Golden.Loss, on backend: any KernelBackend<Scalar>, roundings: Double
  ) throws {
    let examples = golden.labels.count
    let logits = GuardedBuffer(examplesLast(golden.logits.map { Scalar($0) }, examples: examples))
    let labels = GuardedBuffer(golden.labels)
    let gradient = GuardedBuffer<Scalar>(count: logits.count)
    let sums = SoftmaxCrossEntropy(classes: golden.classes, backend: backend).sums(
      examples: examples, logits: logits.pointer, labels: labels.pointer, gradient: gradient.pointer)
    #expect(sums.correct == golden.correct)
    // Each loss is below 6, and each exponential and logarithm is of a sum of 4 terms.
    let tolerance = roundings * FloatAgreement.tolerance(depth: 4, magnitude: 6)
    #expect(abs(sums.loss - golden.loss) <= tolerance * Double(examples))
    try FloatAgreement.check(
      examplesFirst(gradient.values, examples: examples), against: golden.gradient, tolerance: tolerance)
    try gradient.checkGuards()
  }
}
