import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("Gradients of single layers in Double")
struct LayerGradientTests {
  /// Checks ∂L/∂input and ∂L/∂parameters of L = Σ c·y against central differences, every element.
  private func check(
    _ layer: any Layer, shape: Shape, inputs: [Double]? = nil, parameters: [Double]? = nil, expectedInputs: Int,
    expectedParameters: Int, random: RandomStream = RandomStream(testCase: 9)
  ) throws {
    let harness = try LayerHarness(layer, input: shape, examples: 2, backend: ReferenceBackend<Double>())
    var values = RandomStream(testCase: 2)
    harness.input.fill(with: inputs ?? values.uniformFloats(harness.input.count).map(Double.init))
    harness.parameters.fill(with: parameters ?? values.uniformFloats(harness.parameters.count).map(Double.init))
    let coefficients = values.uniformFloats(harness.output.count).map(Double.init)
    func loss() -> Double {
      harness.forward(random: random)
      return zip(harness.output.values, coefficients).reduce(0) { $0 + $1.0 * $1.1 }
    }

    _ = loss()
    harness.outputGradient.fill(with: coefficients)
    harness.backward()
    try harness.checkGuards()
    let inputGradient = harness.inputGradient.values
    let parameterGradient = harness.parameterGradient.values

    let checkedInputs = try GradientCheck.check(
      inputGradient, at: UnsafeMutableBufferPointer(start: harness.input.pointer, count: harness.input.count),
      loss: loss)
    #expect(checkedInputs == expectedInputs)
    guard expectedParameters > 0 else {
      #expect(parameterGradient.isEmpty)
      return
    }
    let checkedParameters = try GradientCheck.check(
      parameterGradient,
      at: UnsafeMutableBufferPointer(start: harness.parameters.pointer, count: harness.parameters.count), loss: loss)
    #expect(checkedParameters == expectedParameters)

    harness.forward(random: random)
    harness.outputGradient.fill(with: coefficients)
    harness.parameterGradient.fill(with: Array(repeating: .nan, count: harness.parameterGradient.count))
    harness.backward(wantsInputGradient: false)
    #expect(harness.parameterGradient.values == parameterGradient, "nobody asked for the input gradient")
  }

  /// Weights whose sums with inputs in −1…1 stay within ±0.5, and biases of ±1 in turn: no rectifier is near its kink.
  private func parametersAwayFromKinks(weights: Int, fanIn: Int, biases: Int) -> [Double] {
    var random = RandomStream(testCase: 3)
    let bound = 0.5 / Float(fanIn)
    return random.uniformFloats(weights, in: -bound...bound).map(Double.init)
      + (0..<biases).map { $0.isMultiple(of: 2) ? 1 : -1 }
  }

  @Test("a convolution, with every activation", arguments: Activation.allCases)
  func convolution(activation: Activation) throws {
    try check(
      Conv2D(filters: 3, size: 3, activation: activation), shape: [2, 5, 6],
      parameters: parametersAwayFromKinks(weights: 54, fanIn: 18, biases: 3), expectedInputs: 120,
      expectedParameters: 57)
  }

  @Test("a convolution with stride, padding and filters that are not square")
  func stridedConvolution() throws {
    try check(
      Conv2D(filters: 2, size: FilterSize(2, 4), stride: 2, padding: 1), shape: [3, 6, 7], expectedInputs: 252,
      expectedParameters: 50)
  }

  @Test("a convolution that keeps the extents")
  func sameConvolution() throws {
    try check(
      Conv2D(filters: 2, size: 5, padding: .same), shape: [2, 4, 3], expectedInputs: 48, expectedParameters: 102)
  }

  @Test("a linear layer, with every activation", arguments: Activation.allCases)
  func linear(activation: Activation) throws {
    try check(
      Linear(4, activation: activation), shape: [7],
      parameters: parametersAwayFromKinks(weights: 28, fanIn: 7, biases: 4), expectedInputs: 14,
      expectedParameters: 32)
  }

  @Test(
    "max pooling, with windows that touch, overlap, leave gaps, and leave a remainder",
    arguments: [(2, 2), (3, 2), (2, 3), (3, 1)])
  func maxPooling(window: Int, stride: Int) throws {
    // A shuffled staircase: no two values are closer than 0.01.
    var staircase = (0..<2 * 2 * 7 * 8).map { Double($0) * 0.01 }
    var random = RandomStream(testCase: 4)
    staircase.withUnsafeMutableBufferPointer { random.permute($0) }
    try check(
      MaxPool2D(window, stride: stride), shape: [2, 7, 8], inputs: staircase, expectedInputs: 224,
      expectedParameters: 0)
  }

  @Test("every activation on its own", arguments: Activation.allCases)
  func activation(_ activation: Activation) throws {
    // No value is closer to 0 than 0.1.
    var random = RandomStream(testCase: 5)
    let values = random.uniformFloats(48).map { Double($0 < 0 ? $0 - 0.1 : $0 + 0.1) }
    try check(
      ActivationLayer(activation), shape: [2, 3, 4], inputs: values, expectedInputs: 48, expectedParameters: 0)
  }

  @Test("dropout of values and of channels, with a fixed stream")
  func dropout() throws {
    try check(Dropout(rate: 0.4), shape: [2, 3, 4], expectedInputs: 48, expectedParameters: 0)
    try check(ChannelDropout(rate: 0.4), shape: [5, 2, 3], expectedInputs: 60, expectedParameters: 0)
  }

  @Test("a chain inside a chain, with layers that only reshape at both ends")
  func nestedChain() throws {
    let inner = Sequential([
      "conv": Conv2D(filters: 2, size: 3, activation: .tanh),
      "sigmoid": ActivationLayer(.sigmoid),
      "flatten": Flatten(),
    ])
    let chain = Sequential([
      "first": inner, "dropout": Dropout(rate: 0.3), "second": Linear(5, activation: .sigmoid),
      "third": Linear(3), "last": Flatten(),
    ])
    try check(chain, shape: [2, 5, 4], expectedInputs: 80, expectedParameters: 38 + 65 + 18)
    let parameters = try chain.shaped(for: [2, 5, 4]).parameters
    #expect(
      parameters.map(\.name) == [
        "first.conv.weight", "first.conv.bias", "second.weight", "second.bias", "third.weight", "third.bias",
      ])
  }

  @Test("the loss: the gradient of the mean over the examples with respect to the logits")
  func loss() throws {
    let (examples, classes) = (3, 4)
    var random = RandomStream(testCase: 6)
    let logits = GuardedBuffer(random.uniformFloats(examples * classes, in: -3...3).map(Double.init))
    let labels = GuardedBuffer<Int32>([2, 0, 3])
    let gradient = GuardedBuffer<Double>(count: examples * classes)
    let loss = SoftmaxCrossEntropy(classes: classes, backend: ReferenceBackend<Double>())
    func meanLoss(_ gradient: UnsafeMutablePointer<Double>?) -> Double {
      loss.sums(examples: examples, logits: logits.pointer, labels: labels.pointer, gradient: gradient).loss
        / Double(examples)
    }

    let value = meanLoss(gradient.pointer)
    #expect(value == meanLoss(nil))
    let checked = try GradientCheck.check(
      gradient.values, at: UnsafeMutableBufferPointer(start: logits.pointer, count: logits.count)
    ) { meanLoss(nil) }
    #expect(checked == 12)
    try logits.checkGuards()
    try gradient.checkGuards()
  }
}
