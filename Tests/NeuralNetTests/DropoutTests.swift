import Kernels
import NeuralNet
import Randomness
import TestSupport
import Testing

@Suite("Dropout")
struct DropoutTests {
  private func run(
    _ layer: any Layer, input: Shape, examples: Int, isTraining: Bool = true, random: RandomStream
  ) throws -> LayerHarness<Float> {
    let harness = try LayerHarness(layer, input: input, examples: examples, backend: ReferenceBackend<Float>())
    harness.input.fill(with: Array(repeating: 1, count: harness.input.count))
    harness.forward(isTraining: isTraining, random: random)
    try harness.checkGuards()
    return harness
  }

  @Test("keeps a share of 1 − rate, scaled by its inverse", arguments: [0.0, 0.1, 0.5, 0.9])
  func keptShare(rate: Double) throws {
    let count = 100_000
    let harness = try run(
      Dropout(rate: rate), input: [100, 100], examples: count / 10_000, random: RandomStream(testCase: 7))
    let scale = Float(1 / (1 - rate))
    #expect(harness.output.values.allSatisfy { $0 == 0 || $0 == scale })
    let kept = harness.output.values.count { $0 == scale }
    // Five deviations of the binomial distribution.
    let allowed = 5 * (Double(count) * rate * (1 - rate)).squareRoot()
    #expect(abs(Double(kept) - Double(count) * (1 - rate)) <= allowed, "\(kept) of \(count) were kept")
  }

  @Test("follows the stream: one word a value, one example after another", arguments: [1, 4, 16, 17, 50])
  func followsStream(examples: Int) throws {
    let random = RandomStream(seed: 1, purpose: .dropout, worker: 2, step: 3)
    let harness = try run(Dropout(rate: 0.25), input: [5, 3], examples: examples, random: random)
    var stream = random
    let expected = (0..<15 * examples).map { _ in stream.uniform() < 0.25 ? 0 : Float(1 / 0.75) }
    #expect(examplesFirst(harness.output.values, examples: examples) == expected)

    let other = RandomStream(seed: 1, purpose: .dropout, worker: 2, step: 4)
    let elsewhere = try run(Dropout(rate: 0.25), input: [5, 3], examples: examples, random: other)
    #expect(examplesFirst(elsewhere.output.values, examples: examples) != expected)
  }

  @Test("of channels drops whole channels of single images, one word a channel")
  func wholeChannels() throws {
    let random = RandomStream(seed: 5, purpose: .dropout)
    let harness = try run(ChannelDropout(rate: 0.5), input: [20, 3, 3], examples: 50, random: random)
    var stream = random
    let output = examplesFirst(harness.output.values, examples: 50)
    var kept = 0
    for channel in 0..<20 * 50 {
      let expected: Float = stream.uniform() < 0.5 ? 0 : 2
      kept += expected == 0 ? 0 : 1
      #expect(output[channel * 9..<channel * 9 + 9].allSatisfy { $0 == expected })
    }
    // Five deviations of 1,000 tosses.
    #expect(abs(kept - 500) <= 79)
  }

  @Test("draws the second layer's masks after the first's")
  func continuesStream() throws {
    let random = RandomStream(testCase: 8)
    let chain = Sequential(["one": Dropout(rate: 0.5), "two": Dropout(rate: 0.5)])
    let harness = try run(chain, input: [6], examples: 3, random: random)
    var stream = random
    let first = (0..<18).map { _ in stream.uniform() < 0.5 ? 0 : Float(2) }
    let second = (0..<18).map { _ in stream.uniform() < 0.5 ? 0 : Float(2) }
    #expect(examplesFirst(harness.output.values, examples: 3) == zip(first, second).map { $0 * $1 })
  }

  @Test("is the identity at evaluation, to the bit")
  func identityAtEvaluation() throws {
    for layer in [Dropout(rate: 0.7), ChannelDropout(rate: 0.7)] as [any Layer] {
      let harness = try LayerHarness(layer, input: [3, 4, 5], examples: 2, backend: ReferenceBackend<Float>())
      var random = RandomStream(testCase: 9)
      var values = random.uniformFloats(120)
      values[7] = .infinity
      values[8] = -0.0
      harness.input.fill(with: values)
      harness.forward(isTraining: false)
      try FloatAgreement.checkSameBits(harness.output.values, as: values)
      try harness.checkGuards()
    }
  }

  @Test("makes a replica's gradient depend on the stream and nothing else")
  func replicaFollowsStream() throws {
    let problem = try ModelProblem("hogwild", input: [1, 16, 16], examples: 3)
    let harness = ModelHarness(problem.model, capacity: 3, backend: ReferenceBackend<Float>())
    harness.load(problem, examples: 0..<3)
    func gradient(step: Int) -> [Float] {
      _ = harness.computeGradient(examples: 3, random: RandomStream(seed: 1, purpose: .dropout, step: step))
      return harness.gradient.values
    }
    let first = gradient(step: 0)
    let second = gradient(step: 1)
    #expect(first != second)
    try FloatAgreement.checkSameBits(gradient(step: 0), as: first)
    let loss = harness.evaluate(examples: 3).loss
    #expect(loss == harness.evaluate(examples: 3).loss)
  }

  @Test("refuses a rate of 1")
  func refusesOne() async {
    await #expect(processExitsWith: .failure) { _ = Dropout(rate: 1) }
    await #expect(processExitsWith: .failure) { _ = ChannelDropout(rate: -0.1) }
  }
}
