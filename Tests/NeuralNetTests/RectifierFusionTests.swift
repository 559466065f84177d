import Kernels
import NeuralNet
import Randomness
import Synchronization
import TestSupport
import Testing

@Suite("A rectifier's derivative in the pooling that follows")
struct RectifierFusionTests {
  /// A pooling after a convolution with ReLU, on a backend.
  struct Case: Sendable, CustomStringConvertible {
    let pooling: MaxPool2D
    let backendIndex: Int

    var backend: any KernelBackend<Float> { availableBackends[backendIndex] }
    var description: String { "\(pooling.summary) on \(backend.name) \(backend.instructionSet)" }

    /// Windows that touch, overlap and leave gaps.
    static let all: [Case] = availableBackends.indices.flatMap { index in
      [MaxPool2D(2), MaxPool2D(3, stride: 2), MaxPool2D(2, stride: 3), MaxPool2D(3, stride: 1)].map {
        Case(pooling: $0, backendIndex: index)
      }
    }
  }

  private static let examples = 21
  private static let input: Shape = [2, 9, 8]

  /// Fills a harness of the convolution, or of the chain that begins with it, with small integers: many sums are exactly 0,
  /// the rectifier's kink, and many maxima are ties.
  private func fill(_ harness: LayerHarness<Float>) {
    var random = RandomStream(testCase: 40)
    var input = random.smallIntegers(harness.input.count)
    input[5 * Self.examples + 3] = .nan
    input[40 * Self.examples + 20] = .infinity
    harness.input.fill(with: input)
    var parameters = random.smallIntegers(harness.parameters.count)
    // The bias of the last filter: whole windows of it are off.
    parameters[parameters.count - 1] = -20
    harness.parameters.fill(with: parameters)
  }

  @Test("changes no bit of any gradient, kinks, ties, NaN and infinity included", arguments: Case.all)
  func sameBits(_ example: Case) throws {
    let convolution = Conv2D(filters: 4, size: 3, padding: 1, activation: .relu)
    let chain = try LayerHarness(
      Sequential(["conv": convolution, "pool": example.pooling]), input: Self.input, examples: Self.examples,
      backend: example.backend)
    let first = try LayerHarness(convolution, input: Self.input, examples: Self.examples, backend: example.backend)
    let second = try LayerHarness(
      example.pooling, input: first.shaped.outputShape, examples: Self.examples, backend: example.backend)
    fill(chain)
    fill(first)

    chain.forward()
    first.forward()
    second.input.fill(with: first.output.values)
    second.forward()
    try FloatAgreement.checkSameBits(chain.output.values, as: second.output.values)
    let rectified = second.output.values
    #expect(rectified.contains { $0 == 0 } && rectified.contains { $0 > 0 } && rectified.contains { $0.isNaN })

    var random = RandomStream(testCase: 41)
    let outputGradient = random.uniformFloats(chain.outputGradient.count)
    chain.outputGradient.fill(with: outputGradient)
    chain.backward()
    second.outputGradient.fill(with: outputGradient)
    second.backward()
    first.outputGradient.fill(with: second.inputGradient.values)
    first.backward()
    try FloatAgreement.checkSameBits(chain.inputGradient.values, as: first.inputGradient.values)
    try FloatAgreement.checkSameBits(chain.parameterGradient.values, as: first.parameterGradient.values)
    try chain.checkGuards()
  }

  @Test("is for layers that end in ReLU, and for max pooling")
  func offers() throws {
    func compile(_ layer: any Layer) throws -> any CompiledLayer<Float> {
      try #require(try layer.shaped(for: [1, 6, 6]).compile(capacity: 1, backend: ReferenceBackend<Float>()))
    }
    for activation in Activation.allCases {
      let convolution = try compile(Conv2D(filters: 1, size: 3, activation: activation))
      #expect((convolution.leavingRectifierToNext != nil) == (activation == .relu), "\(activation)")
      #expect(convolution.takingRectifierFromPrevious == nil)
    }
    let pooling = try compile(MaxPool2D(2))
    #expect(pooling.leavingRectifierToNext == nil)
    #expect(pooling.takingRectifierFromPrevious != nil)
  }

  @Test("is not applied by the convolution any more")
  func appliedOnce() throws {
    let rectified = try LayerHarness(
      Leaving(Conv2D(filters: 4, size: 3, padding: 1, activation: .relu)), input: Self.input, examples: Self.examples,
      backend: ReferenceBackend<Float>())
    let linear = try LayerHarness(
      Conv2D(filters: 4, size: 3, padding: 1), input: Self.input, examples: Self.examples,
      backend: ReferenceBackend<Float>())
    for harness in [rectified, linear] {
      fill(harness)
      harness.forward()
      var random = RandomStream(testCase: 42)
      harness.outputGradient.fill(with: random.uniformFloats(harness.outputGradient.count))
      harness.backward()
    }
    #expect(rectified.output.values.contains(0))
    try FloatAgreement.checkSameBits(rectified.inputGradient.values, as: linear.inputGradient.values)
    try FloatAgreement.checkSameBits(rectified.parameterGradient.values, as: linear.parameterGradient.values)
  }

  @Test("happens where the two are neighbours, and nowhere else")
  func neighbours() throws {
    let pair = [Spy(.leaves), Spy(.takes)]
    try runBackward(Sequential(["a": pair[0], "flatten": Flatten(), "b": pair[1]]))
    #expect(pair.map(\.part) == ["left", "took"], "a layer that only reshapes is not between them")

    let apart = [Spy(.leaves), Spy(.neither), Spy(.takes)]
    try runBackward(Sequential(["a": apart[0], "b": apart[1], "c": apart[2]]))
    #expect(apart.map(\.part) == ["kept", "kept", "kept"])

    let turned = [Spy(.takes), Spy(.leaves)]
    try runBackward(Sequential(["a": turned[0], "b": turned[1]]))
    #expect(turned.map(\.part) == ["kept", "kept"])

    let many = [Spy(.leaves), Spy(.leaves), Spy(.takes), Spy(.takes)]
    try runBackward(Sequential(["a": many[0], "b": many[1], "c": many[2], "d": many[3]]))
    #expect(many.map(\.part) == ["kept", "left", "took", "kept"])
  }

  private func runBackward(_ chain: Sequential) throws {
    let harness = try LayerHarness(chain, input: [3], examples: 2, backend: ReferenceBackend<Float>())
    harness.forward()
    harness.backward()
    try harness.checkGuards()
  }
}

/// A layer in the variant that leaves its rectifier to the next one.
private struct Leaving: Layer {
  struct Shaped: ShapedLayer {
    let base: any ShapedLayer

    var outputShape: Shape { base.outputShape }
    var parameters: [ParameterDescriptor] { base.parameters }

    func compile<Scalar: KernelScalar>(
      capacity: Int, backend: any KernelBackend<Scalar>
    ) -> (any CompiledLayer<Scalar>)? {
      base.compile(capacity: capacity, backend: backend)?.leavingRectifierToNext
    }
  }

  let base: any Layer

  init(_ base: any Layer) {
    self.base = base
  }

  var summary: String { base.summary }

  func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer {
    Shaped(base: try base.shaped(for: input))
  }
}

/// A layer that passes everything on, and tells which of its variants did so in the backward pass.
private final class Spy: Layer, ShapedLayer {
  enum Offer {
    case leaves
    case takes
    case neither
  }

  struct Compiled<Scalar: KernelScalar>: CompiledLayer {
    let spy: Spy
    var part = "kept"

    var memoryNeeds: MemoryNeeds { MemoryNeeds() }

    var leavingRectifierToNext: (any CompiledLayer<Scalar>)? {
      spy.offer == .leaves ? Compiled(spy: spy, part: "left") : nil
    }

    var takingRectifierFromPrevious: (any CompiledLayer<Scalar>)? {
      spy.offer == .takes ? Compiled(spy: spy, part: "took") : nil
    }

    func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
      pass.output.update(from: pass.input, count: pass.examples * spy.outputShape.count)
    }

    func backward(_ pass: BackwardPass<Scalar>) {
      spy.parts.withLock { $0.append(part) }
      pass.inputGradient?.update(from: pass.outputGradient, count: pass.examples * spy.outputShape.count)
    }
  }

  let offer: Offer
  let outputShape: Shape = [3]
  private let parts = Mutex<[String]>([])

  init(_ offer: Offer) {
    self.offer = offer
  }

  /// The variant that ran backward, or all of them if there was not exactly one.
  var part: String { parts.withLock { $0.joined(separator: " ") } }
  var summary: String { "spy" }
  var parameters: [ParameterDescriptor] { [] }

  func shaped(for input: Shape) -> any ShapedLayer { self }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    Compiled(spy: self)
  }
}
